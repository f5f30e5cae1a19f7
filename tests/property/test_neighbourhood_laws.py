"""Judged with its neighbourhood alone, everything comes out as among all."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from podroute.claims.rules import ClaimRules
from podroute.model.cidr import Bounds, bounds
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.routing.observed import Observed
from podroute.routing.proposal import Proposal, propose
from podroute.routing.states import RouteState, route_states
from podroute.routing.steps import Step, destination_of
from tests.builders import SEED_POOL, pool, rules
from tests.property.strategies import ODD_ROSTERS, ROSTERS, ROUTERS, TABLES

PLAN = rules(SEED_POOL, pool("fd00:10:200::/48", 64), reserved="10.32.0.0/24")
PLANS = st.sampled_from([PLAN, rules()])
ANY_TABLES = TABLES | ROUTERS
ANY_ROSTERS = ROSTERS | ODD_ROSTERS


def steps_about(proposal: Proposal, blocks: set[Bounds]) -> list[Step]:
    return [one for one in proposal.steps if bounds(destination_of(one)) in blocks]


def states_about(states: Sequence[RouteState], blocks: set[Bounds]) -> list[RouteState]:
    return [one for one in states if one.destination and bounds(one.destination) in blocks]


def agrees_everywhere(
    observed: Observed, nodes: Roster, table: RouteTable, plan: ClaimRules
) -> None:
    """From each Node and each route on its own."""
    whole = propose(nodes, table, plan)
    whole_states = route_states(whole, table, plan)
    for key in observed.everything():
        part = observed.neighbourhood([key])
        blocks = set(part.blocks)
        alone = propose(part.roster, part.table, plan)

        assert list(alone.steps) == steps_about(whole, blocks)
        states = route_states(alone, part.table, plan)
        assert states_about(states, blocks) == states_about(whole_states, blocks)
        assert set(alone.judgement.waiting) == set(whole.judgement.waiting) & set(part.names)


@given(ANY_ROSTERS, ANY_TABLES, PLANS)
def test_a_neighbourhood_is_judged_as_the_whole(
    nodes: Roster, table: RouteTable, plan: ClaimRules
) -> None:
    observed = Observed(plan)
    observed.relist(nodes.everybody())
    observed.install(table)

    agrees_everywhere(observed, nodes, table, plan)


@given(st.lists(st.tuples(ANY_ROSTERS, ANY_TABLES), min_size=2, max_size=4), PLANS, st.data())
def test_it_is_found_however_the_world_came_to_be(
    worlds: list[tuple[Roster, RouteTable]], plan: ClaimRules, data: st.DataObject
) -> None:
    """By lists, by events in any order, and by reads in between."""
    observed = Observed(plan)
    nodes, table = worlds[0]
    for nodes, table in worlds:
        if data.draw(st.booleans(), "listed"):
            observed.relist(nodes.everybody())
        else:
            present = {one.name: one for one in nodes.everybody()}
            going = [one for one in observed.nodes() if one.name not in present]
            moves = [(observed.gone, one) for one in going]
            moves += [(observed.observe, one) for one in present.values()]
            for move, one in data.draw(st.permutations(moves), "events"):
                move(one)
        observed.install(table)

    agrees_everywhere(observed, nodes, table, plan)


@given(ANY_ROSTERS, ANY_ROSTERS, ANY_TABLES, ANY_TABLES, PLANS)
def test_what_is_not_named_by_the_keys_of_a_change_stands_as_before(
    first: Roster, second: Roster, before: RouteTable, after: RouteTable, plan: ClaimRules
) -> None:
    observed = Observed(plan)
    observed.relist(first.everybody())
    observed.install(before)
    known = route_states(propose(first, before, plan), before, plan)

    keys = set(observed.relist(second.everybody())) | set(observed.install(after))
    touched = set(observed.neighbourhood(keys).blocks)

    fresh = route_states(propose(second, after, plan), after, plan)
    blocks = {bounds(one.destination) for one in (*known, *fresh) if one.destination}
    untouched = blocks - touched
    assert states_about(known, untouched) == states_about(fresh, untouched)
