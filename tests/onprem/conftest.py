"""Routers with real daemons. A daemon that is missing is an error, never a skip."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from podroute.testing.netns import Namespace, node_network
from tests.onprem.bgp import Pair, routed
from tests.onprem.lan import Lan, lan
from tests.onprem.sshd import SshRouter, ssh_router


@pytest.fixture
def netns() -> Generator[Namespace]:
    """10.240.0.1/24 and fd00:10:240::1/64 on a link that is up; the test runs inside."""
    with node_network() as node, node.entered():
        yield node


@pytest.fixture
async def router(netns: Namespace, tmp_path: Path) -> AsyncGenerator[SshRouter]:
    """One with sshd, which lets us in to ``podroute on-router``."""
    with netns.entered():
        async with ssh_router(netns, tmp_path) as made:
            yield made


@pytest.fixture
def network() -> Generator[Lan]:
    """A router, an announcer and two workers with a Pod each, apart from all others."""
    with lan() as made:
        yield made


@pytest.fixture
async def pair(network: Lan, tmp_path: Path) -> AsyncGenerator[Pair]:
    """FRRouting as the router, and as yet no announcer."""
    async with routed(network, tmp_path) as made:
        yield made
