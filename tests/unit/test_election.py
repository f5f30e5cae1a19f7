"""Election: when a candidate may claim the Lease, how long a term lasts, what is left behind."""

from dataclasses import replace
from math import inf

import pytest

from podroute.controllers.election import (
    USUAL,
    Candidate,
    Claim,
    Move,
    Origin,
    Record,
    Term,
    Timing,
    Wait,
)

THEIRS = Record("1", "them", 15.0, 4)
FREE = Record("1", "", 1.0, 4)


def look(candidate: Candidate, record: Record | None, now: float) -> Move:
    candidate.note(record, now)
    return candidate.move(now, 0.0)


@pytest.mark.parametrize(
    ("record", "move"),
    [
        (None, Claim("fresh", 0)),
        (Record("1", "", ever_held=False), Claim("fresh", 0)),
        (Record("1", "", transitions=7, ever_held=False), Claim("fresh", 7)),
        (THEIRS, Wait(2.0)),
        (replace(THEIRS, duration=1.0), Wait(2.0)),
        (replace(THEIRS, mark="4"), Wait(2.0)),
        (replace(THEIRS, holder="us"), Claim("took over", 5)),
        (FREE, Wait(1.0)),
        (replace(FREE, mark="4"), Wait(1.0)),
        (replace(FREE, duration=15.0), Wait(2.0)),
        (Record("1", "", ever_held=False, halted="b"), Claim("fresh", 0, "b")),
        (replace(THEIRS, holder="us", halted="b"), Claim("took over", 5, "b")),
    ],
)
def test_the_first_look_decides(record: Record | None, move: Move) -> None:
    assert look(Candidate("us"), record, 1000.0) == move


@pytest.mark.parametrize(
    ("left", "later", "move"),
    [
        (replace(FREE, mark="4"), 4.0, Claim("handed over", 5)),
        (replace(FREE, mark="4"), 15.0, Claim("handed over", 5)),
        (replace(FREE, mark="4"), 15.1, Wait(1.0)),
        (replace(FREE, mark="3"), 4.0, Wait(1.0)),
        (replace(FREE, mark="four"), 4.0, Wait(1.0)),
        (replace(FREE, mark="4", halted="b"), 4.0, Claim("handed over", 5, "b")),
        (FREE, 4.0, Wait(1.0)),
        (replace(FREE, transitions=5, mark="5"), 4.0, Wait(1.0)),
    ],
)
def test_only_a_leader_that_was_seen_a_moment_ago_hands_over(
    left: Record, later: float, move: Move
) -> None:
    """Who comes later cannot know whether kube-controller-manager has led in between."""
    candidate = Candidate("us")
    look(candidate, THEIRS, 100.0)

    assert look(candidate, replace(left, version="2"), 100.0 + later) == move


def test_a_moment_is_no_longer_than_the_usual_lease() -> None:
    long = Candidate("us", Timing(lease_duration=600.0))
    short = Candidate("us", Timing(lease_duration=12.0))
    for candidate in (long, short):
        candidate.note(THEIRS, 100.0)
        candidate.note(replace(FREE, mark="4", version="2"), 114.0)

    assert isinstance(long.move(114.0, 0.0), Claim)
    assert isinstance(short.move(114.0, 0.0), Wait)
    long.note(THEIRS, 200.0)
    long.note(replace(FREE, mark="4", version="2"), 216.0)
    assert isinstance(long.move(216.0, 0.0), Wait)


@pytest.mark.parametrize(
    ("left", "number"),
    [
        (FREE, 5),
        (replace(FREE, mark="4"), 5),
        (replace(FREE, transitions=2147483646), 2147483647),
        (replace(FREE, transitions=2147483647), 0),
    ],
)
def test_who_left_is_believed_gone_after_what_he_has_left_as_duration(
    left: Record, number: int
) -> None:
    """A second where podroute has released it, else somebody has emptied it by hand."""
    for duration in (1.0, 15.0):
        candidate, record = Candidate("us"), replace(left, duration=duration)

        assert isinstance(look(candidate, record, 1000.0), Wait)
        assert isinstance(look(candidate, record, 1000.0 + duration - 0.1), Wait)
        assert look(candidate, record, 1000.0 + duration) == Claim("took over", number)


@pytest.mark.parametrize(
    ("duration", "expiry"), [(15.0, 15.0), (1.0, 15.0), (30.0, 30.0), (None, USUAL.lease_duration)]
)
def test_a_lease_expires_when_it_has_not_changed_since_it_was_seen(
    duration: float | None, expiry: float
) -> None:
    candidate, record = Candidate("us"), replace(THEIRS, duration=duration)

    assert isinstance(look(candidate, record, 1000.0), Wait)
    assert look(candidate, record, 1000.0 + expiry - 0.5) == Wait(0.5)
    assert look(candidate, record, 1000.0 + expiry) == Claim("took over", 5)


def test_a_fresh_claim_whose_answer_was_lost_stays_one() -> None:
    """The Lease may have been removed while its leader goes on sending."""
    candidate = Candidate("us")
    ours = replace(THEIRS, holder="us", transitions=0)

    assert look(candidate, None, 0.0) == Claim("fresh", 0)
    assert look(candidate, ours, 1.0) == Claim("fresh", 1)
    assert look(candidate, replace(THEIRS, version="2"), 2.0) == Wait(2.0)
    assert look(candidate, replace(ours, version="3", transitions=5), 3.0) == Claim("took over", 6)


def test_a_renewal_starts_the_time_anew() -> None:
    candidate = Candidate("us")
    look(candidate, THEIRS, 0.0)

    assert look(candidate, replace(THEIRS, version="2"), 14.0) == Wait(2.0)
    assert look(candidate, replace(THEIRS, version="2"), 28.0) == Wait(1.0)
    assert look(candidate, replace(THEIRS, version="2"), 29.0) == Claim("took over", 5)


@pytest.mark.parametrize("left", [None, Record("9", "", ever_held=False)])
def test_a_lease_that_was_removed_or_emptied_may_still_be_believed_in(left: Record | None) -> None:
    candidate = Candidate("us")
    look(candidate, THEIRS, 0.0)

    assert look(candidate, left, 14.0) == Wait(2.0)
    assert look(candidate, left, 28.5) == Wait(0.5)
    assert look(candidate, left, 29.0) == Claim("took over", 5)


def test_jitter_makes_a_wait_longer_but_not_past_the_expiry() -> None:
    candidate = Candidate("us")
    candidate.note(THEIRS, 0.0)

    assert candidate.move(0.0, 1.0) == Wait(2.0 * 2.2)
    assert candidate.move(14.0, 1.0) == Wait(1.0)


@pytest.mark.parametrize(
    ("origin", "vouches_from", "quiet_at"),
    [("fresh", 100.0, 150.0), ("handed over", 100.0, 140.0), ("took over", 140.0, 140.0)],
)
def test_a_term_begins_with_its_claim(origin: Origin, vouches_from: float, quiet_at: float) -> None:
    """The holder of a Lease that was removed may write up to its renew deadline."""
    term = Term(Claim(origin, 5), 100.0)

    assert (term.origin, term.number, term.began) == (origin, 5, 100.0)
    assert term.quiet_at == quiet_at
    term.vouch()
    assert (term.mark(vouches_from - 1), term.mark(vouches_from)) == (
        "" if origin == "took over" else "5",
        "5",
    )
    assert [term.time_left(now) for now in (100.0, 104.0, 110.0, 500.0)] == [10.0, 6.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("origin", "now", "seconds"),
    [
        ("fresh", 100.0, 10.0),
        ("fresh", 107.0, 3.0),
        ("fresh", 110.0, 1.0),
        ("took over", 100.0, 1.0),
        ("handed over", 100.0, 1.0),
    ],
)
def test_a_fresh_term_that_ends_early_is_waited_for(
    origin: Origin, now: float, seconds: float
) -> None:
    """The holder of a Lease that was removed may send until its renew deadline."""
    assert Term(Claim(origin, 5), 100.0).stays(now) == seconds


def test_a_renewal_counts_from_when_it_was_sent() -> None:
    term = Term(Claim("fresh", 0), 100.0)

    term.extend(sent=104.0, now=108.0)
    assert term.time_left(108.0) == 6.0
    term.extend(sent=103.0, now=108.0)  # an older one, late
    assert term.time_left(108.0) == 6.0
    term.extend(sent=113.0, now=114.0)  # too late
    assert term.time_left(114.0) == 0.0


def test_an_ended_term_stays_ended() -> None:
    for term in (Term(Claim("fresh", 0), 0.0), Term(Claim("fresh", 0), 0.0, endless=True)):
        term.end()
        term.extend(sent=1.0, now=1.0)
        assert term.time_left(1.0) == 0.0


def test_without_a_lease_a_term_has_no_end() -> None:
    term = Term(Claim("fresh", 0), 0.0, endless=True)

    assert (term.time_left(1e9), term.quiet_at) == (inf, 40.0)


@pytest.mark.parametrize(
    ("origin", "now", "mark"),
    [
        ("fresh", 0.0, "5"),
        ("handed over", 0.0, "5"),
        ("took over", 39.9, ""),
        ("took over", 40.0, "5"),
    ],
)
def test_a_mark_is_left_by_one_who_can_vouch(origin: Origin, now: float, mark: str) -> None:
    term = Term(Claim(origin, 5), 0.0)

    assert term.mark(now) == ""
    term.vouch()
    term.end()
    assert term.mark(now) == mark


@pytest.mark.parametrize(
    ("record", "is_ours"),
    [
        (Record("1", "us", transitions=5), True),
        (Record("1", "us", transitions=6), False),
        (Record("1", "them", transitions=5), False),
    ],
)
def test_a_record_is_of_one_term(record: Record, *, is_ours: bool) -> None:
    assert record.is_of("us", Term(Claim("fresh", 5), 0.0)) is is_ours


ABOVE = "the lease duration must be 1s to 2147483647s, the other times greater than 0"


@pytest.mark.parametrize(
    ("timing", "fault"),
    [
        (USUAL, ""),
        (Timing(137, 107, 26), ""),
        (Timing(2147483647, 107, 26), ""),
        (Timing(2147483648, 107, 26), ABOVE),
        (Timing(1, 0.5, 0.1), ""),
        (Timing(0.99, 0.5, 0.1), ABOVE),
        (Timing(15, 0, -1), ABOVE),
        (Timing(15, 10, 0), ABOVE),
        (Timing(1, 0.49, 0.1), "the renew deadline must be at least 0.5s"),
        (Timing(10, 10, 2), "the lease duration must be greater than the renew deadline"),
        (
            Timing(15, 2.4, 2),
            "the renew deadline must be greater than 1.2 times the retry period",
        ),
        (Timing(15, 2.5, 2), ""),
    ],
)
def test_times_that_hold_no_election_are_named(timing: Timing, fault: str) -> None:
    assert timing.fault() == fault


def test_two_requests_fit_before_the_deadline() -> None:
    assert USUAL.request == USUAL.renew_deadline / 2


@pytest.mark.parametrize(
    ("jitter", "failures", "pause"),
    [(0, 0, 2), (1, 0, 4.4), (0, 1, 4), (0, 2, 8), (0, 3, 10), (0.5, 3, 16), (0, 10**6, 10)],
)
def test_pauses_grow_with_failures_up_to_the_deadline(
    jitter: float, failures: int, pause: float
) -> None:
    assert USUAL.pause(jitter, failures) == pytest.approx(pause)
