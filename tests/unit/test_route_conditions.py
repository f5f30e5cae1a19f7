"""NetworkUnavailable: what is said about each Node."""

from dataclasses import replace

from podroute.model.condition import NOT_CREATED, NetworkCondition
from podroute.routing.conditions import AVAILABLE, Conditions, condition_of
from podroute.routing.policy import Policy
from podroute.routing.states import RouteState, State
from tests.builders import installed, node, route, unreadable
from tests.unit.route_ledgers import STEADY, Run

A = node("a", "10.240.0.30", "10.200.0.0/24")
DUAL = node("a", "10.240.0.30 fd00::30", "10.200.0.0/24", "fd00:10:200::/64")
OURS = installed("10.200.0.0/24", "10.240.0.30")
GOOD = "a False RouteCreated: RouteController created a route"
BAD = "a True NoRouteCreated: RouteController failed to create a route: 10.200.0.0/24: "
CALICO = NetworkCondition("False", "CalicoIsUp", "Calico is running on this node")


def test_a_route_that_is_read_back_makes_it_false() -> None:
    run = Run([A]).start()
    (change,) = run.take()
    assert run.conditions() == []
    run.carry([change])
    assert run.conditions() == []

    run.read()

    assert run.conditions() == [GOOD]
    assert run.conditions() == []


def test_a_node_with_two_families_needs_both() -> None:
    run = Run([DUAL], [OURS]).start()
    assert run.conditions() == []

    run.settle()

    assert run.conditions() == [GOOD]


def test_a_node_without_a_pod_cidr_is_nothing_said_about() -> None:
    assert Run([node("a", "10.240.0.30")]).start().conditions() == []


def test_a_failure_makes_it_true_with_the_cause() -> None:
    run = Run([A]).start()
    run.fail(run.take(), "the router's table is locked")

    assert run.conditions() == [f"{BAD}the router's table is locked"]


def test_a_foreign_route_in_the_way_makes_it_true_with_the_holder() -> None:
    run = Run([A], [installed("10.200.0.0/24", "10.240.0.9", "foreign")]).start()

    holder = "10.200.0.0/24 via 10.240.0.9 foreign 0"
    assert run.conditions() == [f"{BAD}{holder} is not ours: remove that route at the router"]


def test_a_full_router_makes_it_true() -> None:
    (told,) = (
        Run([A], [installed("9.9.9.0/24", "10.240.0.9", "foreign")], quota=1).start().conditions()
    )

    assert told.startswith(f"{BAD}the router takes 1 routes, and 1 are there")


def test_what_is_kept_though_the_claim_is_refused_says_nothing_new() -> None:
    run = Run([A], [OURS]).start()
    assert run.conditions() == [GOOD]

    run.see(replace(A, internal_ips=()))

    assert run.conditions() == []


def test_a_drift_that_is_mended_flips_nothing() -> None:
    run = Run([A], [OURS]).start()
    run.conditions()

    run.table.clear()
    run.read()
    assert run.conditions() == []
    run.settle()
    assert run.conditions() == []


def test_one_that_cannot_be_mended_does() -> None:
    run = Run([A], [OURS]).start()
    run.conditions()
    run.table.clear()
    run.read()

    run.fail(run.take(), "refused")

    assert run.conditions() == [f"{BAD}refused"]


def test_a_route_that_is_wrong_and_held_back_makes_it_true() -> None:
    nodes = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(5)]
    wrong = [installed(f"10.200.{i}.0/24", "10.240.0.99") for i in range(5)]
    run = Run(nodes, wrong).start()

    told = run.conditions()

    assert len(told) == 5
    assert all("True NoRouteCreated" in one and "held back" in one for one in told)


def test_a_foreign_route_that_takes_some_packets_is_no_fault_of_ours() -> None:
    some = installed("10.200.0.0/24", "10.240.0.9", "foreign", preference=-1, partial=True)

    assert Run([A], [OURS, some]).start().conditions() == [GOOD]


def line(cidr: str, state: State, reason: str = "") -> RouteState:
    wish = route(cidr, "10.240.0.30", "a")
    return RouteState(wish.node, wish.destination, wish.next_hop, state, reason)


def test_lines_of_other_destinations_do_not_count() -> None:
    lines = [line("10.200.0.0/24", "InSync"), line("10.200.9.0/24", "Blocked", "x")]

    assert condition_of(A, lines, []) == AVAILABLE


def test_a_block_that_is_listed_twice_is_a_fault() -> None:
    twice = replace(A, pod_cidrs=(*A.pod_cidrs, *A.pod_cidrs))
    lines = [line("10.200.0.0/24", "InSync"), line("10.200.0.0/24", "Blocked", "overlaps")]

    said = condition_of(twice, lines, [])

    assert said == NetworkCondition(
        "True", NOT_CREATED, "RouteController failed to create a route: 10.200.0.0/24: overlaps"
    )


def test_a_cause_that_is_long_is_cut() -> None:
    said = condition_of(A, [], [line("10.200.0.0/24", "Missing", "x" * 485)])
    cut = condition_of(A, [], [line("10.200.0.0/24", "Missing", "x" * 486)])

    assert said is not None
    assert said.message.endswith("x")
    assert cut is not None
    assert cut.message.endswith("x…")
    assert len(cut.message) - len(said.message) == 1


def test_several_causes_are_told_in_turn() -> None:
    faulty = line("10.200.0.0/24", "Blocked", "one")
    trouble = line("fd00:10:200::/64", "Missing", "two")

    said = condition_of(DUAL, [faulty, trouble], [trouble])

    assert said is not None
    assert said.message.endswith(": 10.200.0.0/24: one; fd00:10:200::/64: two")


def told(conditions: Conditions, now: float = 0.0, count: int = 9) -> list[NetworkCondition]:
    return [one.condition for one in conditions.take(count, now)]


def test_a_policy_reaches_the_conditions() -> None:
    run = Run([replace(A, network=CALICO)], [OURS], policy=Policy(10, STEADY, "any")).start()

    assert run.conditions() == [GOOD]
    assert Run([replace(A, network=CALICO)], [OURS]).start().conditions() == []


def test_the_ledger_tells_of_lists_and_ends() -> None:
    run = Run([A], [OURS]).start()
    assert run.conditions() == [GOOD]

    run.relist(A)
    assert run.conditions() == [GOOD]
    run.relist(replace(A, network=AVAILABLE))
    assert run.conditions() == []
    run.relist()
    run.relist(A)
    assert run.conditions() == [GOOD]
    run.gone(A)
    run.see(A)
    assert run.conditions() == [GOOD]


def test_the_condition_of_a_node_that_cannot_be_read_moves_nobody() -> None:
    broken = unreadable("b", "10.240.0.31", "10.200.1.0/24")
    run = Run([A, broken], [OURS]).start()

    run.see(replace(broken, network=AVAILABLE))

    assert run.ledger.next_moment() == float("inf")


def test_a_route_that_the_router_warns_of_makes_it_true_until_it_does_not() -> None:
    run = Run([A], [OURS]).start()
    assert run.conditions() == [GOOD]

    run.table[:] = [replace(OURS, warning="its machine does not run")]
    run.read()
    assert run.take() == []
    assert run.conditions() == [f"{BAD}its machine does not run"]

    run.table[:] = [OURS]
    run.read()
    assert run.conditions() == [GOOD]


def test_what_is_warned_of_is_told_once() -> None:
    warned = replace(line("10.200.0.0/24", "Blackhole", "off"), warned=True)

    said = condition_of(DUAL, [warned, line("fd00:10:200::/64", "InSync")], [warned])

    assert said is not None
    assert said.message.endswith("create a route: 10.200.0.0/24: off")
