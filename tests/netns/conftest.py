"""A kernel of one's own for each test."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from podroute.providers.interface import RouteProvider
from podroute.providers.linux.provider import KIND
from podroute.testing.netns import Namespace, node_network
from tests.netns.agents import WorkerPlace, worker_place


@pytest.fixture
def netns() -> Generator[Namespace]:
    """10.240.0.1/24 and fd00:10:240::1/64 on a link that is up; the test runs inside."""
    with node_network() as node, node.entered():
        yield node


@pytest.fixture
async def kernel(netns: Namespace) -> AsyncGenerator[RouteProvider]:
    """The provider in ``netns``, as it is without options."""
    with netns.entered():
        async with KIND.connect({}) as provider:
            yield provider


@pytest.fixture
def place(tmp_path: Path) -> Generator[WorkerPlace]:
    """A worker that has never run an agent."""
    with worker_place(tmp_path) as made:
        yield made
