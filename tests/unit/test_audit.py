"""Ledger.findings and Ledger.usage."""

from dataclasses import replace

import pytest

from podroute.model.cidr import parse_cidr
from podroute.model.node import NodeUid
from podroute.model.pool import CidrPool
from tests.builders import node
from tests.unit.ledgers import fill, ledger_of, one_pool, plan, told, usage

CLUSTER = "10.200.0.0/16 by 24, fd00::/48 by 64"


def found(*claims: str, reserved: str = "") -> list[str]:
    """Each claim as ``NODE=CIDR``."""
    nodes = [node(name, "", cidr) for name, cidr in (claim.split("=") for claim in claims)]
    return told(ledger_of(CLUSTER, nodes, reserved=reserved).findings())


def test_a_sound_cluster_has_no_findings() -> None:
    assert found("a=10.200.0.0/24", "b=10.200.1.0/24", "c=fd00::/64", reserved="10.32.0.0/24") == []


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("10.201.0.0/24", "out of range"),
        ("10.200.0.0/25", "wrong size"),
        ("10.200.0.0/23", "wrong size"),
        ("10.0.0.0/8", "out of range"),
        ("0.0.0.0/0", "out of range"),
        ("fd00::/63", "wrong size"),
        ("fd01::/64", "out of range"),
        ("::ffff:10.200.0.0/120", "out of range"),
    ],
)
def test_a_pod_cidr_that_is_no_block(claim: str, fault: str) -> None:
    assert found(f"a={claim}") == [f"{fault}: a {parse_cidr(claim)}"]


def test_a_pod_cidr_over_a_reserved_range() -> None:
    assert found("a=10.200.0.0/24", "b=10.200.1.0/24", reserved="10.200.1.0/28") == [
        "reserved: b 10.200.1.0/24"
    ]


def test_duplicates_and_overlaps_name_both_nodes_once() -> None:
    assert found("b=10.200.0.0/24", "a=10.200.0.0/24", "c=10.200.2.0/23", "d=10.200.3.0/24") == [
        "wrong size: c 10.200.2.0/23",
        "duplicate: b 10.200.0.0/24, a 10.200.0.0/24",
        "overlap: d 10.200.3.0/24, c 10.200.2.0/23",
    ]


def test_a_single_address_twice() -> None:
    assert found("a=10.200.0.5/32", "b=10.200.0.5/32")[2:] == [
        "duplicate: b 10.200.0.5/32, a 10.200.0.5/32"
    ]


def test_two_ranges_that_only_touch_are_apart() -> None:
    assert found("a=10.201.0.0/24", "b=10.201.1.0/24", "c=fd01::/64", "d=fd01:0:0:1::/64") == [
        "out of range: a 10.201.0.0/24",
        "out of range: b 10.201.1.0/24",
        "out of range: c fd01::/64",
        "out of range: d fd01:0:0:1::/64",
    ]


def test_what_a_node_claims_twice_it_claims_once() -> None:
    twice = node("a", "", "10.200.0.0/24", "10.200.0.0/24", "10.200.0.0/25")
    other = node("b", "", "10.200.0.0/24")

    assert told(ledger_of(CLUSTER, [twice, other]).findings()) == [
        "wrong size: a 10.200.0.0/25",
        "duplicate: b 10.200.0.0/24, a 10.200.0.0/24",
        "overlap: a 10.200.0.0/25, b 10.200.0.0/24",
    ]


def test_findings_name_the_uids() -> None:
    ledger = ledger_of(CLUSTER, [node("a", "", "10.200.0.0/24"), node("b", "", "10.200.0.0/24")])

    (finding,) = ledger.findings()

    assert finding.claim.uid == "uid-b"
    assert finding.other is not None
    assert finding.other.uid == "uid-a"
    assert finding in ledger_of(CLUSTER, [node("a", "", "10.200.0.0/24")]).observe(
        node("b", "", "10.200.0.0/24"), 0
    )


@pytest.mark.parametrize(
    ("there", "claim", "other"),
    [
        ("10.200.1.0/24", "10.200.1.0/24", "duplicate: x 10.200.1.0/24, h0 10.200.1.0/24"),
        ("10.200.0.0/23", "10.200.1.0/24", "overlap: x 10.200.1.0/24, h0 10.200.0.0/23"),
        ("10.0.0.0/8 10.200.0.0/23", "10.200.1.0/24", "overlap: x 10.200.1.0/24, h1 10.200.0.0/23"),
        ("10.200.1.0/25", "10.200.1.0/24", "overlap: h0 10.200.1.0/25, x 10.200.1.0/24"),
        ("10.200.1.128/25", "10.200.1.0/24", "overlap: h0 10.200.1.128/25, x 10.200.1.0/24"),
        ("10.200.0.0/24 10.200.2.0/24", "10.200.1.0/24", ""),
        ("10.200.0.0/23 fd00::/64", "10.200.2.0/24", ""),
        ("0.0.0.0/0", "fd00::/64", ""),
        ("::/0", "fd00::/64", "overlap: x fd00::/64, h0 ::/0"),
    ],
)
def test_a_node_that_comes_is_told_with_the_nearest_in_its_way(
    there: str, claim: str, other: str
) -> None:
    holders = [node(f"h{i}", "", cidr) for i, cidr in enumerate(there.split())]
    ledger = ledger_of(CLUSTER, holders)

    facts = told(ledger.observe(node("x", "", claim), 0))

    assert facts == [f"foreign at birth: x {claim}", *([other] if other else [])]
    assert ledger.observe(node("x", "", claim), 0) == ()


def test_who_has_left_is_in_nobodys_way() -> None:
    ledger = ledger_of(CLUSTER, [node("w", "", "10.0.0.0/8"), node("a", "", "10.200.1.0/24")])
    ledger.gone(NodeUid("uid-w"), 0)
    ledger.gone(NodeUid("uid-a"), 0)

    facts = told(ledger.observe(node("x", "", "10.200.1.0/24"), 0))

    assert facts == ["foreign at birth: x 10.200.1.0/24"]


@pytest.mark.parametrize(
    ("claims", "reserved", "used", "free"),
    [
        ("", "", 0, 256),
        ("10.200.0.0/24 10.200.1.0/24", "", 2, 254),
        ("10.200.0.0/24 10.200.0.0/24", "", 1, 255),
        ("10.201.0.0/24", "", 0, 256),
        ("10.200.0.0/23", "", 0, 256),
        ("10.200.0.0/25 10.200.0.128/25", "", 1, 255),
        ("", "10.200.0.0/17", 0, 128),
        ("10.200.0.0/24", "10.200.0.0/17", 1, 128),
        ("10.200.200.0/24", "10.200.0.0/17", 1, 127),
        ("", "10.200.0.0/17 10.200.64.0/18", 0, 128),
        ("", "10.200.64.0/18 10.200.0.0/24", 0, 191),
        ("", "10.200.0.0/24 10.200.2.0/24", 0, 254),
        ("10.200.1.0/24 10.200.3.0/24", "10.200.0.0/24 10.200.2.0/23", 2, 252),
        ("", "10.0.0.0/8", 0, 0),
        ("", "192.0.2.0/24 fd00::/8", 0, 256),
    ],
)
def test_usage_counts_blocks(claims: str, reserved: str, used: int, free: int) -> None:
    nodes = [node(f"n{i}", "", claim) for i, claim in enumerate(claims.split())]
    ledger = ledger_of("10.200.0.0/16 by 24", nodes, reserved=reserved)

    figures = usage(ledger)

    assert figures.family == CidrPool(parse_cidr("10.200.0.0/16"), 24)
    assert (figures.used, figures.free) == (used, free)
    assert figures.size == used + figures.reserved + free


def test_the_states_of_a_block_add_up() -> None:
    only = one_pool("default", "10.200.0.0/21 by 24")
    ledger = ledger_of(plan(only, reserved="10.200.0.0/24 10.200.1.0/25", quarantine=60))
    fill(ledger, 3)
    ledger.gone(NodeUid("uid-n1"), 0)
    ledger.observe(node("a"), 0)
    ledger.grant(0)

    figures = usage(ledger, 59)
    assert (figures.used, figures.pending, figures.quarantined) == (2, 1, 1)
    assert (figures.reserved, figures.free, figures.size) == (2, 2, 8)
    assert (figures.allocations, figures.releases) == (4, 1)

    figures = usage(ledger, 60)
    assert (figures.quarantined, figures.free) == (0, 3)


def test_room_is_the_least_of_the_families() -> None:
    pools = (
        one_pool("dual", "10.200.0.0/16 by 24", "fd00::/62 by 64"),
        one_pool("old", "10.201.0.0/16 by 24", draining=True),
    )
    ledger = ledger_of(plan(*pools), [node("a", "", "10.200.0.0/24", "fd00::/64")])

    assert [(one.pool, one.draining, one.room) for one in ledger.usage(0)] == [
        ("dual", False, 3),
        ("old", True, 0),
    ]


def test_what_if_a_pool_is_added() -> None:
    nodes = [node("a", "", "10.200.0.0/24"), node("b")]
    now = plan(one_pool("default", "10.200.0.0/24 by 24"))
    more = replace(now, pools=(*now.pools, one_pool("more", "10.201.0.0/16 by 24")))

    assert [one.room for one in ledger_of(now, nodes).usage(0)] == [0]
    assert [one.room for one in ledger_of(more, nodes).usage(0)] == [0, 256]
