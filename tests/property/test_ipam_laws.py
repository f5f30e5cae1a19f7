"""Laws of the ledger over any Nodes, hostile ones among them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from podroute.ipam.depths import Depths
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.ipam.usage import PoolUsage
from podroute.model.cidr import Cidr, contains, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid, Unreadable
from podroute.model.pool import CidrPool
from podroute.model.selector import parse_selector
from tests.builders import pool
from tests.property.strategies import CIDRS, NODES, UNREADABLE

V4, V6 = pool("10.200.0.0/21", 24), pool("fd00:10:200::/61", 64)
OLD = Pool("old", (pool("10.200.0.0/21", 23),), draining=True)
SECOND = Pool("second", (pool("10.201.0.0/23", 24),), parse_selector("zone=a"))
RESERVED = st.lists(
    st.sampled_from(["10.200.1.0/24", "10.200.0.0/22", "10.200.3.128/25", "fd00:10:200::/63"]).map(
        parse_cidr
    ),
    max_size=2,
).map(tuple)
POOLS = st.sampled_from(
    [
        (Pool("p", (V4,)),),
        (Pool("p", (V4, V6)),),
        (Pool("p", (pool("fd00:10:200::/62", 64), pool("10.200.0.0/20", 24))),),
        (Pool("p", (V4,), align_by="zone", align_blocks=2),),
        (Pool("p", (V4, V6), align_by="zone", align_blocks=4), OLD),
        (Pool("p", (V4,)), OLD, SECOND),
        (replace(OLD, draining=False), Pool("p", (V4,), draining=True)),
    ]
)
PLANS = st.builds(AddressPlan, POOLS, RESERVED, st.sampled_from([0.0, 60.0]))
ZONES = st.sampled_from([(), (("zone", "a"),), (("zone", "b"),)])


@st.composite
def clusters(draw: st.DrawFn) -> list[Node | Unreadable]:
    """Nodes with labels, and some that cannot be read."""
    nodes = [replace(node, labels=draw(ZONES)) for node in draw(NODES)]
    return [*nodes, *draw(UNREADABLE)]


CLUSTERS = clusters()


def listed(plan: AddressPlan, nodes: Sequence[Node | Unreadable]) -> Ledger:
    ledger = Ledger(plan)
    ledger.relist(nodes, 0)
    return ledger


def believed(plan: AddressPlan, nodes: Sequence[Node | Unreadable]) -> list[Cidr]:
    """Claims that are a block of a pool or a part of one."""
    families = [family for pool in plan.pools for family in pool.families]
    claims = [cidr for node in nodes for cidr in node.pod_cidrs or ()]
    return [one for one in claims if any(_is_in_a_block(one, family) for family in families)]


def _is_in_a_block(cidr: Cidr, family: CidrPool) -> bool:
    return contains(family.cidr, cidr) and cidr.prefixlen >= family.block_prefix


def without_counters(usage: Sequence[PoolUsage]) -> list[PoolUsage]:
    return [
        replace(
            one,
            families=tuple(replace(each, allocations=0, releases=0) for each in one.families),
        )
        for one in usage
    ]


@given(CLUSTERS, PLANS)
def test_what_is_given_is_new_whole_inside_and_not_reserved(
    nodes: list[Node | Unreadable], plan: AddressPlan
) -> None:
    """L1 and L3."""
    granted = listed(plan, nodes).grant(0).granted
    blocks = [cidr for grant in granted for cidr in grant.pod_cidrs]
    by_name = {pool.name: pool for pool in plan.pools}

    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))
    assert not any(
        one.overlaps(other) for one in blocks for other in (*believed(plan, nodes), *plan.reserved)
    )
    for grant in granted:
        families = by_name[grant.pool].families
        assert not by_name[grant.pool].draining
        assert [
            contains(family.cidr, cidr) and cidr.prefixlen == family.block_prefix
            for family, cidr in zip(families, grant.pod_cidrs, strict=True)
        ] == [True] * len(families)


@given(CLUSTERS, PLANS)
def test_who_gets_blocks_and_who_waits(nodes: list[Node | Unreadable], plan: AddressPlan) -> None:
    """L2: who has a podCIDR gets none; who waits has no pool with room."""
    ledger = listed(plan, nodes)
    wanting = {
        node.uid: node
        for node in nodes
        if isinstance(node, Node) and not node.pod_cidrs and not node.deleting
    }

    assignments = ledger.grant(0)

    granted = {one.uid for one in assignments.granted}
    waiting = {one.uid for one in assignments.waiting}
    assert granted | waiting == set(wanting)
    assert not granted & waiting
    rooms = {one.pool: one.room for one in ledger.usage(0)}
    for uid in waiting:
        labels = dict(wanting[uid].labels)
        assert not any(rooms[pool.name] for pool in plan.pools if pool.selector.matches(labels))
    assert ledger.grant(0).granted == ()


@given(st.data(), PLANS)
def test_the_order_of_a_list_does_not_matter(data: st.DataObject, plan: AddressPlan) -> None:
    nodes = data.draw(CLUSTERS)
    ledgers = [listed(plan, nodes), listed(plan, data.draw(st.permutations(nodes)))]

    first, second = ((one.usage(0), one.findings(), one.grant(0)) for one in ledgers)

    assert first == second


@given(CLUSTERS, CLUSTERS, PLANS)
def test_a_list_says_the_same_to_who_knows_and_to_who_does_not(
    before: list[Node | Unreadable], after: list[Node | Unreadable], plan: AddressPlan
) -> None:
    """Nothing leaks from what was there before; a Node keeps what it once had."""
    plan = replace(plan, quarantine=0)
    # a claim that disappears while its Node lives is kept, so it is left out here
    has = {node.uid or node.name for node in after if node.pod_cidrs}
    kept = [node for node in before if (node.uid or node.name) in has or not node.pod_cidrs]
    known, fresh = listed(plan, kept), listed(plan, after)

    known.relist(after, 0)
    for ledger in (known, fresh):  # an item without a UID may be any Node: none is gone yet
        ledger.relist([node for node in after if node.uid], 0)

    assert known.findings() == fresh.findings()
    assert without_counters(known.usage(0)) == without_counters(fresh.usage(0))


@given(CLUSTERS, PLANS, st.lists(CIDRS, min_size=1, max_size=2, unique_by=lambda one: one.version))
def test_a_hostile_node_changes_only_its_own(
    nodes: list[Node | Unreadable], plan: AddressPlan, claims: list[Cidr]
) -> None:
    """L7: it uses up one block of a family, and frees nothing when it goes."""
    plan = replace(plan, quarantine=0)
    evil = Node(NodeName("evil"), (), tuple(claims), NodeUid("uid-evil"))
    ledger = listed(plan, nodes)
    before = ledger.usage(0)

    ledger.observe(evil, 0)

    blocks_of_an_old_mask = 2 if OLD in plan.pools else 1
    for old, new in zip(before, ledger.usage(0), strict=True):
        assert old.room - new.room <= blocks_of_an_old_mask
    ledger.gone(evil.uid, 0)
    assert without_counters(ledger.usage(0)) == without_counters(before)
    blocks = {cidr for one in ledger.grant(0).granted for cidr in one.pod_cidrs}
    assert not any(one.overlaps(two) for one in blocks for two in believed(plan, nodes))


@given(CLUSTERS, PLANS, PLANS)
def test_a_plan_is_changed_whole_or_not_at_all(
    nodes: list[Node | Unreadable], first: AddressPlan, second: AddressPlan
) -> None:
    """After a change it is as if it had always been so; a refusal changes nothing."""
    ledger = listed(first, nodes)
    before = ledger.usage(0)
    try:
        ledger.update(second, 0)
    except ValueError:
        assert ledger.plan == first
        assert ledger.usage(0) == before
        return
    fresh = listed(second, nodes)

    assert without_counters(ledger.usage(0)) == without_counters(fresh.usage(0))
    assert ledger.findings() == fresh.findings()
    assert ledger.grant(0) == fresh.grant(0)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6)).map(lambda it: range(it[0], sum(it))))
)
def test_depths_are_counts(ranges: list[range]) -> None:
    depths = Depths()
    counts = [0] * 20
    for number, numbers in enumerate([*ranges, *ranges[::2]]):
        back = number >= len(ranges)
        (depths.remove if back else depths.add)(numbers)
        for one in numbers:
            counts[one] += -1 if back else 1
        held = [one for one, count in enumerate(counts) if count]
        assert depths.covered == depths.gained - depths.lost == len(held)
        assert [one for each in depths.ranges() for one in each] == held
        for start in range(20):
            assert depths.free_from(start) == next(
                one for one in range(start, 21) if one == 20 or not counts[one]
            )
            assert depths.held_among(range(start, start + 4)) == len(
                set(held) & set(range(start, start + 4))
            )
