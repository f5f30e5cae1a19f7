"""The kernel of a router behind a real OpenSSH keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Mapping, Sequence
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
from tests.onprem.sshd import SshRouter, ssh_router

pytestmark = [pytest.mark.netns, needs_machine_root]


class SshKernelRouter:
    """A kernel in a namespace of its own, reached by SSH; ``options`` are of its table."""

    def __init__(self, through: str = "on-router", **options: str) -> None:
        self._through = through
        self._options = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node:
            node.ip("-batch", "-", lines=[ip_line(one, self._options) for one in planted])
            with node.entered():
                async with (
                    ssh_router(node, Path(place), self._options) as router,
                    KIND.connect(self._logged_in(router)) as provider,
                ):
                    yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            async with ssh_router(node, Path(place)) as router:
                options = self._logged_in(router)
            async with KIND.connect(options) as provider:
                yield provider

    def _logged_in(self, router: SshRouter) -> Mapping[str, str]:
        """By ``ip`` it is not the router that chooses."""
        return router.open(**self._options) if self._through == "ip" else router.options()


class TestMainTable(RouteProviderContract):
    """As it is without options."""

    router: Router = SshKernelRouter()


class TestOtherTable(RouteProviderContract):
    """Every option chosen otherwise, in the router's file."""

    router: Router = SshKernelRouter(table="1000", protocol="77", metric="50")


class TestMainTableByIp(RouteProviderContract):
    """The same by the program ``ip``."""

    router: Router = SshKernelRouter("ip")


class TestOtherTableByIp(RouteProviderContract):
    """Every option chosen otherwise, here."""

    router: Router = SshKernelRouter("ip", table="1000", protocol="77", metric="50")
