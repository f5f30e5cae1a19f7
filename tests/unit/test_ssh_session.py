"""Programs on a router."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.providers.interface import parse_options
from podroute.providers.ssh.credentials import find_credentials
from podroute.providers.ssh.failures import SshFailed
from podroute.providers.ssh.session import Output, SshSession
from podroute.providers.ssh.settings import SshOptions
from tests.unit.ssh_player import Process, ssh_player
from tests.waiting import until


def opened(texts: Mapping[str, str]) -> SshSession:
    options = parse_options(SshOptions, texts)
    return SshSession(options, find_credentials(options))


async def test_no_program_runs_on_the_host_on_the_way_while_the_router_is_away(
    tmp_path: Path,
) -> None:
    """The login at the jump host alone is no way to the router."""
    ran: list[str | None] = []

    async def program(process: Process) -> None:
        ran.append(process.command)
        process.exit(0)

    async with ssh_player(tmp_path, program) as jump:
        session = opened({**jump, "router": "router@127.0.0.1:1", "jump": jump["router"]})
        for _ in range(2):
            with pytest.raises(SshFailed, match=r"router@127\.0\.0\.1:1: "):
                await session.run(["vtysh"])
        session.close()

    assert ran == []


@pytest.mark.parametrize("text", ["", "said\n"])
async def test_a_program_hears_the_end_of_what_it_is_told(tmp_path: Path, text: str) -> None:
    """One that listens would wait for more, and we for it."""

    async def program(process: Process) -> None:
        process.stdout.write(await process.stdin.read())
        process.exit(0)

    async with ssh_player(tmp_path, program) as options:
        session = opened(options)
        ran = await asyncio.wait_for(session.run(["cat"], text), 10)
        session.close()

    assert ran == Output(0, text.encode(), b"")


@pytest.mark.parametrize("early", [True, False], ids=["as it begins", "then"])
async def test_a_program_that_nobody_waits_for_has_no_place_any_more(
    tmp_path: Path, *, early: bool
) -> None:
    """An sshd has ten for a connection."""
    running = list[asyncio.Task[Output]]()
    begun, ended = list[str | None](), list[str | None]()

    async def program(process: Process) -> None:
        if early:
            running[0].cancel()
        begun.append(process.command)
        await process.wait_closed()
        ended.append(process.command)

    async with ssh_player(tmp_path, program) as options:
        session = opened(options)
        running.append(asyncio.create_task(session.run(["vtysh"])))
        await until(lambda: begun)
        running[0].cancel()
        await asyncio.wait(running)
        await until(lambda: ended)
        session.close()

    assert running[0].cancelled()
