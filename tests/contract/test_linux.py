"""The kernel provider keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from podroute.host.netlink import Netlink
from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.providers.linux.provider import KIND, LinuxRoutes
from podroute.providers.linux.settings import LinuxOptions
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.netns import node_network
from tests.onprem.planted import ip_line

pytestmark = pytest.mark.netns


class KernelRouter:
    """A kernel's routing table in a namespace of its own."""

    def __init__(self, **options: str) -> None:
        self._options: Mapping[str, str] = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with node_network() as node:
            node.ip("-batch", "-", lines=[ip_line(one, self._options) for one in planted])
            with node.entered():
                async with KIND.connect(self._options) as provider:
                    yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        closed = Netlink()
        closed.close()
        yield LinuxRoutes(closed, LinuxOptions())


class TestMainTable(RouteProviderContract):
    """As it is without options."""

    router: Router = KernelRouter()


class TestOtherTable(RouteProviderContract):
    """Every option chosen otherwise."""

    router: Router = KernelRouter(table="1000", protocol="77", metric="50")
