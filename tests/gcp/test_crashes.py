"""A run that dies between any two calls is finished by the next, and no block loses its route."""

import asyncio
from collections.abc import Mapping

import pytest

from podroute.model.node import Node
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import What
from podroute.testing.gcp.refusal import Document
from podroute.testing.gcp.running import running
from tests.gcp.clouds import MARK, opened
from tests.gcp.passes import one_pass, settled, worker

NODES = (worker(0), worker(1), worker(2, "10.240.0.42 fd00:10:240::42"))
OWN = {"id", "creationTimestamp"}
COVERED = {"10.200.1.0/24", "10.200.2.0/24", "fd00:10:200:2::/64"}


def start() -> Cloud:
    """A route each to create, to adopt, to delete, and two to replace."""
    cloud = Cloud()
    cloud.plant(
        name="kubernetes-route-10-200-1-0-24", destRange="10.200.1.0/24", nextHopIp="10.240.0.31"
    )
    ours = {"description": MARK}
    cloud.plant(
        **ours,
        name="kubernetes-route-10-200-2-0-24",
        destRange="10.200.2.0/24",
        nextHopIp="10.240.0.32",
    )
    cloud.plant(**ours, name="other", destRange="fd00:10:200:2::/64", nextHopIp="fd00:10:240::32")
    cloud.plant(**ours, name="gone", destRange="10.200.7.0/24", nextHopIp="10.240.0.37")
    return cloud


def content(cloud: Cloud) -> Mapping[str, Document]:
    return {
        name: {key: value for key, value in one.items() if key not in OWN | {"selfLink", "network"}}
        for name, one in cloud.routes().items()
    }


async def finished(cloud: Cloud, *nodes: Node) -> int:
    """The passes that a new process needs."""
    with running(cloud) as served:
        async with opened(served) as provider:
            passes = await settled(provider, *nodes)
            await one_pass(provider, *nodes, adopt=True)
            assert not (await one_pass(provider, *nodes, adopt=True)).changes
    return passes


async def killed(cloud: Cloud, at: int, what: What) -> bool:
    """A run that ends with its n-th call; whether it came so far."""
    uncovered: list[set[str]] = []
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def trouble(number: int, _method: str) -> What | None:
        missing = COVERED - {str(one["destRange"]) for one in cloud.routes().values()}
        uncovered.extend([missing] if missing else [])
        if number < at:
            return None
        loop.call_soon_threadsafe(ended.set)
        return what if number == at else "cut before"

    cloud.faults.at_call = trouble
    with running(cloud) as served:
        async with opened(served) as provider:
            run = asyncio.ensure_future(one_pass(provider, *NODES, adopt=True))
            end = asyncio.ensure_future(ended.wait())
            await asyncio.wait([run, end], return_when=asyncio.FIRST_COMPLETED)
            for task in (run, end):
                task.cancel()
            await asyncio.wait([run, end])
    cloud.faults.at_call = lambda _number, _method: None
    assert uncovered == []
    return ended.is_set()


@pytest.mark.parametrize("what", ["cut before", "cut after"])
async def test_killed_at_each_call_it_is_finished_by_the_next_run(what: What) -> None:
    whole = start()
    assert not await killed(whole, 10_000, "cut before")
    await finished(whole, *NODES)
    kills = 0
    for at in range(1, 100):
        cloud = start()
        if not await killed(cloud, at, what):
            break
        assert await finished(cloud, *NODES) <= 2
        assert content(cloud) == content(whole)
        kills = at

    assert kills >= 19
