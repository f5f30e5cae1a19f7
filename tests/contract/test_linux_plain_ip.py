"""The kernel of a router by its program ``ip``, behind a real OpenSSH, keeps the same promises."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.providers.linux.ssh_provider import KIND
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.netns import node_network
from tests.machine_root import needs_machine_root
from tests.onprem.planted import ip_line
from tests.onprem.sshd import ssh_router

pytestmark = [pytest.mark.netns, needs_machine_root]


class PlainIpRouter:
    """A kernel in a namespace of its own, and a login that may run anything there."""

    def __init__(self, **options: str) -> None:
        self._options = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node:
            node.ip("-batch", "-", lines=[ip_line(one, self._options) for one in planted])
            with node.entered():
                async with (
                    ssh_router(node, Path(place)) as router,
                    KIND.connect(router.open(**self._options)) as provider,
                ):
                    yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            async with ssh_router(node, Path(place)) as router:
                options = router.options(through="ip")
            async with KIND.connect(options) as provider:
                yield provider


class TestMainTable(RouteProviderContract):
    """As it is without options."""

    router: Router = PlainIpRouter()


class TestOtherTable(RouteProviderContract):
    """Every option chosen otherwise."""

    router: Router = PlainIpRouter(table="1000", protocol="77", metric="50")
