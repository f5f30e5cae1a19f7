"""Laws of a router where many routes, ours and others', lead to one destination."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from podroute.model.cidr import Address, Cidr
from podroute.model.route import InstalledRoute
from podroute.providers.carrying import send
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Done
from podroute.routing.proposal import Proposal, propose
from podroute.routing.sequence import batches
from podroute.routing.steps import Adopt, Blocked, Change
from tests.builders import SEED_RULES, node, roster
from tests.property.strategies import CROWDS, PLACE

NODES = roster(node("a", "10.240.0.2", "10.200.0.0/24"), node("b", "10.240.0.3", "10.200.1.0/24"))
WISHES = {cidr: one.internal_ips[0] for one in NODES.nodes for cidr in one.pod_cidrs}


async def proposed(router: MemoryRoutes, *, adopt: bool) -> tuple[Proposal, Sequence[Change]]:
    """Nobody holds anything back."""
    table = await router.read()
    asked = propose(NODES, table, SEED_RULES, adopt=adopt)
    confirmed = asked.verdict.confirmation
    sure = propose(NODES, table, SEED_RULES, adopt=adopt, confirmed=confirmed)
    return sure, sure.verdict.allowed


def ways(routes: Sequence[InstalledRoute], destination: Cidr) -> set[Address | None]:
    """The next hops, one of which carries what no route for some packets takes; None: dropped."""
    there = [one for one in routes if one.destination == destination and not one.partial]
    best = min((one.preference for one in there), default=0)
    return {one.next_hop for one in there if one.preference == best}


@given(crowd=CROWDS, adopt=st.booleans(), sure=st.booleans())
def test_no_step_costs_a_path(crowd: list[InstalledRoute], *, adopt: bool, sure: bool) -> None:
    """What went right goes right after each step, and where there was any way there is one.

    Also where some steps are held back.
    """

    async def scenario() -> None:
        router = MemoryRoutes(crowd, PLACE)
        _, changes = await proposed(router, adopt=adopt)
        if not sure:
            table = await router.read()
            changes = propose(NODES, table, SEED_RULES, adopt=adopt).verdict.allowed
        before = {destination: ways(crowd, destination) for destination in WISHES}
        for batch in batches(changes, 1):
            (outcome,) = await router.apply(batch)
            assert isinstance(outcome, Done)
            routes = (await router.read()).routes
            for destination, hop in WISHES.items():
                now = ways(routes, destination)
                assert bool(now) >= bool(before[destination])
                assert before[destination] != {hop} or now == {hop}

    asyncio.run(scenario())


@given(crowd=CROWDS, adopt=st.booleans())
def test_a_pass_leaves_nothing_to_do_and_what_is_not_blocked_goes_right(
    crowd: list[InstalledRoute], *, adopt: bool
) -> None:
    async def scenario() -> None:
        router = MemoryRoutes(crowd, PLACE)
        proposal, changes = await proposed(router, adopt=adopt)
        await send(changes, router, lambda _: None)

        blocked = {step.destination for step in proposal.steps if isinstance(step, Blocked)}
        routes = (await router.read()).routes
        for destination, hop in WISHES.items():
            assert destination in blocked or ways(routes, destination) == {hop}
        again, rest = await proposed(router, adopt=adopt)
        assert rest == ()
        assert {step.destination for step in again.steps if isinstance(step, Blocked)} == blocked

    asyncio.run(scenario())


@given(crowd=CROWDS, data=st.data(), adopt=st.booleans())
def test_l4_a_pass_that_died_anywhere_is_finished_by_the_next(
    crowd: list[InstalledRoute], data: st.DataObject, *, adopt: bool
) -> None:
    async def scenario() -> None:
        whole, router = MemoryRoutes(crowd, PLACE), MemoryRoutes(crowd, PLACE)
        _, changes = await proposed(whole, adopt=adopt)
        await send(changes, whole, lambda _: None)
        await send(changes[: data.draw(st.integers(0, len(changes)))], router, lambda _: None)
        _, rest = await proposed(router, adopt=adopt)
        await send(rest, router, lambda _: None)

        assert set((await router.read()).routes) == set((await whole.read()).routes)

    asyncio.run(scenario())


@given(crowd=CROWDS, adopt=st.booleans())
def test_foreign_routes_stay_but_for_the_adopted(
    crowd: list[InstalledRoute], *, adopt: bool
) -> None:
    async def scenario() -> None:
        router = MemoryRoutes(crowd, PLACE)
        _, changes = await proposed(router, adopt=adopt)
        await send(changes, router, lambda _: None)

        lost = {one for one in crowd if one.ownership == "foreign"} - set(
            (await router.read()).routes
        )
        assert lost == {one.installed for one in changes if isinstance(one, Adopt)}
        assert all(one.next_hop == WISHES[one.destination] and adopt for one in lost)

    asyncio.run(scenario())
