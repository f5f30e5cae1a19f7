"""Named checks of addresses and routes: one row for each thing that can be wrong."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from podroute.claims.rules import ClaimRules
from podroute.ipam.checks import address_checks
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.model.check import Check, Problem
from podroute.model.node import Node, Unreadable
from podroute.model.route import InstalledRoute, Quota, RouteTable
from podroute.routing.checks import route_checks
from podroute.routing.proposal import propose
from tests.builders import SEED_RULES, installed, node, pool, roster, rules, table, unreadable

A = node("a", "10.240.0.30", "10.200.0.0/24")
B = node("b", "10.240.0.31", "10.200.1.0/24")
OF_A, OF_B = (installed(f"10.200.{number}.0/24", f"10.240.0.{30 + number}") for number in range(2))


def checked(
    installed_routes: RouteTable | None, *nodes: Node | Unreadable, by: ClaimRules = SEED_RULES
) -> Mapping[str, Check]:
    everybody = roster(*nodes)
    proposal = propose(everybody, installed_routes or RouteTable(), by)
    return {one.id: one for one in route_checks(proposal, installed_routes, by, everybody)}


def failed(checks: Mapping[str, Check]) -> list[str]:
    return [f"{one.id}: {problem.subject}" for one in checks.values() for problem in one.problems]


def test_a_verdict_is_one_word() -> None:
    problem = Problem("a", "b", "c")

    assert Check("x", "all is well").verdict == "passed"
    assert Check("x", "all is well", (problem,)).verdict == "failed"
    assert Check("x", "all is well", skipped="not asked").verdict == "skipped"


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        ([OF_A, OF_B], []),
        ([OF_A], ["route-missing: 10.200.1.0/24 b"]),
        ([OF_A, installed("10.200.1.0/24", "10.240.0.99")], ["route-next-hop: 10.200.1.0/24 b"]),
        (
            [OF_A, installed("10.200.1.0/24", kind="blackhole")],
            ["route-blackhole: 10.200.1.0/24 b"],
        ),
        ([OF_A, OF_B, installed("10.200.9.0/24", "10.240.0.9")], ["route-stale: 10.200.9.0/24"]),
        (
            [OF_A, installed("10.200.1.0/24", "10.240.0.9", "foreign")],
            ["route-blocked: 10.200.1.0/24 b"],
        ),
        (
            [OF_A, OF_B, installed("10.200.9.0/24", "10.240.0.9", "foreign")],
            ["route-foreign: 10.200.9.0/24"],
        ),
    ],
)
def test_each_state_of_a_route_has_a_check(routes: list[InstalledRoute], found: list[str]) -> None:
    checks = checked(table(*routes), A, B)

    assert failed(checks) == found
    assert all(problem.fix for one in checks.values() for problem in one.problems)
    assert [one.id for one in checks.values() if one.skipped] == ["route-quota"]


def test_without_a_router_only_claims_are_judged() -> None:
    thief = node("thief", "10.240.0.77", "10.200.0.0/24")
    checks = checked(None, A, thief)

    assert failed(checks) == ["route-blocked: 10.200.0.0/24 thief"]
    skipped = [one.id for one in checks.values() if one.skipped.endswith("give --provider")]
    assert skipped == [
        "route-missing",
        "route-next-hop",
        "route-blackhole",
        "route-stale",
        "route-foreign",
        "route-quota",
    ]


def test_a_node_that_cannot_be_read_is_a_problem() -> None:
    found = checked(None, A, unreadable("odd"))["node-readable"].problems

    assert found == (Problem("odd", "spoilt", "correct the Node: kubectl get node odd -o yaml"),)


@pytest.mark.parametrize(
    ("links", "node_cidrs", "causes"),
    [
        ("10.240.0.0/24", "", []),
        ("10.0.0.0/8", "", ["it overlaps 10.0.0.0/8, where the Nodes are"]),
        ("", "10.200.4.0/24", ["it overlaps 10.200.4.0/24, where the Nodes are"]),
        ("fd00::/16", "", ["it overlaps fd00::/16, where the Nodes are"]),
    ],
)
def test_the_pods_range_is_apart_from_the_nodes(
    links: str, node_cidrs: str, causes: list[str]
) -> None:
    said = replace(SEED_RULES, node_cidrs=rules(node_cidrs=node_cidrs).node_cidrs)
    seen = table(on_link=links)

    found = checked(seen, by=said)["cluster-cidr-overlap"]

    assert [one.cause for one in found.problems] == causes
    assert checked(seen, by=rules())["cluster-cidr-overlap"].skipped == "give --cluster-cidr"


@pytest.mark.parametrize(
    ("quota", "verdict"),
    [(None, "skipped"), (Quota(79, 100), "passed"), (Quota(80, 100), "failed")],
)
def test_a_router_that_fills_up_is_a_problem(quota: Quota | None, verdict: str) -> None:
    found = checked(replace(table(), quota=quota))["route-quota"]

    assert found.verdict == verdict
    causes = [one.cause for one in found.problems]
    assert causes == (["80 of 100 routes are used"] if verdict == "failed" else [])


# Addresses


def addresses(*nodes: Node, reserved: str = "", drains: bool = False) -> Mapping[str, Check]:
    pools = (Pool("small", (pool("10.200.0.0/22", 24),), draining=drains),)
    ledger = Ledger(AddressPlan(pools, rules(reserved=reserved).reserved))
    ledger.relist(nodes, 0.0)
    found = address_checks(ledger.findings(), ledger.usage(0.0))
    return {one.id: one for one in found}


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ([A, B], []),
        ([A, node("c", "", "10.200.0.0/24")], ["podcidr-duplicate: c"]),
        (
            [A, node("c", "", "10.200.0.128/25")],
            ["podcidr-overlap: c", "podcidr-size: c"],
        ),
        ([A, node("c", "", "10.9.0.0/24")], ["podcidr-range: c"]),
        ([A, node("c", "", "10.200.3.0/24")], ["podcidr-reserved: c"]),
    ],
)
def test_each_fault_of_an_address_has_a_check(nodes: list[Node], found: list[str]) -> None:
    checks = addresses(*nodes, reserved="10.200.3.0/24")

    assert failed(checks) == found
    assert list(checks) == [
        "podcidr-duplicate",
        "podcidr-overlap",
        "podcidr-size",
        "podcidr-range",
        "podcidr-reserved",
        "pool-room",
    ]


def test_whose_the_addresses_are_is_told() -> None:
    twin = node("c", "", "10.200.0.0/24")
    (one,) = addresses(A, twin)["podcidr-duplicate"].problems
    (far,) = addresses(node("c", "", "10.9.0.0/24"))["podcidr-range"].problems
    everything = node("c", "", "10.200.0.0/16")
    many = [node(f"n{number}", "", f"10.200.{number}.0/24") for number in range(20)]
    (crowd,) = addresses(everything, *many)["podcidr-overlap"].problems

    assert one.cause == "it has 10.200.0.0/24, and a has 10.200.0.0/24"
    assert far.cause == "it has 10.9.0.0/24"
    assert crowd.cause == "it has 10.200.0.0/16, and n0 has 10.200.0.0/24 and 19 more"


@pytest.mark.parametrize(
    ("count", "drains", "full"), [(3, False, []), (4, False, ["small"]), (0, True, ["small"])]
)
def test_a_cluster_without_room_is_a_problem(count: int, drains: bool, full: list[str]) -> None:  # noqa: FBT001 -- a table
    nodes = [node(f"n{number}", "", f"10.200.{number}.0/24") for number in range(count)]

    found = addresses(*nodes, drains=drains)["pool-room"]

    assert [one.subject for one in found.problems] == full
