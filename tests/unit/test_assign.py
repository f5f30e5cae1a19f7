"""Ledger.grant: who gets which block."""

from dataclasses import replace

import pytest

from podroute.model.node import NodeUid
from tests.builders import node
from tests.unit.ledgers import fill, given, land, ledger_of, one_pool, plan, usage, waiting

SEED = "10.200.0.0/16 by 24"


def test_the_seed() -> None:
    nodes = [node(f"worker-{i}", f"10.240.0.3{i}") for i in (2, 0, 1)]

    assert given(ledger_of(SEED, nodes)) == [
        "worker-0 10.200.0.0/24",
        "worker-1 10.200.1.0/24",
        "worker-2 10.200.2.0/24",
    ]


def test_the_oldest_node_comes_first_and_the_grant_names_its_uid() -> None:
    young = node("a", created="2026-02-01T00:00:00Z", uid="7")
    old = node("b", created="2026-01-01T00:00:00Z", uid="8")
    undated = node("0", uid="1")

    granted = ledger_of(SEED, [undated, young, old]).grant(0).granted

    assert [(one.node, one.uid) for one in granted] == [("b", "8"), ("a", "7"), ("0", "1")]


def test_only_so_many_as_are_asked_for_and_the_others_next() -> None:
    ledger = ledger_of(SEED, [node("a"), node("b"), node("c")])

    assert given(ledger, limit=0) == []
    assert given(ledger, limit=2) == ["a 10.200.0.0/24", "b 10.200.1.0/24"]
    assert given(ledger, limit=2) == ["c 10.200.2.0/24"]
    assert waiting(ledger) == []


@pytest.mark.parametrize(
    "cluster",
    ["10.200.0.0/16 by 24, fd00::/64 by 64", "fd00::/64 by 64, 10.200.0.0/16 by 24"],
)
def test_all_families_or_none(cluster: str) -> None:
    """A family that is full must not use up the other."""
    ledger = ledger_of(cluster, [node("a"), node("b"), node("c")])

    assert [one.node for one in ledger.grant(0).granted] == ["a"]
    assert waiting(ledger) == ["b default", "c default"]
    assert sorted(usage(ledger, family=one).free for one in (0, 1)) == [0, 255]


def test_a_freed_block_is_given_last() -> None:
    ledger = ledger_of("10.200.0.0/22 by 24")
    blocks = fill(ledger, 2)

    ledger.gone(NodeUid("uid-n0"), 0)

    assert fill(ledger, 3, "m") == ["10.200.2.0/24", "10.200.3.0/24", blocks[0]]


def test_the_search_goes_around() -> None:
    ledger = ledger_of("10.200.0.0/22 by 24", [node("h", "", "10.200.0.0/24")])
    fill(ledger, 3)
    ledger.gone(NodeUid("uid-n0"), 0)
    ledger.observe(node("b"), 0)

    (grant,) = ledger.grant(0).granted

    assert [str(one) for one in grant.pod_cidrs] == ["10.200.1.0/24"]
    assert grant.passed_over == (1,)


@pytest.mark.parametrize(
    ("reserved", "expected"),
    [
        ("127.123.234.0/26", "127.123.234.64/30"),
        ("127.123.234.0/32", "127.123.234.4/30"),
        ("127.123.234.0/28 127.123.234.16/30", "127.123.234.20/30"),
        ("127.123.234.0/28 127.123.234.0/29 127.123.234.4/30", "127.123.234.16/30"),
        ("127.123.234.8/30", "127.123.234.0/30"),
        ("10.0.0.0/8 fd00::/8", "127.123.234.0/30"),
    ],
)
def test_nothing_is_given_out_of_what_is_reserved(reserved: str, expected: str) -> None:
    ledger = ledger_of("127.123.234.0/24 by 30", [node("a")], reserved=reserved)

    assert given(ledger) == [f"a {expected}"]


def test_a_pool_that_is_reserved_whole_is_full() -> None:
    ledger = ledger_of(SEED, [node("a")], reserved="10.0.0.0/8")

    assert (given(ledger), waiting(ledger)) == ([], ["a default"])


def test_a_pool_of_four_billion_blocks_costs_no_more() -> None:
    ledger = ledger_of("fd00::/32 by 64", [node("a", "", "fd00::/64")], reserved="fd00::/33")

    assert fill(ledger, 1) == ["fd00:0:8000::/64"]


def test_a_node_that_is_being_deleted_gets_none() -> None:
    never = replace(node("b"), deleting=True)
    ledger = ledger_of(SEED, [never, node("c")])

    assert given(ledger) == ["c 10.200.0.0/24"]
    ledger.observe(replace(node("d"), deleting=True), 0)
    assert given(ledger) == waiting(ledger) == []


def test_who_waits_is_served_when_there_is_room_and_told_until_then() -> None:
    ledger = ledger_of("10.200.0.0/23 by 24", [node(name) for name in "abcd"])

    first, second = ledger.grant(0).granted
    assert (first.node, second.node) == ("a", "b")
    assert waiting(ledger) == ["c default", "d default"]
    ledger.observe(node("c"), 0)
    assert waiting(ledger) == ["c default", "d default"]

    ledger.answered(first, "applied", 0)
    ledger.gone(NodeUid("uid-a"), 0)
    assert given(ledger) == ["c 10.200.0.0/24"]
    assert waiting(ledger) == ["d default"]

    ledger.gone(NodeUid("uid-d"), 0)
    assert waiting(ledger) == []


def test_a_node_waits_no_longer_once_it_has_a_pod_cidr_of_its_own() -> None:
    ledger = ledger_of("10.200.0.0/24 by 24", [node("a"), node("b")])
    ledger.grant(0)

    ledger.observe(node("b", "", "10.201.0.0/24"), 0)

    assert waiting(ledger) == []


def test_no_pool_matches() -> None:
    ledger = ledger_of(plan(one_pool("gpus", SEED, selector="gpu")), [node("a")])
    assert waiting(ledger) == ["a "]

    ledger.observe(replace(node("a"), labels=(("gpu", "yes"),)), 0)

    assert given(ledger) == ["a 10.200.0.0/24"]


def test_nodes_without_a_uid_are_known_by_name() -> None:
    nameless = replace(node("a"), uid=NodeUid(""))
    ledger = ledger_of(SEED, [nameless])
    (grant,) = ledger.grant(0).granted

    ledger.answered(grant, "applied", 0)
    ledger.observe(replace(nameless, pod_cidrs=grant.pod_cidrs), 0)

    assert usage(ledger).used == 1
    assert [str(one) for one in land(ledger, node("b")).pod_cidrs] == ["10.200.1.0/24"]
