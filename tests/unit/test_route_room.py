"""What has room in a router, what is stopped, and under which name it is shown."""

from math import inf

import pytest

from podroute.model.cidr import Bounds, bounds, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import Quota
from podroute.routing.facts import Filling, Stopped
from podroute.routing.lines import LEAVING, by_subject, leaving, subject_of
from podroute.routing.quota import QUOTA, gaps, is_near, quota_after, within_quota
from podroute.routing.sequence import first_of_each
from podroute.routing.states import RouteState
from podroute.routing.steps import Adopt, Blocked, Change, Create, Delete, Replace, Step
from podroute.routing.stops import Stops
from tests.builders import installed, node, route
from tests.unit.route_ledgers import Run


def block(text: str) -> Bounds:
    return bounds(parse_cidr(text))


X, Y, Z = (block(f"10.200.{i}.0/24") for i in range(3))
WISH = route("10.200.0.0/24", "10.240.0.30")
THERE = installed("10.200.0.0/24", "10.240.0.9")
CREATE, REPLACE, DELETE = Create(WISH), Replace(THERE, WISH), Delete(THERE)
ADOPT = Adopt(installed("10.200.0.0/24", "10.240.0.30", "foreign"), WISH)


# Room


def plan(count: int) -> list[Create]:
    return [Create(route(f"10.200.{i}.0/24", "10.240.0.30")) for i in range(count)]


@pytest.mark.parametrize(
    ("used", "limit", "fitting"), [(0, 3, 3), (1, 3, 2), (3, 3, 0), (4, 3, 0), (0, 9, 3)]
)
def test_what_has_no_room_is_blocked_the_last_first(used: int, limit: int, fitting: int) -> None:
    steps = within_quota(plan(3), Quota(used, limit))

    assert list(steps[:fitting]) == plan(fitting)
    for step, wish in zip(steps[fitting:], plan(3)[fitting:], strict=True):
        assert step == Blocked(
            wish.route.node,
            wish.route.destination,
            wish.route.next_hop,
            QUOTA,
            f"the router takes {limit} routes, and {max(used, limit)} are there or come first: "
            "raise its quota, or remove routes that nobody needs",
        )


def test_each_ip_version_has_its_own_room_where_they_are_counted_apart() -> None:
    sixes = [Create(route(f"fd00:10:200:{i}::/64", "fd00:10:240::30")) for i in range(2)]

    steps = within_quota([*plan(3), *sixes], Quota.by_version(49, 20, 51))

    assert steps[:2] == tuple(plan(2))
    assert isinstance(steps[2], Blocked)
    assert steps[2].reason.startswith("the router takes 51 IPv4 routes, and 51 are there or come")
    assert steps[3:] == tuple(sixes)
    full = within_quota(sixes, Quota.by_version(0, 51, 51))
    assert [one.reason[:46] for one in full if isinstance(one, Blocked)] == [
        "the router takes 51 IPv6 routes, and 51 are th"
    ] * 2


@pytest.mark.parametrize(("used", "fitting"), [(2, 2), (3, 1), (4, 0), (5, 0)])
def test_a_replacement_keeps_the_place_that_it_takes_for_a_moment(used: int, fitting: int) -> None:
    quota = Quota(used, 5, spare=1)

    assert within_quota([*plan(2), DELETE], quota)[:2] == within_quota(plan(2), Quota(used, 5))
    steps = within_quota([REPLACE, *plan(2)], quota)

    assert steps[0] == REPLACE
    assert list(steps[1 : 1 + fitting]) == plan(fitting)
    for stopped in steps[1 + fitting :]:
        assert isinstance(stopped, Blocked)
        there = f"and {used + fitting} are there or come first"
        assert f"{there}, and a replacement takes 1 for a moment: " in stopped.reason


def test_the_quota_after_a_plan() -> None:
    six = Create(route("fd00:10:200::/64", "fd00:10:240::30"))
    steps: list[Step] = [*plan(3), DELETE, REPLACE, ADOPT, six, stop("b")]

    assert quota_after(steps, Quota(5, 9)) == Quota(8, 9)
    assert quota_after(steps, Quota.by_version(5, 1, 9)) == Quota.by_version(7, 2, 9)


@pytest.mark.parametrize(
    ("quota", "count"),
    [(Quota(5, 5, spare=1), 2), (Quota(4, 5, spare=1), 0), (Quota(5, 5), 0)],
)
def test_where_there_is_room_for_one_only_the_old_route_goes_first(
    quota: Quota, count: int
) -> None:
    """At a router that has both for a moment where it can."""
    assert gaps([REPLACE, DELETE, CREATE, REPLACE], quota) == count


def test_a_quota_with_more_routes() -> None:
    together, apart = Quota(3, 9, spare=1), Quota.by_version(3, 5, 9)

    assert together.with_more(6, 2) == Quota(5, 9, spare=1)
    assert (together.room(4), together.room(6)) == (6, 6)
    assert apart == Quota(5, 9, (3, 5))
    assert apart.with_more(4) == Quota(5, 9, (4, 5))
    assert apart.with_more(4, 3) == Quota(6, 9, (6, 5))
    assert apart.with_more(6) == Quota(6, 9, (3, 6))
    assert (apart.room(4), apart.room(6)) == (6, 4)
    assert [Quota.by_version(9, 0, 9).is_full, Quota.by_version(8, 8, 9).is_full] == [True, False]


def test_what_takes_no_room_is_never_blocked_and_without_a_quota_nothing_is() -> None:
    steps: list[Change] = [REPLACE, DELETE, ADOPT]

    assert within_quota(steps, Quota(5, 5)) == tuple(steps)
    assert within_quota(plan(3), None) == tuple(plan(3))


@pytest.mark.parametrize(("used", "near"), [(0, False), (799, False), (800, True), (1000, True)])
def test_people_are_told_from_four_fifths_on(used: int, *, near: bool) -> None:
    assert is_near(Quota(used, 1000)) is near


NODES = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(4)]


def test_what_had_no_room_is_sent_when_there_is_some() -> None:
    run = Run(NODES, quota=2).start()
    assert len(run.settle()) == 2
    assert run.state("10.200.3.0/24").startswith("Blocked: the router takes 2 routes")
    run.read()
    assert run.ledger.next_moment() == inf

    run.quota = 3
    run.read()
    assert run.sent() == ["+ 10.200.2.0/24 via 10.240.0.3"]


def test_routes_of_one_ip_version_on_their_way_take_no_room_of_the_other() -> None:
    dual = [
        node(
            f"n{i}",
            f"10.240.0.{i + 1} fd00:10:240::{i + 1}",
            f"10.200.{i}.0/24",
            f"fd00:10:200:{i}::/64",
        )
        for i in range(3)
    ]
    run = Run(dual[:2], quota=2, apart=True).start()
    run.take(1)

    run.see(dual[2])
    run.settle()

    assert [
        state[:8] for state in (run.state("10.200.2.0/24"), run.state("fd00:10:200:2::/64"))
    ] == ["Blocked:"] * 2
    assert len(run.table) == 3  # and the one that nobody has answered for


def test_room_that_a_failure_leaves_is_for_the_next_one() -> None:
    run = Run(NODES[:2], quota=1).start()
    run.fail(run.take(), pointless=True)
    run.look()

    run.read()

    assert run.sent() == ["+ 10.200.1.0/24 via 10.240.0.2"]


def test_a_new_route_that_a_full_router_has_refused_is_tried_when_there_is_room() -> None:
    run = Run(NODES[:1], quota=1).start()
    run.fail(run.take(), "not allowed", pointless=True)
    run.table = [installed("10.99.0.0/24", "10.240.0.9", "foreign")]
    run.read()
    assert run.sent() == []
    assert run.state("10.200.0.0/24").startswith("Blocked: the router takes 1 routes, and 1 are")

    run.table = []
    run.read()

    assert run.sent() == ["+ 10.200.0.0/24 via 10.240.0.1"]


def test_one_that_a_router_with_room_has_refused_rests_however_often_that_is_read() -> None:
    run = Run(NODES[:2], quota=1).start()
    for _ in range(2):
        (tried,) = run.take()
        run.fail([tried], pointless=True)
        run.look()
        run.read()

    assert run.sent() == []


def test_routes_that_are_on_their_way_have_their_room() -> None:
    run = Run(NODES[:2], quota=2).start()
    run.take(1)

    run.see(*NODES[2:])

    assert len(run.sent()) == 1
    assert run.state("10.200.2.0/24").startswith("Blocked: ")


def test_room_that_a_removal_makes_is_used() -> None:
    run = Run(NODES, [installed("10.200.9.0/24", "10.240.0.9")], quota=4).start()

    assert [one[0] for one in run.settle()] == ["+", "+", "+", "-", "+"]


def test_a_quota_that_is_near_or_full_is_told_once_each() -> None:
    run = Run(NODES, quota=5).start()
    told: list[tuple[int, int]] = []
    for used in (3, 4, 4, 5, 5, 4, 3, 4):
        run.table = [installed(f"10.200.{i}.0/24", f"10.240.0.{i + 1}") for i in range(used)]
        facts = run.read()
        told += [(used, one.quota.used) for one in facts if isinstance(one, Filling)]

    assert told == [(4, 4), (5, 5), (4, 4), (4, 4)]


# What stops


def stop(holder: str, reason: str = "") -> Blocked:
    return Blocked(NodeName("a"), parse_cidr("10.200.0.0/24"), None, holder, reason)


def test_each_stop_is_new_once() -> None:
    stops = Stops()

    assert stops.note(X, [stop("b")]) == [stop("b")]
    assert stops.note(X, [stop("b"), stop("c")]) == [stop("c")]
    assert stops.note(X, ()) == []
    assert stops.note(X, [stop("b")]) == [stop("b")]


def test_those_that_waited_for_room_in_their_order() -> None:
    stops = Stops()
    for at in (Y, X, Z):
        stops.note(at, [stop("other"), stop(QUOTA)])
    stops.note(block("10.200.3.0/24"), [stop("other")])

    assert [*stops.with_room(Quota(0, 2))] == [Y, X]
    assert [*stops.with_room(Quota(0, 9))] == [Y, X, Z]
    assert [*stops.with_room(Quota(3, 2))] == []
    stops.note(X, [stop("other")])
    assert [*stops.with_room(Quota(0, 9))] == [Y, Z]
    stops.note(block("fd00::/64"), [stop(QUOTA)])
    assert [*stops.with_room(Quota.by_version(8, 9, 9))] == [Y]
    assert [*stops.with_room(Quota.by_version(9, 8, 9))] == [block("fd00::/64")]


def test_the_first_change_of_each_destination_and_every_stop() -> None:
    changes, stops = first_of_each([stop("b"), CREATE, DELETE, stop("c"), plan(2)[1]])

    assert changes == {X: CREATE, Y: plan(2)[1]}
    assert stops == {X: [stop("b"), stop("c")]}


def test_a_stop_that_another_node_holds_names_it() -> None:
    thief = node("thief", "10.240.0.77", "10.200.0.0/24", created="2027")
    run = Run([NODES[0], thief], [installed("10.200.0.0/24", "10.240.0.1")]).start()

    (told,) = run.facts
    assert isinstance(told, Stopped)
    assert (told.uid, told.holder, told.step.holder) == ("uid-thief", "uid-n0", "n0")


# Lines


def test_lines_are_found_by_their_subject() -> None:
    of_x = RouteState("a", parse_cidr("10.200.0.0/24"), None, "InSync")
    waits = RouteState("w", None, None, "Pending")

    assert [subject_of(of_x), subject_of(waits)] == ["10.200.0.0/24", "node/w"]
    assert by_subject([of_x, waits, of_x], [X, Y], ["w", "v"]) == {
        "10.200.0.0/24": [of_x, of_x],
        "10.200.1.0/24": [],
        "node/w": [waits],
        "node/v": [],
    }
    assert by_subject([waits], [], []) == {"node/w": [waits]}


def test_the_line_of_a_node_that_is_being_deleted_says_so() -> None:
    good = RouteState("a", parse_cidr("10.200.0.0/24"), None, "InSync")
    foreign = RouteState("a", parse_cidr("10.200.0.0/24"), None, "Blocked", "not ours")

    assert leaving(good).reason == LEAVING
    assert leaving(foreign).reason == f"not ours; {LEAVING}"
