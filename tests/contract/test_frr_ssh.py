"""A real FRRouting behind a real OpenSSH keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.frr.provider import KIND
from podroute.providers.interface import RouteProvider
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.netns import node_network
from tests.machine_root import needs_machine_root
from tests.onprem.daemons_of_debian import LATER
from tests.onprem.frr import frr_router
from tests.onprem.planted import frr_line
from tests.onprem.sshd import ssh_router

pytestmark = [pytest.mark.netns, needs_machine_root]

USUAL = ("zebra", "staticd")


class FrrThere:
    """zebra, staticd and sshd in a namespace of their own; ``edition`` is Debian's."""

    def __init__(self, edition: str = "") -> None:
        self._edition = edition

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as folder, node_network() as node, node.entered():
            place = Path(folder)
            daemons = ("mgmtd", *USUAL) if self._edition else USUAL
            routing = frr_router(node, place, daemons=daemons, edition=self._edition)
            async with routing as frr, ssh_router(node, place) as sshd:
                sshd.allow("")
                if planted:
                    frr.configure(*(frr_line(one, {}) for one in planted))
                options = sshd.options(**frr.options())
                async with KIND.connect(options) as provider:
                    yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as folder, node_network() as node, node.entered():
            async with ssh_router(node, Path(folder)) as sshd:
                options = sshd.options()
            async with KIND.connect(options) as provider:
                yield provider


class TestBehindSsh(RouteProviderContract):
    """As it is without other options."""

    router: Router = FrrThere()


class TestMgmtdBehindSsh(RouteProviderContract):
    """FRRouting 10."""

    router: Router = FrrThere(LATER)
