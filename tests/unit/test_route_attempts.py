"""Attempts: what is remembered of each destination, and for how long."""

from dataclasses import replace

import pytest

from podroute.model.cidr import bounds, parse_cidr
from podroute.model.route import Quota
from podroute.routing.attempts import Attempts
from podroute.routing.outcome import Done, Failed
from podroute.routing.patience import Patience
from podroute.routing.steps import Change, Create, Delete
from tests.builders import installed, route

PATIENCE = Patience(first=1.0, longest=8.0, calm=60.0)
BLOCK = bounds(parse_cidr("10.200.0.0/24"))
CREATE = Create(route("10.200.0.0/24", "10.240.0.30"))
DELETE = Delete(installed("10.200.0.0/24", "10.240.0.30"))


def failed_at(attempts: Attempts, now: float) -> float:
    """When the same may be tried next."""
    attempts.sent(CREATE)
    attempts.answered(Failed(CREATE, "busy", "worth it"), now, 1.0)
    moment = attempts.rests_until(CREATE, now)
    assert moment is not None
    return moment


def test_what_fails_again_rests_longer_however_much_was_tidied_in_between() -> None:
    attempts = Attempts(PATIENCE)

    assert failed_at(attempts, 100) == 101
    attempts.tidy(200)

    assert failed_at(attempts, 200) == 202
    assert attempts.trouble(BLOCK) == "busy"


def test_a_failure_that_nobody_wishes_to_mend_is_forgotten_when_its_time_is_over() -> None:
    attempts = Attempts(PATIENCE)
    until = failed_at(attempts, 100)

    attempts.settled(BLOCK, ())
    attempts.tidy(until)

    assert attempts.trouble(BLOCK) == ""


def test_it_is_remembered_until_then() -> None:
    attempts = Attempts(PATIENCE)
    until = failed_at(attempts, 100)

    attempts.settled(BLOCK, ())
    attempts.tidy(until - 0.5)

    assert attempts.rests_until(CREATE, until - 0.5) == until


@pytest.mark.parametrize(
    ("quota", "rests"),
    [
        (Quota(3, 4), True),
        (Quota(4, 4), False),
        (Quota(5, 4), False),
        (Quota.by_version(3, 4, 4), True),
        (Quota.by_version(4, 3, 4), False),
    ],
)
def test_a_new_route_that_has_failed_rests_unless_there_is_no_room_for_it(
    quota: Quota, *, rests: bool
) -> None:
    attempts = Attempts(PATIENCE)
    until = failed_at(attempts, 100)

    assert attempts.crowded_out(quota, 100) == (set() if rests else {BLOCK})
    attempts.wished(CREATE, ())

    assert attempts.rests_until(CREATE, 100) == (until if rests else 100)
    assert attempts.trouble(BLOCK) == ("busy" if rests else "")


def test_what_needs_no_room_is_crowded_out_by_nobody() -> None:
    full = Quota(4, 4)
    attempts = Attempts(replace(PATIENCE, lag=5.0))
    attempts.sent(DELETE)
    attempts.answered(Failed(DELETE, "busy", "worth it"), 100, 1.0)
    assert attempts.crowded_out(full, 200) == set()

    attempts.sent(CREATE)
    assert attempts.crowded_out(full, 200) == set()
    attempts.answered(Done(CREATE), 100, 1.0)
    assert attempts.crowded_out(full, 200) == set()
    assert [*attempts.read(lambda _: [installed("10.200.0.0/24", "10.240.0.30")], 101, 1.0)]

    assert attempts.crowded_out(full, 200) == set()
    assert attempts.rests_until(CREATE, 102) == 106


@pytest.mark.parametrize("began", [104, 105])
def test_a_read_that_may_be_old_lets_nothing_be_forgotten(began: float) -> None:
    attempts = Attempts(replace(PATIENCE, first=8.0, lag=5.0))
    until = failed_at(attempts, 100)

    assert attempts.crowded_out(Quota(4, 4), began) == {BLOCK}

    assert attempts.rests_until(CREATE, began) == (until if began < 105 else began)


@pytest.mark.parametrize("began", [99, 100])
def test_where_it_is_known_that_there_is_no_room_nothing_is_looked_at_again(began: float) -> None:
    attempts = Attempts(PATIENCE)
    until = failed_at(attempts, 100)
    attempts.settled(BLOCK, ())

    assert attempts.crowded_out(Quota(4, 4), began) == set()
    attempts.wished(CREATE, ())

    assert attempts.rests_until(CREATE, 100) == (until if began < 100 else 100)


@pytest.mark.parametrize("change", [CREATE, DELETE], ids=["new", "gone"])
def test_what_is_answered_with_a_failure_is_under_way_no_more(change: Change) -> None:
    attempts = Attempts(PATIENCE)
    attempts.sent(change)
    assert attempts.is_busy(BLOCK)

    attempts.answered(Failed(change, "busy", "worth it"), 100, 1.0)

    assert not attempts.is_busy(BLOCK)
    assert attempts.creating == frozenset()


def test_what_was_not_sent_is_under_way_no_more() -> None:
    attempts = Attempts(PATIENCE)
    attempts.sent(CREATE)

    attempts.unsent(CREATE)

    assert not attempts.is_busy(BLOCK)
    assert attempts.rests_until(CREATE, 100) == 100


def test_what_a_read_disproves_waits_for_no_read_any_more() -> None:
    attempts = Attempts(PATIENCE)
    attempts.sent(CREATE)
    attempts.answered(Done(CREATE), 100, 1.0)
    assert attempts.unproven == 1

    (outcome,) = attempts.read(lambda _: (), 101, 1.0)

    assert isinstance(outcome, Failed)
    assert (attempts.unproven, attempts.is_busy(BLOCK)) == (0, False)


def test_only_a_new_route_takes_a_place_that_the_table_does_not_show() -> None:
    attempts = Attempts(PATIENCE)

    attempts.sent(DELETE)
    assert attempts.creating == frozenset()
    attempts.unsent(DELETE)

    attempts.sent(CREATE)
    assert attempts.creating == {BLOCK}


def test_what_is_sent_again_is_wished_again() -> None:
    attempts = Attempts(PATIENCE)
    failed_at(attempts, 100)
    attempts.settled(BLOCK, ())

    attempts.wished(CREATE, ())
    attempts.tidy(200)

    assert attempts.trouble(BLOCK) == "busy"


def test_what_was_done_and_is_not_there_has_failed_once_more() -> None:
    attempts = Attempts(PATIENCE)
    failed_at(attempts, 100)
    attempts.sent(CREATE)
    attempts.answered(Done(CREATE), 101, 1.0)

    (outcome,) = attempts.read(lambda _: (), 102, 1.0)

    assert isinstance(outcome, Failed)
    assert attempts.rests_until(CREATE, 102) == 104


def test_after_a_calm_minute_three_changes_surprise_nobody() -> None:
    attempts = Attempts(PATIENCE)
    there = (installed("10.200.0.0/24", "10.240.0.30"),)

    waits: list[float | None] = []
    for now in (100.0, 200.0, 201.0, 202.0, 203.0):
        attempts.sent(CREATE)
        attempts.answered(Done(CREATE), now, 1.0)
        assert len([*attempts.read(lambda _: there, now, 1.0)]) == 1
        waits.append(attempts.rests_until(CREATE, now))

    assert waits == [100, 200, 201, 202, 205]
