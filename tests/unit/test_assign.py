"""assign_pod_cidrs: who gets which block. Numbers are those of the known behaviours of IPAM."""

from dataclasses import replace

import pytest

from podroute.ipam.assign import Assignments, assign_pod_cidrs
from podroute.model.cidr import parse_cidr
from podroute.model.node import NodeUid
from podroute.model.pool import CidrPool
from tests.builders import SEED_POOL, node, pool

V6 = pool("fd00:10:200::/48", 64)


def shown(assignments: Assignments) -> list[tuple[str, ...]]:
    return [(one.node, *map(str, one.pod_cidrs)) for one in assignments.granted]


def test_the_seed() -> None:
    nodes = [node(f"worker-{i}", f"10.240.0.3{i}") for i in (2, 0, 1)]

    assert shown(assign_pod_cidrs(nodes, [SEED_POOL])) == [
        ("worker-0", "10.200.0.0/24"),
        ("worker-1", "10.200.1.0/24"),
        ("worker-2", "10.200.2.0/24"),
    ]


def test_the_oldest_node_comes_first_and_the_grant_names_its_uid() -> None:
    young = node("a", created="2026-02-01T00:00:00Z", uid="7")
    old = node("b", created="2026-01-01T00:00:00Z", uid="8")
    undated = node("0", uid="1")

    result = assign_pod_cidrs([undated, young, old], [SEED_POOL])

    assert [(one.node, one.uid) for one in result.granted] == [("b", "8"), ("a", "7"), ("0", "1")]


def test_a_pod_cidr_is_never_given_twice_and_never_moved() -> None:
    """26: a held block counts once, and the hole is filled."""
    nodes = [node("a", "", "10.200.0.0/24"), node("b", "", "10.200.2.0/24"), node("c"), node("d")]

    assert shown(assign_pod_cidrs(nodes, [SEED_POOL])) == [
        ("c", "10.200.1.0/24"),
        ("d", "10.200.3.0/24"),
    ]


def test_the_order_of_the_pools_is_the_order_of_the_pod_cidrs() -> None:
    """23 and 24: dual stack in either order."""
    assert shown(assign_pod_cidrs([node("a")], [SEED_POOL, V6])) == [
        ("a", "10.200.0.0/24", "fd00:10:200::/64")
    ]
    assert shown(assign_pod_cidrs([node("a")], [V6, SEED_POOL])) == [
        ("a", "fd00:10:200::/64", "10.200.0.0/24")
    ]


@pytest.mark.parametrize(
    "pools", [[SEED_POOL, pool("fd00::/64", 64)], [pool("fd00::/64", 64), SEED_POOL]]
)
def test_all_families_or_none(pools: list[CidrPool]) -> None:
    """B12: a full second pool must not use up the first."""
    result = assign_pod_cidrs([node("a"), node("b"), node("c")], pools)

    assert [one.node for one in result.granted] == ["a"]
    assert result.waiting == ("b", "c")
    assert result.cursors[pools.index(SEED_POOL)] == 1


def test_a_pool_of_one_block_is_given_once_and_again_after_its_end() -> None:
    """1 and 29."""
    single = pool("127.123.234.0/30", 30)

    first = assign_pod_cidrs([node("a"), node("b")], [single])
    later = assign_pod_cidrs([node("b")], [single], cursors=first.cursors)

    assert shown(first) == [("a", "127.123.234.0/30")]
    assert first.waiting == ("b",)
    assert shown(later) == [("b", "127.123.234.0/30")]


def test_256_of_256_and_the_257th_waits() -> None:
    """3: and the second round gives the same list."""
    nodes = [node(f"n{i:03}") for i in range(257)]

    first = assign_pod_cidrs(nodes, [SEED_POOL])
    second = assign_pod_cidrs(nodes, [SEED_POOL], cursors=first.cursors)

    assert len({one.pod_cidrs for one in first.granted}) == 256
    assert first.waiting == ("n256",)
    assert first.cursors == (0,)
    assert shown(second) == shown(first)


def test_a_freed_block_is_given_last() -> None:
    holder = node("a", "", "10.200.0.0/24")
    first = assign_pod_cidrs([holder, node("b")], [SEED_POOL])

    second = assign_pod_cidrs([node("c")], [SEED_POOL], cursors=first.cursors)

    assert shown(first) == [("b", "10.200.1.0/24")]
    assert shown(second) == [("c", "10.200.2.0/24")]


def test_the_search_goes_around() -> None:
    nodes = [node("a", "", "10.200.255.0/24"), node("b", "", "10.200.0.0/24"), node("c")]

    result = assign_pod_cidrs(nodes, [SEED_POOL], cursors=(255,))

    assert shown(result) == [("c", "10.200.1.0/24")]
    assert result.cursors == (2,)


@pytest.mark.parametrize(
    ("withheld", "expected"),
    [
        ("127.123.234.0/26", "127.123.234.64/30"),
        ("127.123.234.0/32", "127.123.234.4/30"),
        ("127.123.234.0/28 127.123.234.16/30", "127.123.234.20/30"),
        ("127.123.234.8/30", "127.123.234.0/30"),
        ("10.0.0.0/8 fd00::/8", "127.123.234.0/30"),
    ],
)
def test_nothing_is_given_out_of_what_is_withheld(withheld: str, expected: str) -> None:
    """21: the service range is skipped."""
    result = assign_pod_cidrs(
        [node("a")], [pool("127.123.234.0/24", 30)], withheld=map(parse_cidr, withheld.split())
    )

    assert shown(result) == [("a", expected)]


def test_a_pool_that_is_withheld_whole_is_full() -> None:
    result = assign_pod_cidrs([node("a")], [SEED_POOL], withheld=[parse_cidr("10.0.0.0/8")])

    assert (result.granted, result.waiting) == ((), ("a",))


def test_half_withheld_gives_exactly_the_other_half() -> None:
    """4."""
    nodes = [node(f"n{i:03}") for i in range(200)]

    result = assign_pod_cidrs(nodes, [SEED_POOL], withheld=[parse_cidr("10.200.128.0/17")])

    assert [str(one.pod_cidrs[0]) for one in result.granted] == [
        f"10.200.{i}.0/24" for i in range(128)
    ]
    assert len(result.waiting) == 72


def test_a_block_in_flight_is_taken_and_its_node_gets_no_other() -> None:
    """B14: an unknown outcome frees nothing."""
    sent = {NodeUid("uid-a"): (parse_cidr("10.200.0.0/24"),)}

    result = assign_pod_cidrs([node("a"), node("b")], [SEED_POOL], in_flight=sent)

    assert shown(result) == [("b", "10.200.1.0/24")]
    assert result.waiting == ()


def test_a_block_in_flight_to_a_former_node_of_that_name_is_taken_too() -> None:
    sent = {NodeUid("former"): (parse_cidr("10.200.0.0/24"),)}

    assert shown(assign_pod_cidrs([node("a")], [SEED_POOL], in_flight=sent)) == [
        ("a", "10.200.1.0/24")
    ]


def test_a_node_that_is_being_deleted_keeps_its_block_and_gets_none() -> None:
    leaving = replace(node("a", "", "10.200.0.0/24"), deleting=True)
    never = replace(node("b"), deleting=True)

    result = assign_pod_cidrs([leaving, never, node("c")], [SEED_POOL])

    assert shown(result) == [("c", "10.200.1.0/24")]
    assert result.waiting == ()


@pytest.mark.parametrize("claim", ["10.200.0.0/16", "10.200.0.0/25", "10.0.0.0/8", "0.0.0.0/0"])
def test_a_hostile_claim_uses_up_at_most_one_block(claim: str) -> None:
    """B28."""
    nodes = [node("evil", "", claim), *(node(f"n{i:03}") for i in range(256))]

    result = assign_pod_cidrs(nodes, [SEED_POOL])

    assert len(result.granted) >= 255


def test_a_pool_of_four_billion_blocks_costs_no_more() -> None:
    """8: a mask difference above 16."""
    result = assign_pod_cidrs(
        [node("a", "", "fd00::/64"), node("b")],
        [pool("fd00::/32", 64)],
        withheld=[parse_cidr("fd00::/33")],
    )

    assert shown(result) == [("b", "fd00:0:8000::/64")]


def test_each_pool_needs_its_own_cursor() -> None:
    with pytest.raises(ValueError, match="shorter"):
        assign_pod_cidrs([node("a")], [SEED_POOL, V6], cursors=(1,))
