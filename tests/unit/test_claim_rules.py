"""Which claims the address plan and the router forbid, whoever else claims them."""

import pytest

from podroute.claims.judge import judge_claims
from podroute.claims.rules import ClaimRules
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import Node
from podroute.model.pool import CidrPool
from podroute.model.route import RouteTable
from tests.builders import SEED_RULES, installed, node, roster, table

A = node("a", "10.240.0.30", "10.200.0.0/24", created="2026-01-01T00:00:00Z")
B = node("b", "10.240.0.31", "10.200.1.0/24", created="2026-01-02T00:00:00Z")


def claimant(ips: str, *cidrs: str, created: str = "2026-01-03T00:00:00Z") -> Node:
    return node("z", ips, *cidrs, created=created)


@pytest.mark.parametrize(
    ("cidr", "reason"),
    [
        pytest.param(
            "10.200.0.0/16",
            "10.200.0.0/16 is not one /24 block of 10.200.0.0/16",
            id="H1: the whole pool",
        ),
        pytest.param(
            "0.0.0.0/0",
            "0.0.0.0/0 overlaps 0.0.0.0/8, a range for special purposes",
            id="H2: the default route",
        ),
        pytest.param(
            "::/0", "::/0 overlaps ::/127, a range for special purposes", id="H3: the IPv6 default"
        ),
        pytest.param(
            "10.200.0.0/25",
            "10.200.0.0/25 is not one /24 block of 10.200.0.0/16",
            id="H5: half of a victim's",
        ),
        pytest.param(
            "10.200.0.0/23",
            "10.200.0.0/23 is not one /24 block of 10.200.0.0/16",
            id="H6: two victims'",
        ),
        pytest.param(
            "10.240.0.0/24",
            "10.240.0.0/24 is outside the cluster CIDR 10.200.0.0/16, fd00:10:200::/48",
            id="H8: the Node network",
        ),
        pytest.param(
            "10.240.0.30/32",
            "10.240.0.30/32 is outside the cluster CIDR 10.200.0.0/16, fd00:10:200::/48",
            id="H9: a Node",
        ),
        pytest.param(
            "169.254.169.254/32",
            "169.254.169.254/32 overlaps 169.254.0.0/16, a range for special purposes",
            id="H11: the metadata server",
        ),
        pytest.param(
            "127.0.0.0/8",
            "127.0.0.0/8 overlaps 127.0.0.0/8, a range for special purposes",
            id="H12: loopback",
        ),
        pytest.param(
            "224.0.0.0/4",
            "224.0.0.0/4 overlaps 224.0.0.0/4, a range for special purposes",
            id="H13: multicast",
        ),
    ],
)
def test_a_claim_outside_the_address_plan_is_rejected(cidr: str, reason: str) -> None:
    ips = "10.240.0.39 fd00:10:240::39"

    judged = judge_claims(roster(A, B, claimant(ips, cidr)), table(), SEED_RULES)

    assert [(one.node, one.holder, one.reason) for one in judged.rejected] == [
        ("z", "address plan", reason)
    ]
    assert [one.node for one in judged.believed] == ["a", "b"]


def test_a_claim_over_a_reserved_range_is_rejected() -> None:
    plan = ClaimRules(SEED_RULES.pools, (parse_cidr("10.200.1.128/25"),))

    judged = judge_claims(roster(A, B), table(), plan)

    assert [(one.node, one.reason) for one in judged.rejected] == [
        ("b", "10.200.1.0/24 overlaps the reserved range 10.200.1.128/25")
    ]


@pytest.mark.parametrize(
    ("ips", "reason"),
    [
        ("", "z shows no IPv4 InternalIP"),
        ("fd00:10:240::39", "z shows no IPv4 InternalIP"),
        ("127.0.0.1", "127.0.0.1 is in a range for special purposes: no Node can have it"),
        ("0.0.0.9", "0.0.0.9 is in a range for special purposes: no Node can have it"),
        (
            "255.255.255.255",
            "255.255.255.255 is in a range for special purposes: no Node can have it",
        ),
        ("10.200.0.7", "10.200.0.7 is inside the cluster CIDR: it belongs to a Pod"),
        ("10.240.0.1", "10.240.0.1 is the router's own address"),
        (
            "10.240.0.2",
            "10.240.0.2 is the default gateway of the router: what has no route goes there anyway",
        ),
        ("10.239.0.1", "10.239.0.1 is outside the node CIDRs 10.240.0.0/15"),
        ("10.241.0.1", "10.241.0.1 is not on a link of the router that is up"),
        (
            "10.240.0.0",
            "10.240.0.0 is the first or last address of a network: no Node can have it",
        ),
        (
            "10.240.0.255",
            "10.240.0.255 is the first or last address of a network: no Node can have it",
        ),
        (
            "10.240.1.3",
            "10.240.1.3 is the first or last address of a network: no Node can have it",
        ),
    ],
)
def test_an_unusable_next_hop_is_rejected(ips: str, reason: str) -> None:
    router = RouteTable(
        (),
        (parse_cidr("10.240.0.0/24"), parse_cidr("10.240.1.0/30")),
        frozenset({parse_address("10.240.0.1")}),
        gateways=frozenset({parse_address("10.240.0.2")}),
    )
    plan = ClaimRules(SEED_RULES.pools, (), (parse_cidr("10.240.0.0/15"),))

    judged = judge_claims(roster(A, claimant(ips, "10.200.9.0/24")), router, plan)

    assert [(one.node, one.next_hop, one.holder, one.reason) for one in judged.rejected] == [
        ("z", None, "address plan", reason)
    ]
    assert [one.node for one in judged.believed] == ["a"]


@pytest.mark.parametrize("hop", ["10.240.9.0", "10.240.9.1"])
def test_both_addresses_of_a_point_to_point_link_can_be_a_nodes(hop: str) -> None:
    router = RouteTable((), (parse_cidr("10.240.9.0/31"),))

    judged = judge_claims(roster(claimant(hop, "10.200.9.0/24")), router, SEED_RULES)

    assert [str(one.next_hop) for one in judged.believed] == [hop]


def test_the_last_address_of_an_ipv6_network_can_be_a_nodes_and_the_first_cannot() -> None:
    router = RouteTable((), (parse_cidr("fd00:10:240::/64"),))
    last = claimant("fd00:10:240::ffff:ffff:ffff:ffff", "fd00:10:200::/64")
    first = node("y", "fd00:10:240::", "fd00:10:200:1::/64")

    judged = judge_claims(roster(last, first), router, ClaimRules())

    assert [one.node for one in judged.believed] == ["z"]
    assert [one.node for one in judged.rejected] == ["y"]


@pytest.mark.parametrize(
    ("cidr", "reason"),
    [
        pytest.param(
            "10.240.0.0/24",
            "10.240.0.0/24 overlaps 10.240.0.0/24, where the router and the Nodes are",
            id="H8: the Nodes' network on the router's link",
        ),
        pytest.param(
            "10.241.7.0/24",
            "10.241.7.0/24 overlaps 10.241.0.0/16, where the router and the Nodes are",
            id="H8: node CIDRs",
        ),
        pytest.param(
            "10.200.9.0/24",
            "10.200.9.0/24 overlaps 10.200.9.128/25, where the router and the Nodes are",
            id="a network of the router inside the cluster CIDR",
        ),
        pytest.param(
            "192.168.7.0/24",
            "192.168.7.0/24 overlaps 192.168.7.1/32, where the router and the Nodes are",
            id="H10: the router itself",
        ),
    ],
)
@pytest.mark.parametrize("pools", [(), SEED_RULES.pools])
def test_a_claim_over_a_network_of_the_router_or_the_nodes_is_rejected(
    cidr: str, reason: str, pools: tuple[CidrPool, ...]
) -> None:
    links = (parse_cidr("10.240.0.0/24"), parse_cidr("10.200.9.128/25"))
    router = RouteTable((), links, frozenset({parse_address("192.168.7.1")}))
    plan = ClaimRules(pools, (), (parse_cidr("10.241.0.0/16"), parse_cidr("10.240.0.0/24")))

    judged = judge_claims(roster(A, claimant("10.240.0.39", cidr)), router, plan)

    assert [(one.node, one.holder, one.reason) for one in judged.rejected] == [
        ("z", "address plan", reason)
    ]
    assert [one.node for one in judged.believed] == ["a"]


@pytest.mark.parametrize("pools", [(), SEED_RULES.pools])
def test_an_incumbent_over_a_network_of_the_router_is_kept_and_not_believed(
    pools: tuple[CidrPool, ...],
) -> None:
    present = installed("10.200.0.0/24", "10.240.0.30")

    judged = judge_claims(roster(A), table(present, own="10.200.0.1"), ClaimRules(pools))

    assert judged.believed == ()
    assert [(one.node, str(one.next_hop), one.reason) for one in judged.rejected] == [
        (
            "a",
            "10.240.0.30",
            "10.200.0.0/24 overlaps 10.200.0.1/32, where the router and the Nodes are",
        )
    ]
    assert [one.installed for one in judged.kept] == [present]


def test_a_network_with_the_whole_cluster_cidr_inside_closes_nothing() -> None:
    router = RouteTable((), (parse_cidr("10.0.0.0/8"),))
    plan = ClaimRules(SEED_RULES.pools, (), (parse_cidr("10.0.0.0/8"),))

    judged = judge_claims(roster(A), router, plan)

    assert [one.node for one in judged.believed] == ["a"]
