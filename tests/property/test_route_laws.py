"""Laws of the route decisions: they hold for every cluster, not only for those we thought of."""

import asyncio
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from podroute.claims.judge import judge_claims
from podroute.claims.rules import ClaimCourt, ClaimRules, never_a_pod_cidr
from podroute.model.cidr import parse_address
from podroute.model.node import Node, NodeName, NodeUid, Roster
from podroute.model.route import RouteTable
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.proposal import Proposal, propose
from podroute.routing.states import route_states
from podroute.routing.steps import Blocked, Change, Create, Delete, Replace
from tests.builders import SEED_POOL, pool, rules
from tests.property.strategies import NODES, ODD_ROSTERS, ROSTERS, ROUTERS, SINGLE_TABLES, TABLES

PLAN = rules(SEED_POOL, pool("fd00:10:200::/48", 64), reserved="10.32.0.0/24")
PLANS = st.sampled_from([PLAN, rules()])
ELSEWHERE = parse_address("192.0.2.1")


def changes(proposal: Proposal) -> list[Change]:
    return [step for step in proposal.steps if not isinstance(step, Blocked)]


@given(ROSTERS, SINGLE_TABLES, st.data())
def test_l4_a_pass_that_died_anywhere_is_finished_by_the_next(
    nodes: Roster, table: RouteTable, data: st.DataObject
) -> None:
    async def scenario() -> None:
        router = MemoryRoutes(table.routes)
        first = changes(propose(nodes, await router.read(), PLAN))
        await router.apply(first[: data.draw(st.integers(0, len(first)))])
        await router.apply(changes(propose(nodes, await router.read(), PLAN)))
        assert changes(propose(nodes, await router.read(), PLAN)) == []

    asyncio.run(scenario())


@given(ROSTERS, SINGLE_TABLES)
def test_foreign_routes_are_never_touched(nodes: Roster, table: RouteTable) -> None:
    async def scenario() -> None:
        router = MemoryRoutes(table.routes)
        await router.apply(changes(propose(nodes, table, PLAN)))
        foreign = {route for route in table.routes if route.ownership == "foreign"}
        assert foreign <= set((await router.read()).routes)

    asyncio.run(scenario())


@given(ROSTERS, TABLES, PLANS, st.randoms(use_true_random=False))
def test_l5_the_order_of_what_was_seen_does_not_matter(
    nodes: Roster, table: RouteTable, plan: ClaimRules, random: Random
) -> None:
    mixed_nodes, mixed_routes = list(nodes.nodes), list(table.routes)
    random.shuffle(mixed_nodes)
    random.shuffle(mixed_routes)

    straight = propose(nodes, table, plan)
    mixed = propose(
        Roster(tuple(mixed_nodes), nodes.unreadable), RouteTable(tuple(mixed_routes)), plan
    )

    assert mixed == straight


@given(NODES, TABLES)
def test_no_two_believed_routes_share_an_address(nodes: list[Node], table: RouteTable) -> None:
    believed = judge_claims(Roster(tuple(nodes)), table, rules()).believed

    for number, one in enumerate(believed):
        assert not any(one.destination.overlaps(other.destination) for other in believed[:number])


@given(NODES, TABLES, PLANS)
def test_every_claim_is_believed_or_rejected_with_holder_and_reason(
    nodes: list[Node], table: RouteTable, plan: ClaimRules
) -> None:
    """L9."""
    judged = judge_claims(Roster(tuple(nodes)), table, plan)

    believed = [(one.node, str(one.destination)) for one in judged.believed]
    rejected = [(one.node, str(one.destination)) for one in judged.rejected]
    assert sorted(believed + rejected) == sorted(
        (node.name, str(cidr)) for node in nodes for cidr in node.pod_cidrs
    )
    assert all(one.holder and one.reason for one in judged.rejected)


@given(ROSTERS, TABLES)
def test_l8_only_our_routes_are_removed_or_replaced(nodes: Roster, table: RouteTable) -> None:
    proposal = propose(nodes, table, PLAN)
    wished = {route.destination for route in proposal.judgement.believed}
    for step in proposal.steps:
        if isinstance(step, Delete | Replace):
            assert step.installed.ownership == "ours"
            assert step.installed in table.routes
        if isinstance(step, Delete) and step.installed.destination in wished:
            same = [one for one in table.routes if one.destination == step.installed.destination]
            assert len(same) > 1


@given(ROSTERS, TABLES)
def test_a_living_nodes_route_is_never_removed(nodes: Roster, table: RouteTable) -> None:
    """F14: what is installed as a living Node claims it stays, whatever the others say."""
    claims = {
        (cidr, hop) for node in nodes.nodes for cidr in node.pod_cidrs for hop in node.internal_ips
    }
    proposal = propose(nodes, table, rules())
    believed = {(route.destination, route.next_hop) for route in proposal.judgement.believed}
    for step in proposal.steps:
        if isinstance(step, Delete) and step.installed.next_hop is not None:
            claim = (step.installed.destination, step.installed.next_hop)
            doubled = any(
                one != step.installed and one.destination == step.installed.destination
                for one in table.routes
            )
            special = step.installed.destination.prefixlen == 0 or (
                step.installed.destination.is_link_local
            )
            assert claim not in claims or claim in believed or doubled or special


@given(ODD_ROSTERS, ROUTERS, PLANS)
def test_no_address_costs_a_living_node_its_route(
    living: Roster, table: RouteTable, plan: ClaimRules
) -> None:
    """F14: good, refused, contested or missing, its own or a hostile Node's."""
    check_that_nobody_is_cut_off(living, table, plan)


@given(ROSTERS, ODD_ROSTERS, PLANS)
def test_nodes_that_swap_addresses_keep_their_routes(
    living: Roster, others: Roster, plan: ClaimRules
) -> None:
    """F14, on a router that is in step with what the Nodes showed before."""
    shown = [one.internal_ips for one in others.nodes]
    addresses = [*shown, *(() for _ in living.nodes)]
    moved = tuple(
        replace(one, internal_ips=ips) for one, ips in zip(living.nodes, addresses, strict=False)
    )

    check_that_nobody_is_cut_off(Roster(moved, living.unreadable), in_step(living, plan), plan)


def check_that_nobody_is_cut_off(living: Roster, table: RouteTable, plan: ClaimRules) -> None:
    """Where exactly one Node names a block, our route to it stays, or gets its accepted next hop.

    One of several goes only beside the Node's own.
    """
    proposal = propose(living, table, plan)
    court = ClaimCourt(plan, table)
    for step in proposal.steps:
        if not isinstance(step, Delete | Replace):
            continue
        destination = step.installed.destination
        owners = [one for one in living.everybody() if destination in (one.pod_cidrs or ())]
        if len(owners) != 1 or never_a_pod_cidr(destination):
            continue
        wishes = [one for one in proposal.judgement.believed if one.destination == destination]
        assert [wish.node for wish in wishes] == [owners[0].name]
        assert wishes[0].next_hop in owners[0].internal_ips
        assert not court.fault_of_next_hop(wishes[0].next_hop)
        if isinstance(step, Delete):
            same = [one for one in table.routes if one.destination == destination]
            assert sum(one.ownership == "ours" for one in same) > 1


def in_step(living: Roster, plan: ClaimRules) -> RouteTable:
    """What an empty router has after one pass."""

    async def scenario() -> RouteTable:
        router = MemoryRoutes()
        await router.apply(changes(propose(living, await router.read(), plan)))
        return await router.read()

    return asyncio.run(scenario())


@given(ODD_ROSTERS, ODD_ROSTERS, PLANS)
def test_l7_no_hostile_node_changes_a_route_that_is_in_place(
    living: Roster, hostile: Roster, plan: ClaimRules
) -> None:
    """Older or younger, whatever it claims and shows."""
    table = in_step(living, plan)
    intruders = tuple(replace(one, name=NodeName(f"x-{one.name}")) for one in hostile.nodes)
    crowd = Roster((*living.nodes, *intruders), living.unreadable)

    steps = propose(crowd, table, plan).steps

    assert not [step for step in steps if isinstance(step, Delete | Replace)]


@given(ROSTERS, PLANS, st.data())
def test_what_becomes_the_routers_is_blocked_and_stays(
    living: Roster, plan: ClaimRules, data: st.DataObject
) -> None:
    """Whether it is a Node's address or lies in a Node's block."""
    table = in_step(living, plan)
    inside = [route.destination[1] for route in table.routes]
    hops = [route.next_hop for route in table.routes if route.next_hop is not None]
    own = data.draw(st.frozensets(st.sampled_from([*inside, *hops, ELSEWHERE]), max_size=3))
    now = replace(table, own_addresses=own)

    proposal = propose(living, now, plan)
    lines = route_states(proposal, now, plan)

    assert not [step for step in proposal.steps if isinstance(step, Delete)]
    for route in table.routes:
        states = {line.state for line in lines if line.destination == route.destination}
        touched = any(address in route.destination for address in own)
        assert (
            (states == {"Blocked"}) if touched else states <= {"InSync", "Blocked", "WrongNextHop"}
        )
        assert not (route.next_hop in own and "InSync" in states)


@given(NODES, NODES)
def test_l7_a_newcomer_changes_only_its_own_steps(nodes: list[Node], others: list[Node]) -> None:
    """Whatever a later Node claims, the steps of all others stay."""
    claims = others[0] if others else Node(NodeName("bare"), ())
    newest = replace(
        claims, name=NodeName("newcomer"), uid=NodeUid("zzz"), created="2026-12-31T00:00:00Z"
    )
    dated = [replace(node, created=node.created or "2026-01-05T00:00:00Z") for node in nodes]
    before = propose(Roster(tuple(dated)), RouteTable(), PLAN)
    after = propose(Roster((*dated, newest)), RouteTable(), PLAN)

    assert [step for step in after.steps if _node_of(step) != "newcomer"] == list(before.steps)


def _node_of(step: object) -> str:
    match step:
        case Create(route=route):
            return route.node
        case Blocked(node=node):
            return node
        case _:
            return ""


@given(ROSTERS, SINGLE_TABLES)
def test_l11_what_is_not_held_stays_under_the_brake(nodes: Roster, table: RouteTable) -> None:
    proposal = propose(nodes, table, PLAN)
    owned = sum(route.ownership == "ours" for route in table.routes)
    passed = [step for step in proposal.verdict.allowed if isinstance(step, Delete | Replace)]

    assert len(passed) <= max(3, owned // 10)
    assert sorted(map(repr, (*proposal.verdict.allowed, *proposal.verdict.held))) == sorted(
        map(repr, changes(proposal))
    )
    assert not any(isinstance(step, Create) for step in proposal.verdict.held)


@given(ROSTERS, TABLES)
def test_every_wish_has_a_line_and_every_step_a_reason_to_be_seen(
    nodes: Roster, table: RouteTable
) -> None:
    proposal = propose(nodes, table, PLAN)
    lines = route_states(proposal, table, PLAN)
    shown = {(line.node, line.destination) for line in lines}

    assert {(one.node, one.destination) for one in proposal.judgement.believed} <= shown
    assert {(one.node, one.destination) for one in proposal.judgement.rejected} <= shown
    assert all(line.reason for line in lines if line.state != "InSync")
