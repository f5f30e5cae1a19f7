"""What the condition of a Node without its route, and podroute check, tell people to do."""

from collections.abc import Sequence

import pytest

from podroute.model.node import Node
from podroute.model.route import RouteTable
from podroute.routing.checks import route_checks
from podroute.routing.conditions import condition_of, failed_by
from podroute.routing.proposal import propose
from podroute.routing.states import RouteState, route_states
from tests.builders import SEED_POOL, installed, node, roster, rules, table

ELDER = node("elder", "10.240.0.30", "10.200.0.0/24", created="2026-01-01T00:00:00Z")
RULES = rules(SEED_POOL)
BLOCK, HOP = "10.200.1.0/24", "10.240.0.31"
ADDRESS = "correct the InternalIP of the Node that is wrong (kubelet --node-ip)"
ANEW = "drain and delete the Node that is wrong, and let it register anew"
PLAN = ", or correct podroute's address plan (--cluster-cidr, --node-cidrs)"


def younger(ips: str, cidr: str) -> Node:
    return node("a", ips, cidr, created="2026-01-02T00:00:00Z")


def lines(one: Node, seen: RouteTable) -> Sequence[RouteState]:
    return [
        line
        for line in route_states(propose(roster(ELDER, one), seen, RULES), seen, RULES)
        if line.node == one.name
    ]


@pytest.mark.parametrize(
    ("one", "seen", "words"),
    [
        pytest.param(
            younger(HOP, BLOCK),
            table(installed(BLOCK, "10.240.0.9", "foreign")),
            f"{BLOCK} via 10.240.0.9 foreign 0 is not ours: remove that route at the router",
            id="another's route in the way",
        ),
        pytest.param(
            younger("10.240.0.30", BLOCK),
            table(),
            f"10.240.0.30 is the InternalIP of elder: {ADDRESS}",
            id="another Node's InternalIP",
        ),
        pytest.param(
            younger(HOP, "10.200.0.0/24"),
            table(),
            f"10.200.0.0/24 overlaps 10.200.0.0/24 of elder: {ANEW}",
            id="another Node's podCIDR",
        ),
        pytest.param(
            younger("10.99.0.1", BLOCK),
            table(on_link="10.240.0.0/24"),
            f"10.99.0.1 is not on a link of the router that is up: {ADDRESS}{PLAN}",
            id="a next hop that no Node may have",
        ),
        pytest.param(
            younger("", BLOCK),
            table(),
            f"a shows no IPv4 InternalIP: {ADDRESS}{PLAN}",
            id="no InternalIP",
        ),
        pytest.param(
            younger(HOP, "10.99.0.0/24"),
            table(),
            f"10.99.0.0/24 is outside the cluster CIDR 10.200.0.0/16: {ANEW}{PLAN}",
            id="a podCIDR outside the cluster CIDR",
        ),
        pytest.param(
            younger("fd00::31", "fd00:10:200::/64"),
            table(),
            "IPv6 is not routed here: no cluster CIDR is of it: give one by --cluster-cidr",
            id="another IP version",
        ),
    ],
)
def test_a_cause_is_told_with_its_remedy(one: Node, seen: RouteTable, words: str) -> None:
    said = condition_of(one, lines(one, seen), [])

    assert said == failed_by(f"{one.pod_cidrs[0]}: {words}")
    assert said == condition_of(one, lines(one, seen), [])


@pytest.mark.parametrize(
    ("cidr", "seen", "remedy"),
    [
        (
            BLOCK,
            table(installed(BLOCK, "10.240.0.9", "foreign")),
            "remove that route at the router",
        ),
        ("10.200.0.0/24", table(), ANEW),
        ("10.99.0.0/24", table(), ANEW + PLAN),
    ],
)
def test_a_check_has_the_same_remedy(cidr: str, seen: RouteTable, remedy: str) -> None:
    everybody = roster(ELDER, younger(HOP, cidr))
    checks = route_checks(propose(everybody, seen, RULES), seen, RULES, everybody)

    fixes = [one.fix for check in checks if check.id == "route-blocked" for one in check.problems]

    assert fixes == [remedy]


def test_what_is_kept_though_its_claim_is_refused_has_the_remedy_of_the_claim() -> None:
    (line,) = lines(younger("", BLOCK), table(installed(BLOCK, HOP)))

    assert line.reason == "a shows no IPv4 InternalIP; the installed route stays"
    assert line.remedy == ADDRESS + PLAN
