"""The route loop: how long a router that is not reached is left alone."""

import asyncio
from dataclasses import replace

from podroute.providers.interface import Limits
from tests.builders import node
from tests.unit.played_router import QUICK, Api, Router, listed, running
from tests.waiting import until

NODES = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(8)]


async def test_of_calls_that_were_under_way_together_one_counts() -> None:
    """Eight pauses, each twice as long, would be 128 times the first."""
    router = Router(limits=Limits(at_once=8, batch=1))
    router.hold = asyncio.Event()
    rhythm = replace(QUICK, first_pause=0.5, last_pause=60.0)

    async with running(Api(listed(*NODES)), router, rhythm=rhythm):
        await until(lambda: router.busy == 8)
        router.shut = "no route to host"
        router.hold.set()
        await until(lambda: router.busy == 0)
        router.shut = ""
        await until(lambda: len(router.calls) == 16)


async def test_a_router_that_asks_for_longer_meanwhile_gets_it() -> None:
    router = Router(limits=Limits(at_once=2, batch=1))
    router.hold = asyncio.Event()

    async with running(Api(listed(*NODES[:2])), router) as world:
        await until(lambda: router.busy == 2)
        router.shut, router.after = "slow down", 60.0
        router.hold.set()
        await until(lambda: world.loop.fault == "slow down")
        reads = len(router.reads)
        await asyncio.sleep(0.1)
        assert len(router.reads) == reads
