"""The parts of the ledger of routes: agenda, blocks, quota, stops, lines, several steps of one."""

from math import inf

import pytest

from podroute.model.cidr import Bounds, bounds, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import Quota
from podroute.routing.agenda import Agenda
from podroute.routing.blocks import Blocks
from podroute.routing.facts import Filling, Stopped
from podroute.routing.lines import by_subject, subject_of
from podroute.routing.quota import QUOTA, is_near, within_quota
from podroute.routing.sequence import first_of_each
from podroute.routing.states import RouteState
from podroute.routing.steps import Adopt, Blocked, Change, Create, Delete, Replace
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


# When


def test_what_is_due_is_looked_at_once() -> None:
    agenda = Agenda()
    assert agenda.next_moment() == inf

    agenda.due([X, NodeName("a")])

    assert agenda.next_moment() == 0
    assert agenda.open(5) == {X, "a"}
    assert (agenda.open(5), agenda.next_moment()) == (set(), inf)


def test_an_alarm_rings_at_its_moment_and_once() -> None:
    agenda = Agenda()
    agenda.wake(Y, 20)
    agenda.wake(X, 10)
    agenda.wake(X, 10)

    assert agenda.next_moment() == 10
    assert agenda.open(9.9) == set()
    assert agenda.open(10) == {X}
    assert agenda.next_moment() == 20
    assert agenda.open(30) == {Y}
    assert agenda.next_moment() == inf


def test_an_alarm_can_be_set_again_after_it_rang() -> None:
    agenda = Agenda()
    agenda.wake(X, 10)
    agenda.open(10)

    agenda.wake(X, 10)

    assert agenda.open(10) == {X}


def test_a_later_alarm_is_not_forgotten_for_an_earlier_one() -> None:
    agenda = Agenda()
    agenda.wake(X, 10)
    agenda.wake(X, 20)
    agenda.open(10)

    agenda.wake(X, 20)
    assert agenda.open(20) == {X}
    assert agenda.next_moment() == inf


# What next


def test_one_destination_has_one_change() -> None:
    agenda = Agenda()
    for change in (CREATE, REPLACE, DELETE, ADOPT):
        agenda.queue(X, change)
        assert agenda.ready == 1

    assert agenda.take(9) == [ADOPT]
    assert agenda.ready == 0


def test_nothing_is_left_where_nothing_is_to_be_done() -> None:
    agenda = Agenda()
    for change in (CREATE, REPLACE, DELETE):
        agenda.queue(X, change)
        agenda.queue(X, None)

    assert (agenda.ready, agenda.take(9)) == (0, [])


def test_new_ones_first_then_repairs_then_removals_each_as_they_came() -> None:
    agenda = Agenda()
    for at, change in ((X, DELETE), (Y, REPLACE), (Z, CREATE)):
        agenda.queue(at, change)
    agenda.queue(block("10.200.3.0/24"), ADOPT)

    assert agenda.take(0) == []
    assert [agenda.take(1) for _ in range(2)] == [[CREATE], [ADOPT]]
    assert agenda.take(9) == [REPLACE, DELETE]


def test_how_many_new_ones_go_elsewhere() -> None:
    agenda = Agenda()
    assert agenda.new_besides([]) == 0
    agenda.queue(X, CREATE)
    agenda.queue(Y, REPLACE)

    assert [agenda.new_besides(at) for at in ([], [X], [Y])] == [1, 0, 1]


# Which overlap


@pytest.mark.parametrize("many", [1, 200])
def test_blocks_inside_and_around(many: int) -> None:
    blocks = Blocks()
    for text in ("10.0.0.0/8", "10.200.0.0/16", "10.200.0.0/24", "10.200.0.128/25", "fd00::/64"):
        blocks.put(block(text), present=True)
    for number in range(many):
        blocks.put(block(f"11.0.{number}.0/24"), present=True)

    wide, inner = block("10.200.0.0/16"), block("10.200.0.0/24")
    assert {*blocks.inside(wide)} == {wide, inner, block("10.200.0.128/25")}
    assert {*blocks.inside(inner)} == {inner, block("10.200.0.128/25")}
    assert {*blocks.around(block("10.201.0.0/24"))} == {block("10.0.0.0/8")}
    assert {*blocks.around(inner)} == {wide, block("10.0.0.0/8")}
    assert {*blocks.around(block("10.200.0.7/32"))} == {inner, wide, block("10.0.0.0/8")}
    assert [*blocks.around(block("fd00::1/128"))] == [block("fd00::/64")]
    assert [*blocks.inside(block("::/0"))] == [block("fd00::/64")]
    assert len([*blocks.inside(block("11.0.0.0/16"))]) == many


def test_a_block_that_is_put_twice_or_taken_twice_is_there_once_or_not() -> None:
    blocks = Blocks()
    for present in (True, True, False, False):
        blocks.put(X, present=present)
        assert (X in blocks) is present
        assert [*blocks.inside(X)] == ([X] if present else [])
        assert [*blocks.around(block("10.200.0.7/32"))] == ([X] if present else [])


def test_one_that_was_never_in_order_can_be_taken() -> None:
    blocks = Blocks()
    blocks.put(Y, present=True)
    blocks.put(X, present=True)

    blocks.put(Y, present=False)

    assert [*blocks.inside(block("10.0.0.0/8"))] == [X]


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
            f"the router takes {limit} routes and has {used}: raise its quota, or remove "
            "routes that nobody needs",
        )


def test_what_takes_no_room_is_never_blocked_and_without_a_quota_nothing_is() -> None:
    steps: list[Change] = [REPLACE, DELETE, ADOPT]

    assert within_quota(steps, Quota(5, 5)) == tuple(steps)
    assert within_quota(plan(3), None) == tuple(plan(3))


@pytest.mark.parametrize(("used", "near"), [(0, False), (79, False), (80, True), (100, True)])
def test_people_are_told_from_four_fifths_on(used: int, *, near: bool) -> None:
    assert is_near(Quota(used, 100)) is near


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


def test_room_that_a_failure_leaves_is_for_the_next_one() -> None:
    run = Run(NODES[:2], quota=1).start()
    run.fail(run.take(), pointless=True)
    run.look()

    run.read()

    assert run.sent() == ["+ 10.200.1.0/24 via 10.240.0.2"]


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


def test_those_without_room_in_their_order() -> None:
    stops = Stops()
    for at in (Y, X, Z):
        stops.note(at, [stop("other"), stop(QUOTA)])
    stops.note(block("10.200.3.0/24"), [stop("other")])

    assert [*stops.without_room(2)] == [Y, X]
    assert [*stops.without_room(9)] == [Y, X, Z]
    assert [*stops.without_room(-1)] == []
    stops.note(X, [stop("other")])
    assert [*stops.without_room(9)] == [Y, Z]


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
