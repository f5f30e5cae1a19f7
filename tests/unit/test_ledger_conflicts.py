"""Nodes on the same addresses: what is told, and on whom."""

import pytest

from podroute.ipam.audit import CROWD
from podroute.ipam.facts import Fact
from podroute.model.node import Node, NodeUid
from tests.builders import node
from tests.unit.ledgers import ledger_of, told

CLUSTER = "10.200.0.0/16 by 24"


def blocks(count: int) -> list[Node]:
    return [node(f"n{number:03}", "", f"10.200.{number}.0/24") for number in range(count)]


def with_another(facts: tuple[Fact, ...]) -> list[str]:
    return [line for line in told(facts) if line.split(":")[0] in {"duplicate", "overlap"}]


def test_a_wide_claim_hides_no_duplicate() -> None:
    nodes = [
        node("wide", "", "10.200.0.0/16"),
        node("wider", "", "10.0.0.0/8"),
        node("a", "", "10.200.7.0/24"),
        node("b", "", "10.200.7.0/24"),
        node("c", "", "10.200.7.128/25"),
    ]

    ledger = ledger_of(CLUSTER, nodes)

    assert with_another(ledger.findings()) == [
        "overlap: wide 10.200.0.0/16, wider 10.0.0.0/8",
        "overlap: a 10.200.7.0/24, wide 10.200.0.0/16",
        "duplicate: b 10.200.7.0/24, a 10.200.7.0/24",
        "overlap: c 10.200.7.128/25, a 10.200.7.0/24",
    ]


@pytest.mark.parametrize("joins", ["a", "b", "wide"])
def test_a_duplicate_under_a_wide_claim_is_told_when_it_comes(joins: str) -> None:
    nodes = {
        "wide": node("wide", "", "10.200.0.0/16"),
        "a": node("a", "", "10.200.7.0/24"),
        "b": node("b", "", "10.200.7.0/24"),
    }
    late = nodes.pop(joins)
    ledger = ledger_of(CLUSTER, nodes.values())

    facts = with_another(ledger.observe(late, 0))

    overlap = "overlap: a 10.200.7.0/24, wide 10.200.0.0/16"
    duplicate = "duplicate: b 10.200.7.0/24, a 10.200.7.0/24"
    expected = {"a": {overlap, duplicate}, "b": {duplicate}, "wide": {overlap}}
    assert set(facts) == expected[joins]


def test_a_wide_claim_is_told_with_each_of_a_few() -> None:
    ledger = ledger_of(CLUSTER, blocks(CROWD))

    facts = with_another(ledger.observe(node("evil", "", "10.200.0.0/17"), 0))

    pairs = [f"overlap: n{i:03} 10.200.{i}.0/24, evil 10.200.0.0/17" for i in range(CROWD)]
    assert facts == pairs
    assert with_another(ledger.findings()) == pairs


@pytest.mark.parametrize("claim", ["10.200.0.0/17", "10.200.0.0/16", "0.0.0.0/0"])
def test_a_wide_claim_over_many_is_one_finding_of_its_own_node(claim: str) -> None:
    ledger = ledger_of(CLUSTER, blocks(CROWD + 1))

    facts = ledger.observe(node("evil", "", claim), 0)

    expected = [f"overlap: evil {claim}, n000 10.200.0.0/24 +{CROWD}"]
    assert with_another(facts) == expected
    assert with_another(ledger.findings()) == expected


def test_who_joins_inside_a_wide_claim() -> None:
    ledger = ledger_of(CLUSTER, [node("evil", "", "10.200.0.0/17"), *blocks(CROWD - 1)])

    last = ledger.observe(node("last", "", "10.200.100.0/24"), 0)
    late = ledger.observe(node("late", "", "10.200.101.0/24"), 0)

    assert with_another(last) == ["overlap: last 10.200.100.0/24, evil 10.200.0.0/17"]
    assert with_another(late) == []


def test_a_crowd_in_a_block_is_told_one_by_one() -> None:
    """They may be the remains of a larger mask, and have only themselves to fear."""
    parts = [node(f"n{number:03}", "", f"10.200.1.{number}/32") for number in range(CROWD + 5)]
    ledger = ledger_of(CLUSTER, parts)

    facts = with_another(ledger.observe(node("whole", "", "10.200.1.0/24"), 0))

    assert facts == [
        f"overlap: n{i:03} 10.200.1.{i}/32, whole 10.200.1.0/24" for i in range(CROWD + 5)
    ]
    assert with_another(ledger.findings()) == facts


@pytest.mark.parametrize("address", ["10.200.1.0/32", "10.200.1.1/32"])
def test_the_smallest_claims_are_nested_as_well(address: str) -> None:
    nodes = [node("one", "", address), node("two", "", "10.200.1.0/31")]
    ledger = ledger_of(CLUSTER, nodes)
    overlap = [f"overlap: one {address}, two 10.200.1.0/31"]

    assert with_another(ledger.findings()) == overlap
    for late in nodes:
        ledger.gone(late.uid, 0)
        assert with_another(ledger.observe(late, 0)) == overlap


def test_claims_outside_every_pool_are_compared_as_well() -> None:
    nodes = [node("a", "", "192.168.0.0/24"), node("b", "", "192.168.0.0/24")]
    ledger = ledger_of(CLUSTER, nodes)

    assert with_another(ledger.findings()) == ["duplicate: b 192.168.0.0/24, a 192.168.0.0/24"]


def test_500_equal_claims_are_told_each_with_the_one_before() -> None:
    nodes = [node(f"n{number:03}", "", "10.200.0.0/24") for number in range(500)]
    ledger = ledger_of(CLUSTER, nodes)
    expected = [
        f"duplicate: n{i:03} 10.200.0.0/24, n{i - 1:03} 10.200.0.0/24" for i in range(1, 500)
    ]

    assert with_another(ledger.findings()) == expected
    ledger.gone(NodeUid("uid-n250"), 0)
    assert with_another(ledger.observe(nodes[250], 0)) == expected[249:251]


def test_a_node_does_not_compete_with_itself() -> None:
    own = node("a", "", "10.200.0.0/16", "10.200.1.0/24")
    ledger = ledger_of(CLUSTER, [own])

    assert with_another(ledger.findings()) == []
    assert with_another(ledger.observe(node("b", "", "10.200.1.128/25"), 0)) == [
        "overlap: b 10.200.1.128/25, a 10.200.1.0/24"
    ]


@pytest.mark.parametrize("heard", ["before it is shown", "after"])
def test_a_block_that_is_given_under_a_wide_claim_is_told_when_it_is_shown(heard: str) -> None:
    """It was the last one left: a claim cannot keep it from everybody."""
    ledger = ledger_of("10.200.0.0/23 by 24", [node("evil", "", "10.200.0.0/16"), node("a")])
    (grant,) = ledger.grant(0).granted
    if heard == "before it is shown":
        ledger.answered(grant, "applied", 0)
        assert ledger.observe(node("a"), 0) == ()

    served = node("a", "", "10.200.0.0/24")

    assert told(ledger.observe(served, 0)) == ["overlap: a 10.200.0.0/24, evil 10.200.0.0/16"]
    ledger.answered(grant, "applied", 0)
    assert ledger.observe(served, 0) == ()
