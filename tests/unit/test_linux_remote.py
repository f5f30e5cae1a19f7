"""A router's kernel by SSH: whoever stops waiting for an answer does not take it for another."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from podroute.model.route import RouteTable
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.messages import SPEECH, Hello, encode, read_answer
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.ssh_provider import KIND
from tests.builders import installed
from tests.unit.ssh_player import Process, ssh_player
from tests.waiting import until

FORMER, NEWER = (
    read_answer(RouteTable((installed(cidr, "10.240.0.30"),)), LinuxOptions())
    for cidr in ("10.200.0.0/24", "10.200.1.0/24")
)


@dataclass
class Played:
    """The program there; ``halts`` are how much of each answer it says before ``go``."""

    halts: list[int]
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    ended: int = 0

    async def __call__(self, process: Process) -> None:
        process.stdout.write(encode(Hello(SPEECH, "1")) + b"\n")
        async for _ in process.stdin:
            self.asked += 1
            line = encode(NEWER if self.asked > 1 else FORMER) + b"\n"
            halt = self.halts.pop(0) if self.halts else len(line)
            process.stdout.write(line[:halt])
            if halt < len(line):
                await self.go.wait()
                process.stdout.write(line[halt:])
        self.ended += 1


def destinations(table: RouteTable) -> Sequence[str]:
    return [str(one.destination) for one in table.routes]


@pytest.mark.parametrize("halt", [0, 40])
async def test_a_read_that_is_given_up_leaves_no_answer_to_the_next(
    tmp_path: Path, halt: int
) -> None:
    """Nothing of it, or a part of it, has arrived; the rest of it comes."""
    played = Played([halt])
    async with ssh_player(tmp_path, played) as options, KIND.connect(options) as provider:
        reading = asyncio.create_task(provider.read())
        await until(lambda: played.asked)
        await asyncio.sleep(0.05)  # a part of the answer is under way
        reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled()
        played.go.set()
        assert destinations(await provider.read()) == ["10.200.1.0/24"]
        assert destinations(await provider.read()) == ["10.200.1.0/24"]


async def test_whenever_it_is_given_up_the_next_one_is_answered(tmp_path: Path) -> None:
    """In the login, before the Hello, between question and answer."""
    played = Played([])
    async with ssh_player(tmp_path, played) as options, KIND.connect(options) as provider:
        for turns in range(0, 120, 3):
            reading = asyncio.create_task(provider.read())
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait([reading])
        played.asked = 1
        assert destinations(await provider.read()) == ["10.200.1.0/24"]


@pytest.mark.parametrize(
    "line", [b'{"kind":"Hello\xff"}', b'{"kind":"Hello","more":' + b"[" * 9999]
)
async def test_what_no_podroute_says_is_shown(tmp_path: Path, line: bytes) -> None:
    async def stranger(process: Process) -> None:
        process.stdout.write(line + b"\n")
        await process.stdin.read()

    async with ssh_player(tmp_path, stranger) as options, KIND.connect(options) as provider:
        with pytest.raises(ProviderUnreachable, match="is not how podroute on-router begins"):
            await provider.read()


@pytest.mark.parametrize("line", [b'{"kind":"RoutesRead\xff"}', b"[" * 9999])
async def test_an_answer_that_is_none_is_told(tmp_path: Path, line: bytes) -> None:
    async def garbled(process: Process) -> None:
        process.stdout.write(encode(Hello(SPEECH, "1")) + b"\n")
        async for _ in process.stdin:
            process.stdout.write(line + b"\n")

    async with ssh_player(tmp_path, garbled) as options, KIND.connect(options) as provider:
        with pytest.raises(ProviderUnreachable, match="its answer cannot be read"):
            await provider.read()
