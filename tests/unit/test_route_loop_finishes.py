"""What changes have left to be done is done by the loop that made them, and by no read."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from typing_extensions import override

from podroute.controllers.election import Claim, Term
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change
from tests.builders import node
from tests.unit.played_router import Api, Router, listed, running
from tests.waiting import until

A = node("a", "10.240.0.30", "10.200.0.0/24")
FULL = "running, but not in the startup configuration: the disk is full"


@dataclass
class Disk:
    """What a router starts with."""

    full: str = ""
    saves: int = 0
    hold: asyncio.Event | None = None
    said: list[str] = field(default_factory=list[str])


class Saving(Router):
    """It is to be saved after each change."""

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self._disk = disk
        self._behind = False

    @override
    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        self._behind = True
        return await super().apply(changes)

    async def finish(self) -> None:
        if not self._behind:
            return
        self._disk.said.append("begun")
        if self._disk.hold:
            await self._disk.hold.wait()
        if self._disk.full:
            raise ProviderUnreachable(self._disk.full)
        self._disk.saves += 1
        self._behind = False
        self._disk.said.append("saved")


async def test_a_change_is_saved_once_it_is_read() -> None:
    disk = Disk()
    async with running(Api(listed(A)), Saving(disk)) as world:
        await until(lambda: disk.saves)
        await until(lambda: world.states() == ["10.200.0.0/24 InSync"])

    assert disk.saves == 1
    assert "not finished" not in world.log.getvalue()


async def test_what_cannot_be_saved_is_told_once_and_tried_again() -> None:
    disk = Disk(full=FULL)
    async with running(Api(listed(A)), Saving(disk)) as world:
        await until(lambda: len(disk.said) > 3)
        assert world.loop.fault == ""
        assert world.states() == ["10.200.0.0/24 InSync"]
        disk.full = ""
        await until(lambda: "what was changed is finished" in world.log.getvalue())

    assert world.log.getvalue().count("what was changed is not finished") == 1
    assert FULL in world.log.getvalue()
    assert disk.saves == 1


async def test_who_does_not_lead_any_more_saves_nothing() -> None:
    disk = Disk(full=FULL)
    term = Term(Claim("fresh", 1), monotonic(), endless=True)
    router = Saving(disk)
    async with running(Api(listed(A)), router, term=term):
        await until(lambda: len(disk.said) > 1)
        term.end()
        reads = len(router.reads)
        await until(lambda: len(router.reads) > reads + 1)
        begun = len(disk.said)
        await until(lambda: len(router.reads) > reads + 3)

    assert len(disk.said) == begun


async def test_who_stops_waits_until_it_is_saved() -> None:
    """Half a startup configuration is worse than none."""
    disk = Disk(hold=asyncio.Event())
    async with asyncio.timeout(20), running(Api(listed(A)), Saving(disk)) as world:
        await until(lambda: disk.said == ["begun"])
        world.loop.stop()
        assert disk.hold is not None
        disk.hold.set()

    assert disk.said == ["begun", "saved"]
