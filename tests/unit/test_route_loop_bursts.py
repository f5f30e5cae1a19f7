"""The route loop: what comes together is one piece of work, and not one for each Node."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from typing_extensions import override

from podroute.kube.node_events import Changed, NodeEvent
from podroute.model.cidr import parse_address
from tests.builders import installed, node
from tests.unit.played_router import QUICK, Api, Router, World, listed, running
from tests.waiting import until

MANY = [node(f"n{i}", f"10.240.1.{i}", f"10.200.{i}.0/24") for i in range(100)]
ROUTES = [installed(f"10.200.{i}.0/24", f"10.240.1.{i}") for i in range(100)]
MOVED = [
    replace(one, internal_ips=(parse_address(f"10.240.2.{i}"),)) for i, one in enumerate(MANY[:10])
]
UNHURRIED = replace(QUICK, period=60.0, patience=60.0)  # only news and answers lead to a read


class Bursting(Api):
    """The watch gives what has come at once, as after one read of its stream."""

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        self.bursts: asyncio.Queue[Sequence[NodeEvent]] = asyncio.Queue()

    @override
    async def follow(self) -> AsyncGenerator[Sequence[NodeEvent]]:
        yield (self.first,)
        while True:
            yield await self.bursts.get()


def proven(world: World) -> int:
    return sum(one.endswith(" InSync") for one in world.states())


async def test_nodes_that_join_together_are_one_call_and_one_read_after_it() -> None:
    api, router = Bursting(listed()), Router()

    async with running(api, router, rhythm=UNHURRIED) as world:
        await until(lambda: world.loop.fault == "")
        reads = len(router.reads)
        api.bursts.put_nowait([Changed(one) for one in MANY])
        await until(lambda: proven(world) == len(api.written) == len(MANY))

    assert [len(one) for one in router.calls] == [len(MANY)]
    assert len(router.reads) == reads + 1


async def test_nodes_that_get_other_addresses_together_are_one_call_and_one_read() -> None:
    api, router = Bursting(listed(*MANY)), Router(ROUTES)

    async with running(api, router, rhythm=UNHURRIED) as world:
        await until(lambda: proven(world) == len(MANY))
        reads = len(router.reads)
        api.bursts.put_nowait([Changed(one) for one in MOVED])
        await until(lambda: router.calls and proven(world) == len(MANY))

    assert [len(one) for one in router.calls] == [len(MOVED)]
    assert len(router.reads) == reads + 1


async def test_nodes_that_come_one_by_one_while_a_call_is_under_way_are_the_next_call() -> None:
    api, router = Bursting(listed()), Router()
    router.hold = asyncio.Event()

    async with running(api, router, rhythm=UNHURRIED) as world:
        await until(lambda: world.loop.fault == "")
        reads = len(router.reads)
        for count, one in enumerate(MANY, 1):
            api.bursts.put_nowait([Changed(one)])
            await until(lambda: router.busy and len(world.states()) == count)  # noqa: B023
        router.hold.set()
        await until(lambda: proven(world) == len(MANY))

    assert [len(one) for one in router.calls] == [1, len(MANY) - 1]
    assert len(router.reads) <= reads + 2  # one for each call at most
