from collections.abc import Collection
from dataclasses import replace
from errno import EEXIST, EHOSTUNREACH, EINVAL, ENETUNREACH, ENOBUFS, ESRCH

import pytest

from podroute.host.rtnetlink import (
    MAX_METRIC,
    KernelRoute,
    Refusal,
    delete_listed,
    delete_route,
    new_route,
)
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute, Ownership
from podroute.providers.linux.changes import Removal, Spelled, Stop, judged, leftover, prepared
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import wished_route
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route

MAIN = LinuxOptions()
WISH = route("10.200.0.0/24", "10.240.0.31")
OTHER = route("10.200.1.0/24", "10.240.0.31")


def there(hop: str, ownership: Ownership = "ours", metric: int = 0) -> InstalledRoute:
    """A route to the wished destination."""
    protocol = 200 if ownership == "ours" else 4
    words = f"10.200.0.0/24 via {hop} dev eth0 proto {protocol} metric {metric}"
    deviation = f"metric {metric}, not 0" if metric else ""
    return InstalledRoute(
        parse_cidr("10.200.0.0/24"),
        parse_address(hop),
        ownership,
        words,
        preference=metric,
        deviation=deviation,
    )


def listed_as(one: InstalledRoute) -> KernelRoute:
    """The kernel's route."""
    protocol = 200 if one.ownership == "ours" else 4
    return KernelRoute(one.destination, one.next_hop, protocol, one.preference, device=7)


def entries(*read: InstalledRoute) -> dict[str, bytes]:
    """What a read has shown."""
    return {one.handle: new_route(listed_as(one)).body for one in read}


def removal(one: InstalledRoute) -> Removal:
    """It goes as it was read."""
    return Removal(one, entries(one)[one.handle])


OLD = there("10.240.0.30")
NEW = there("10.240.0.31")
THEIRS = there("10.240.0.99", "foreign")
LOST = Refusal(ENOBUFS, "the kernel's answer was lost")
TAKEN = Refusal(EEXIST, "File exists")
GONE = Refusal(ESRCH, "No such process")
OFF_LINK = Refusal(ENETUNREACH, "Nexthop has invalid gateway")
NOT_ON_LINK = "Nexthop has invalid gateway: 10.240.0.31 is not on a link of this machine"


@pytest.mark.parametrize(
    ("change", "refusal", "present", "reason"),
    [
        (Create(WISH), TAKEN, [NEW], None),
        (Create(WISH), LOST, [NEW], None),
        (Create(WISH), LOST, [], "answer was lost"),
        (Create(WISH), TAKEN, [THEIRS], "10.240.0.99 dev eth0 proto 4 metric 0 is in the way"),
        (Create(WISH), TAKEN, [OLD], "10.240.0.30 dev eth0 proto 200 metric 0 is in the way"),
        (Create(WISH), OFF_LINK, [], NOT_ON_LINK),
        (Replace(OLD, WISH), GONE, [NEW], None),
        (Replace(OLD, WISH), GONE, [], "10.240.0.30 dev eth0 proto 200 metric 0 is no longer"),
        (Replace(OLD, WISH), GONE, [THEIRS], "10.240.0.99 dev eth0 proto 4 metric 0 is in the way"),
        (Replace(OLD, WISH), OFF_LINK, [OLD], NOT_ON_LINK),
        (Replace(OLD, WISH), LOST, [OLD, NEW], "answer was lost"),
        (Replace(OLD, WISH), TAKEN, [OLD], "File exists"),
        (
            Replace(OLD, WISH),
            TAKEN,
            [OLD, there("10.240.0.99", "foreign", 1)],
            "File exists: 10.200.0.0/24 via 10.240.0.99 dev eth0 proto 4 metric 1",
        ),
        (Adopt(THEIRS, WISH), LOST, [NEW], None),
        (Delete(OLD), GONE, [], None),
        (Delete(OLD), GONE, [THEIRS], None),
        (Delete(OLD), GONE, [there("10.240.0.31", metric=50)], None),
        (Delete(OLD), GONE, [NEW], "is no longer there, but 10.200.0.0/24 via 10.240.0.31"),
        (Delete(OLD), LOST, [OLD], "answer was lost"),
    ],
)
def test_a_refused_change_is_judged_by_what_is_there(
    change: Change, refusal: Refusal, present: list[InstalledRoute], reason: str | None
) -> None:
    outcome = judged(change, refusal, present, MAIN)

    if reason is None:
        assert outcome == Done(change)
    else:
        assert isinstance(outcome, Failed)
        assert reason in outcome.reason
        settled = "in the way" in reason or "no longer" in reason
        assert (outcome.step, outcome.retry) == (change, "pointless" if settled else "worth it")


@pytest.mark.parametrize(
    ("refusal", "about_the_gateway"),
    [
        (Refusal(EINVAL, "Nexthop has invalid gateway"), True),
        (Refusal(EINVAL, "Invalid gateway"), True),
        (Refusal(ENETUNREACH, "Network is unreachable"), True),
        (Refusal(EHOSTUNREACH, "No route to host"), True),
        (Refusal(EINVAL, "Invalid argument"), False),
        (LOST, False),
    ],
)
def test_a_refused_next_hop_is_explained(refusal: Refusal, *, about_the_gateway: bool) -> None:
    words = " is not on a link of this machine (see: ip route get "
    reasons = [judged(change, refusal, [OLD], MAIN) for change in (Replace(OLD, WISH), Delete(OLD))]

    assert [words in str(one) for one in reasons] == [about_the_gateway, False]


def test_all_that_stand_at_other_metrics_are_named() -> None:
    others = [there("10.240.0.98", "foreign", 1), there("10.240.0.99", "foreign", 2)]

    taken = judged(Replace(OLD, WISH), TAKEN, [OLD, *others], MAIN)
    lost = judged(Replace(OLD, WISH), LOST, [OLD, *others], MAIN)

    names = ", ".join(one.handle for one in others)
    assert taken == Failed(Replace(OLD, WISH), f"File exists: {names}", retry="worth it")
    assert lost == Failed(Replace(OLD, WISH), LOST.words, retry="worth it")


@pytest.mark.parametrize(
    ("refusal", "retry"), [(OFF_LINK, "worth it"), (Refusal(EINVAL, "Invalid"), "pointless")]
)
def test_what_may_pass_by_itself_is_tried_again(refusal: Refusal, retry: str) -> None:
    outcome = judged(Create(WISH), refusal, [], MAIN)

    assert isinstance(outcome, Failed)
    assert outcome.retry == retry


@pytest.mark.parametrize(
    ("change", "stop", "present", "taken_away"),
    [
        (Create(WISH), Stop(TAKEN, 0), [THEIRS], False),
        (Delete(OLD), Stop(GONE, 0), [], False),
        (Replace(OLD, WISH), Stop(OFF_LINK, 1), [OLD], True),
        (Replace(OLD, WISH), Stop(TAKEN, 0), [OLD], False),
        (Replace(OLD, WISH), Stop(LOST, 0), [OLD], True),
        (Replace(OLD, WISH), Stop(LOST, 1), [OLD], False),
        (Replace(OLD, WISH), Stop(LOST, 3), [NEW], True),
        (Replace(OLD, WISH), Stop(GONE, 1), [], True),
        (Replace(OLD, WISH), Stop(OFF_LINK, 2), [there("10.240.0.31", metric=1)], False),
        (Replace(OLD, WISH), Stop(OFF_LINK, 2), [replace(THEIRS, partial=True)], False),
        (Replace(there("10.240.0.30", metric=50), WISH), Stop(TAKEN, 1), [THEIRS], False),
        (Adopt(THEIRS, WISH), Stop(OFF_LINK, 1), [THEIRS], True),
        (Adopt(THEIRS, WISH, written=True), Stop(GONE, 0), [NEW], False),
    ],
)
def test_the_spare_route_stays_only_where_it_carries_the_traffic(
    change: Change, stop: Stop, present: list[InstalledRoute], *, taken_away: bool
) -> None:
    """What was there before is another's."""
    known = () if isinstance(change, Create) else (change.installed,)
    rounds = prepared(change, entries(*known), [OLD], MAIN)

    assert isinstance(rounds, tuple)
    spare = wished_route(WISH, MAIN)._replace(metric=1)
    assert leftover(rounds, stop, present) == (spare if taken_away else None)


@pytest.mark.parametrize(
    ("metric", "seen", "spare"),
    [
        (0, [0], 1),
        (0, [0, 1, 2, 50], 3),
        (1, [1], 2),
        (2, [2], 1),
        (50, [50], 49),
        (50, [49], 48),
        (50, [48, 49, 50, 51], 47),
        (3, [1, 2, 3, 4], 5),
        (MAX_METRIC - 1, [], MAX_METRIC - 2),
        (5, range(1, 9), 9),
    ],
)
def test_a_replacement_takes_the_next_metric_where_nobody_is(
    metric: int, seen: Collection[int], spare: int
) -> None:
    options = LinuxOptions(metric=metric)
    before = [there("10.240.0.99", "foreign", one) for one in seen]
    here = wished_route(WISH, options)
    old = there("10.240.0.30", metric=metric)
    rounds = prepared(Replace(old, WISH), entries(old), before, options)

    assert isinstance(rounds, tuple)
    assert rounds[0] == Spelled("add", here._replace(metric=spare))
    assert rounds[2:] == (Spelled("add", here), Spelled("del", here._replace(metric=spare)))


@pytest.mark.parametrize("change", [Delete(THEIRS), Replace(THEIRS, WISH)])
def test_what_is_not_ours_is_never_asked_to_go(change: Change) -> None:
    reason = f"{THEIRS.handle} is not ours"

    assert prepared(change, {}, [], MAIN) == Failed(change, reason, retry="pointless")


def test_what_is_sent_for_a_change() -> None:
    new = wished_route(WISH, MAIN)
    at_50 = there("10.240.0.30", metric=50)
    added, gone = Spelled("add", new), removal(OLD)
    read = entries(OLD, at_50, THEIRS)

    assert prepared(Create(WISH), {}, [], MAIN) == (added,)
    assert prepared(Delete(OLD), read, [], MAIN) == (gone,)
    assert prepared(Adopt(THEIRS, WISH, written=True), read, [], MAIN) == (removal(THEIRS),)
    assert prepared(Replace(at_50, WISH), read, [], MAIN) == (added, removal(at_50))
    requests = (added.request(), Spelled("del", new).request(), gone.request())
    assert requests == (new_route(new), delete_route(new), delete_listed(gone.entry))
    assert gone.request() == delete_route(listed_as(OLD))


@pytest.mark.parametrize("protocol", [0, 200])
def test_what_does_not_say_whose_it_is_stays(protocol: int) -> None:
    read = {THEIRS.handle: new_route(listed_as(THEIRS)._replace(protocol=protocol)).body}
    change, mine = Adopt(THEIRS, WISH), Delete(replace(OLD, handle=THEIRS.handle))

    reason = f"{THEIRS.handle} does not say whose it is"
    assert prepared(change, read, [], MAIN) == Failed(change, reason, retry="pointless")
    assert isinstance(prepared(mine, read, [], MAIN), Failed) is (protocol == 0)


@pytest.mark.parametrize("change", [Delete(OLD), Replace(OLD, WISH), Adopt(THEIRS, WISH)])
@pytest.mark.parametrize("before", [[], [NEW]])
def test_nothing_is_asked_where_it_has_gone(change: Change, before: list[InstalledRoute]) -> None:
    assert prepared(change, {}, before, MAIN) == judged(change, GONE, before, MAIN)
