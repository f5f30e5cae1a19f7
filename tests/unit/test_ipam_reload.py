"""Address plans that change while the loop runs, and the end of a loop at its rate limit."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from typing_extensions import override

from podroute.ipam.pools import AddressPlan, Pool
from podroute.kube.node_events import Changed, NodeEvent, Removed
from podroute.model.selector import parse_selector
from tests.builders import node, pool
from tests.unit.played_api import SERVED, Api, default, listed, running
from tests.waiting import until

FULL = default("10.200.0.0/24")
GPU = Pool("gpu", (pool("10.210.0.0/16", 24),), parse_selector("gpu=yes"))
MORE = Pool("more", (pool("10.220.0.0/16", 24),))


async def test_a_pool_that_asks_for_other_labels_waits_until_these_are_known() -> None:
    def first() -> NodeEvent:
        known = "gpu" in api.keys[-1]
        return listed(SERVED, replace(node("a"), labels=(("gpu", "yes"),) if known else ()))

    api = Api(first)
    wanted = AddressPlan((*FULL.pools, GPU, MORE))

    async with running(api, FULL, "handed over") as world:
        await until(lambda: world.events)
        world.loop.change(wanted)
        await until(lambda: api.sent)

    assert world.has_blocks("10.210.0.0/24")


async def test_the_first_list_is_asked_for_by_the_labels_of_the_plan_that_is_wanted() -> None:
    api = Api(lambda: listed(replace(node("a"), labels=(("gpu", "yes"),))))

    async with running(api, default("10.200.0.0/16"), wanted=AddressPlan((MORE, GPU))) as world:
        await until(lambda: api.sent)

    assert api.keys == [frozenset({"gpu"})]
    assert world.has_blocks("10.210.0.0/24")


async def test_a_refused_plan_is_taken_when_it_is_asked_for_again_and_nobody_would_lose() -> None:
    api = Api(lambda: listed(SERVED))
    plan = AddressPlan((MORE,))

    async with running(api, FULL, "handed over") as world:
        await until(lambda: world.loop.heard is not None)
        world.loop.change(plan)
        assert "served would lose their blocks" in world.log.getvalue()
        api.news.put_nowait(Removed(SERVED))
        await until(lambda: "freed" in world.log.getvalue())
        world.loop.change(plan)
        api.news.put_nowait(Changed(node("b")))
        await until(lambda: api.sent)

    assert world.has_blocks("10.220.0.0/24")


class Slow(Api):
    """Nobody's turn ever comes."""

    waiting = 0
    at_first: Callable[[], None] = staticmethod(lambda: None)

    @override
    async def turn(self) -> None:
        self.waiting += 1
        if self.waiting == 1:
            self.at_first()
        await asyncio.Event().wait()


async def test_stop_does_not_wait_for_turns_and_sends_nothing_more() -> None:
    api = Slow(lambda: listed(node("a"), node("b")))

    async with running(api) as world:
        await until(lambda: api.waiting == 2)
        world.loop.stop()
        await asyncio.sleep(0)

    assert api.sent == []
    assert not world.loop.in_doubt()


async def test_stop_reaches_patches_that_have_not_begun() -> None:
    api = Slow(lambda: listed(node("a"), node("b")))

    async with running(api) as world:
        api.at_first = world.loop.stop
        await until(lambda: api.waiting)

    assert api.sent == []
    assert not world.loop.in_doubt()
