"""A loop of a running controller ends by itself, or is told to."""

import asyncio

import pytest
from typing_extensions import override

from podroute.cli.service import run_until


class Loop:
    """Ends with what is under way."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.under_way = asyncio.Event()
        self.ended = False

    async def run(self) -> None:
        await self.stopped.wait()
        await self.under_way.wait()
        self.ended = True

    def stop(self) -> None:
        self.stopped.set()


@pytest.mark.parametrize("which", [0, 1])
async def test_any_of_its_ends_ends_it_after_what_is_under_way(which: int) -> None:
    loop, ends = Loop(), [asyncio.Event(), asyncio.Event()]
    running = asyncio.create_task(run_until(loop, *ends))
    await asyncio.sleep(0)
    ends[which].set()
    async with asyncio.timeout(5):
        await loop.stopped.wait()
        assert not running.done()
        loop.under_way.set()
        await running

    assert loop.ended


async def test_it_may_end_by_itself() -> None:
    loop = Loop()
    loop.stop()
    loop.under_way.set()

    async with asyncio.timeout(5):
        await run_until(loop, asyncio.Event())

    assert loop.ended


async def test_its_fault_is_the_fault_of_who_runs_it() -> None:
    class Faulty(Loop):
        @override
        async def run(self) -> None:
            raise OSError(5, "gone")

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(5):
            await run_until(Faulty(), asyncio.Event())

    assert caught.group_contains(OSError)
