"""Programs on a router behind another host."""

from pathlib import Path

import pytest

from podroute.providers.interface import parse_options
from podroute.providers.ssh.credentials import find_credentials
from podroute.providers.ssh.failures import SshFailed
from podroute.providers.ssh.session import SshSession
from podroute.providers.ssh.settings import SshOptions
from tests.unit.ssh_player import Process, ssh_player


async def test_no_program_runs_on_the_host_on_the_way_while_the_router_is_away(
    tmp_path: Path,
) -> None:
    """The login at the jump host alone is no way to the router."""
    ran: list[str | None] = []

    async def program(process: Process) -> None:
        ran.append(process.command)
        process.exit(0)

    async with ssh_player(tmp_path, program) as jump:
        texts = {**jump, "router": "router@127.0.0.1:1", "jump": jump["router"]}
        options = parse_options(SshOptions, texts)
        session = SshSession(options, find_credentials(options))
        for _ in range(2):
            with pytest.raises(SshFailed, match=r"router@127\.0\.0\.1:1: "):
                await session.run(["vtysh"])
        session.close()

    assert ran == []
