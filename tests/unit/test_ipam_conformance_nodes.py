"""Behaviours 12 to 37: Nodes that are there, that come, and that go.

The values are those of kubernetes 1.36, pkg/controller/nodeipam/ipam; each test names the one there
that it answers. Timers and cloud aliases (11, 38 to 41) are in ``test_ipam_conformance_loop``.
"""

from dataclasses import replace

import pytest

from podroute.ipam.pools import Pool
from podroute.kube.nodes import Metadata, NodeObject, Spec, parse_node
from podroute.model.cidr import parse_cidr
from podroute.model.node import Node, NodeUid, Unreadable
from tests.builders import node, unreadable
from tests.unit.ledgers import families, fill, given, land, ledger_of, told, usage, waiting

UID = NodeUid("uid-node0")


def as_listed(*pod_cidrs: str) -> Node | Unreadable:
    """As the API server has it."""
    first = pod_cidrs[0] if pod_cidrs else None
    return parse_node(NodeObject(Metadata("node0", "uid-node0"), Spec(first, list(pod_cidrs))))


@pytest.mark.parametrize(
    ("cluster", "pod_cidrs", "used"),
    [
        ("10.10.0.0/16 by 24", [], [0]),
        ("10.10.0.0/16 by 24, a00::/8 by 24", [], [0, 0]),
        ("10.10.0.0/16 by 24", ["10.10.0.1/24"], [1]),
        ("10.10.0.0/16 by 24, a00::/8 by 24", ["10.10.0.1/24", "a00::/86"], [1, 1]),
    ],
    ids=["12", "13", "14", "15"],
)
def test_12_to_15_a_list_that_fits(cluster: str, pod_cidrs: list[str], used: list[int]) -> None:
    """TestOccupyPreExistingCIDR, success; what is smaller than a block holds the one it is in."""
    ledger = ledger_of(cluster, [as_listed(*pod_cidrs)])

    assert [usage(ledger, family=one).used for one in range(len(used))] == used
    assert {finding.fault for finding in ledger.findings()} <= {"wrong size"}


@pytest.mark.parametrize(
    ("cluster", "pod_cidrs", "faults", "used"),
    [
        ("10.10.0.0/16 by 24", ["172.10.0.1/24"], ["out of range: node0 172.10.0.0/24"], [0]),
        (
            "10.10.0.0/16 by 24",
            ["10.10.0.1/24", "a00::/86"],
            ["out of range: node0 a00::/86"],
            [1],
        ),
        (
            "10.10.0.0/16 by 24, a00::/8 by 24",
            ["172.10.0.1/24", "a00::/86"],
            ["out of range: node0 172.10.0.0/24", "wrong size: node0 a00::/86"],
            [0, 1],
        ),
        (
            "10.10.0.0/16 by 24, a00::/8 by 24",
            ["10.10.0.1/24", "cdd::/86"],
            ["out of range: node0 cdd::/86"],
            [1, 0],
        ),
    ],
    ids=["16", "17", "18", "19"],
)
def test_16_to_19_a_list_that_does_not_fit(
    cluster: str, pod_cidrs: list[str], faults: list[str], used: list[int]
) -> None:
    """TestOccupyPreExistingCIDR, fail: upstream does not start.

    On purpose we do: the Node is reported, what it has of the pools is held, the others are served.
    """
    ledger = ledger_of(cluster, [as_listed(*pod_cidrs), node("other")])

    assert told(ledger.findings()) == faults
    assert [usage(ledger, family=one).used for one in range(len(used))] == used
    assert [one.node for one in ledger.grant(0).granted] == ["other"]


@pytest.mark.parametrize(
    ("reserved", "held", "expected"),
    [
        ("", [], "127.123.234.0/30"),
        ("127.123.234.0/26", [], "127.123.234.64/30"),
        (
            "127.123.234.0/26",
            ["127.123.234.64/30", "127.123.234.68/30", "127.123.234.72/30", "127.123.234.80/30"],
            "127.123.234.76/30",
        ),
    ],
    ids=["20", "21", "22"],
)
def test_20_to_22_the_first_block_that_is_free(
    reserved: str, held: list[str], expected: str
) -> None:
    """TestAllocateOrOccupyCIDRSuccess, single stack."""
    holders = [node(f"h{i}", "", block) for i, block in enumerate(held)]
    ledger = ledger_of("127.123.234.0/24 by 30", [*holders, node("node0")], reserved=reserved)

    assert given(ledger) == [f"node0 {expected}"]


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ("127.0.0.0/8 by 24, ace:cab:deca::/84 by 98", "127.0.0.0/24 ace:cab:deca::/98"),
        ("ace:cab:deca::/84 by 98, 127.0.0.0/8 by 24", "ace:cab:deca::/98 127.0.0.0/24"),
    ],
    ids=["23", "24"],
)
def test_23_24_the_order_of_the_families(cluster: str, expected: str) -> None:
    """TestAllocateOrOccupyCIDRSuccess, dual stack."""
    ledger = ledger_of(cluster, [node("node0")], reserved="127.123.234.0/26")

    assert given(ledger) == [f"node0 {expected}"]


def test_25_more_than_two_cidrs() -> None:
    """TestAllocateOrOccupyCIDRSuccess, more than two.

    The API server takes one podCIDR of each family; so do we, and further CIDRs are further pools.
    """
    three = families("127.0.0.0/8 by 24", "ace:cab:deca::/84 by 98", "10.0.0.0/8 by 24")

    with pytest.raises(ValueError, match="'p' has two CIDRs of one family"):
        Pool("p", three)


def test_26_no_double_counting() -> None:
    """TestAllocateOrOccupyCIDRSuccess."""
    holders = [node("node0", "", "10.10.0.0/24"), node("node1", "", "10.10.2.0/24")]
    ledger = ledger_of("10.10.0.0/22 by 24", [*holders, node("node2")])

    assert given(ledger) == ["node2 10.10.1.0/24"]
    assert usage(ledger).free == 1


FULL = [f"127.123.234.{i}/30" for i in (0, 4, 8, 12)]


def test_27_a_full_pool_gives_nothing() -> None:
    """TestAllocateOrOccupyCIDRFailure: nothing to send, and who waits is told."""
    holders = [node(f"h{i}", "", block) for i, block in enumerate(FULL)]
    ledger = ledger_of("127.123.234.0/28 by 30", [*holders, node("node0")])

    assignments = ledger.grant(0)

    assert assignments.granted == ()
    assert [(one.node, one.pool) for one in assignments.waiting] == [("node0", "default")]
    assert ledger.usage(0)[0].room == 0


def test_28_a_freed_block_is_given_to_the_next_node() -> None:
    """TestReleaseCIDRSuccess, preallocated."""
    holders = [node(f"h{i}", "", block) for i, block in enumerate(FULL)]
    ledger = ledger_of("127.123.234.0/28 by 30", [*holders, node("node0")])
    assert waiting(ledger) == ["node0 default"]

    ledger.gone(NodeUid("uid-h1"), 0)

    assert given(ledger) == ["node0 127.123.234.4/30"]
    assert waiting(ledger) == []


def test_29_the_last_block_is_given_again() -> None:
    """TestReleaseCIDRSuccess, recycle."""
    holders = [node(f"h{i}", "", block) for i, block in enumerate(FULL[1:])]
    ledger = ledger_of("127.123.234.0/28 by 30", holders)

    first = land(ledger, node("node0"))
    ledger.gone(first.uid, 0)

    assert first.pod_cidrs == (parse_cidr("127.123.234.0/30"),)
    assert land(ledger, node("node1")).pod_cidrs == first.pod_cidrs


def test_30_to_32_only_the_end_of_a_node_frees() -> None:
    """TestNodeDeletionReleaseCIDR."""
    holder = node("node0", "", "10.10.0.0/24")
    ledger = ledger_of("10.10.0.0/16 by 24", [holder])

    assert usage(ledger).used == 1
    assert ledger.observe(replace(holder, deleting=True), 0) == ()
    assert usage(ledger).used == 1
    assert told(ledger.gone(UID, 0)) == ["freed: node0 10.10.0.0/24"]
    assert usage(ledger).used == 0
    assert fill(ledger, 1) == ["10.10.0.0/24"]


def test_33_what_was_sent_is_what_is_shown() -> None:
    """TestNodeSyncUpdate, in sync."""
    ledger = ledger_of("10.1.0.0/16 by 24", [node("node0")])
    (grant,) = ledger.grant(0).granted

    assert ledger.observe(node("node0", "", "10.1.0.0/24"), 0) == ()
    assert (usage(ledger).used, usage(ledger).pending) == (1, 0)
    ledger.answered(grant, "applied", 0)
    assert (usage(ledger).used, usage(ledger).pending) == (1, 0)


def test_34_another_range_is_told_and_never_overwritten() -> None:
    """TestNodeSyncUpdate, out of sync: CloudCIDRAllocatorMismatch there."""
    ledger = ledger_of("10.1.0.0/16 by 24", [node("node0")])
    (grant,) = ledger.grant(0).granted

    facts = ledger.observe(node("node0", "", "10.1.7.0/24"), 0)
    ledger.answered(grant, "refused", 0)

    assert told(facts) == ["foreign later: node0 10.1.7.0/24"]
    assert ledger.grant(0).granted == ()
    assert (usage(ledger).used, usage(ledger).free) == (1, 255)


def test_35_a_range_that_is_missing_where_it_was_written() -> None:
    """TestNodeSyncUpdate, invalid mode: we have one mode, and write the same again."""
    ledger = ledger_of("10.1.0.0/16 by 24")
    served = land(ledger, node("node0"))

    ledger.relist([replace(served, pod_cidrs=())], 0)

    assert given(ledger) == ["node0 10.1.0.0/24"]


def test_36_a_list_again_changes_nothing() -> None:
    """TestNodeSyncResync."""
    ledger = ledger_of("10.1.0.0/16 by 24")
    served = land(ledger, node("node0"))
    before = ledger.usage(0)

    for _ in range(3):
        assert ledger.relist([served], 0) == ()
        assert given(ledger) == []
        assert ledger.usage(0) == before


@pytest.mark.parametrize("before", [node("node0"), unreadable("node0"), None])
def test_37_the_end_of_a_node_without_a_range(before: Node | Unreadable | None) -> None:
    """TestNodeSyncDelete: no range, one that does not parse, or a Node that nobody knows."""
    ledger = ledger_of("10.1.0.0/16 by 24", [before] if before else [])

    assert ledger.gone(UID, 0) == ()
    assert ledger.relist([], 0) == ()
    assert ledger.grant(0).granted == ()
    assert usage(ledger).free == 256
