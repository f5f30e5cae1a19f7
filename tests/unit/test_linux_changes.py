from collections.abc import Collection
from dataclasses import replace
from errno import EEXIST, EHOSTUNREACH, EINVAL, ENETUNREACH, ENOBUFS, ESRCH

import pytest

from podroute.host.rtnetlink import MAX_METRIC, Refusal, delete_route, new_route
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute, Ownership
from podroute.providers.linux.changes import Round, judged, leftover, prepared
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import found_route, wished_route
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route

MAIN = LinuxOptions()
V4, V6 = "10.200.0.0/24", "fd00:10:200::/64"
WISH = route(V4, "10.240.0.31")
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
    ("change", "refusal", "present", "taken_away"),
    [
        (Create(WISH), TAKEN, [THEIRS], False),
        (Delete(OLD), GONE, [], False),
        (Replace(OLD, WISH), OFF_LINK, [OLD], True),
        (Replace(OLD, WISH), GONE, [], True),
        (Replace(OLD, WISH), OFF_LINK, [there("10.240.0.31", metric=1)], False),
        (Replace(OLD, WISH), OFF_LINK, [replace(THEIRS, partial=True)], False),
        (Replace(there("10.240.0.30", metric=50), WISH), TAKEN, [THEIRS], False),
        (Adopt(THEIRS, WISH), OFF_LINK, [THEIRS], True),
        (Adopt(THEIRS, WISH, written=True), GONE, [NEW], False),
    ],
)
def test_the_spare_route_stays_only_where_it_carries_the_traffic(
    change: Change, refusal: Refusal, present: list[InstalledRoute], *, taken_away: bool
) -> None:
    assert (leftover(change, refusal, present, [], MAIN) is not None) is taken_away


@pytest.mark.parametrize(
    ("metric", "seen", "spare"),
    [
        (0, [0], 1),
        (0, [0, 1, 2, 50], 3),
        (1, [1], 2),
        (2, [2], 1),
        (50, [50], 49),
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
    rounds = prepared(Replace(there("10.240.0.30", metric=metric), WISH), {}, before, options)

    assert isinstance(rounds, tuple)
    assert rounds[0] == Round("add", here._replace(metric=spare))
    assert rounds[2:] == (Round("add", here), Round("del", here._replace(metric=spare)))
    assert leftover(
        Replace(OLD, WISH), GONE, [], [OLD, there("10.240.0.99", "foreign", 1)], MAIN
    ) == (wished_route(WISH, MAIN)._replace(metric=2))


@pytest.mark.parametrize("change", [Delete(THEIRS), Replace(THEIRS, WISH)])
def test_what_is_not_ours_is_never_asked_to_go(change: Change) -> None:
    reason = f"{THEIRS.handle} is not ours"

    assert prepared(change, {}, [], MAIN) == Failed(change, reason, retry="pointless")


def test_what_is_sent_for_a_change() -> None:
    new = wished_route(WISH, MAIN)
    old = new._replace(gateway=OLD.next_hop, device=7)
    at_50 = there("10.240.0.30", metric=50)
    indexes = {"eth0": 7}
    added = Round("add", new)

    assert prepared(Create(WISH), {}, [], MAIN) == (added,)
    assert prepared(Delete(OLD), indexes, [], MAIN) == (Round("del", old, OLD.handle),)
    assert prepared(Adopt(THEIRS, WISH, written=True), indexes, [], MAIN) == (
        Round("del", old._replace(gateway=THEIRS.next_hop, protocol=4), THEIRS.handle),
    )
    assert prepared(Delete(OLD), {}, [], MAIN) == (
        Round("del", old._replace(device=0), OLD.handle),
    )
    assert prepared(Replace(at_50, WISH), indexes, [], MAIN) == (
        added,
        Round("del", old._replace(metric=50), at_50.handle),
    )
    assert (added.request(), Round("del", old).request()) == (new_route(new), delete_route(old))


@pytest.mark.parametrize(
    ("handle", "preference", "reason"),
    [
        ("10.200.0.0/24", 0, "10.200.0.0/24 does not say whose it is"),
        ("10.200.0.0/24 proto 256", 0, "256 is not between 0 and 255"),
        ("10.200.0.0/24 proto 200", 0, "10.200.0.0/24 proto 200 does not say whose it is"),
        (
            "10.200.0.0/24 proto 4 nhid 9999999999",
            0,
            "9999999999 is not between 0 and 4294967295",
        ),
        ("10.200.0.0/24 proto 4 tos 100", 0, "256 is not between 0 and 255"),
        ("10.200.0.0/24 proto 4 nexthop dev eth0", 0, "-1 is not between 0 and 255"),
        ("10.200.0.0/24 proto 4 nexthop dev eth0 weight 257", 0, "256 is not between 0 and 255"),
        (
            "10.200.0.0/24 proto 4 metric 4294967296",
            0,
            "4294967296 is not between 0 and 4294967295",
        ),
    ],
)
def test_a_handle_that_no_read_has_given_is_refused(
    handle: str, preference: int, reason: str
) -> None:
    odd = InstalledRoute(WISH.destination, WISH.next_hop, "foreign", handle, preference=preference)

    change = Adopt(odd, WISH)

    assert prepared(change, {}, [], MAIN) == Failed(change, reason, retry="pointless")
    assert not isinstance(prepared(Adopt(THEIRS, WISH), {}, [], MAIN), Failed)


def on_device(ownership: Ownership = "ours", metric: int = 1024, cidr: str = V6) -> InstalledRoute:
    """A route to an interface, without a gateway."""
    words = f"{cidr} dev eth0 proto {200 if ownership == 'ours' else 4} metric {metric}"
    return InstalledRoute(parse_cidr(cidr), None, ownership, words, "link", metric)


def through(ownership: Ownership = "ours", metric: int = 1024, cidr: str = V6) -> InstalledRoute:
    """One through a gateway."""
    hop = "10.240.0.30" if "." in cidr else "fd00:10:240::30"
    words = f"{cidr} via {hop} dev eth0 proto {200 if ownership == 'ours' else 4} metric {metric}"
    link = on_device(ownership, metric, cidr)
    return replace(link, next_hop=parse_address(hop), handle=words, kind="unicast")


@pytest.mark.parametrize(
    ("link", "others", "twin"),
    [
        (on_device(), [through()], through()),
        (on_device(), [on_device(), through("foreign"), through()], through()),
        (on_device(), [on_device()], None),
        (on_device(), [through("foreign")], None),
        (on_device(), [through(metric=50)], None),
        (on_device(metric=0, cidr=V4), [through(metric=0, cidr=V4)], None),
        (through(), [through()], None),
    ],
)
def test_ipv6_would_remove_a_route_through_a_gateway_for_one_without(
    link: InstalledRoute, others: list[InstalledRoute], twin: InstalledRoute | None
) -> None:
    """So that one goes aside."""
    indexes = {"eth0": 7}
    gone = Round("del", found_route(link, indexes, MAIN), link.handle)

    rounds = prepared(Delete(link), indexes, others, MAIN)

    if twin is None:
        assert rounds == (gone,)
    else:
        there = found_route(twin, indexes, MAIN)
        aside = there._replace(metric=there.metric - 1)
        words = twin.handle.replace("metric 1024", "metric 1023")
        assert rounds == (
            Round("add", aside, words),
            Round("del", there, twin.handle),
            gone,
            Round("add", there, twin.handle),
            Round("del", aside, words),
        )
