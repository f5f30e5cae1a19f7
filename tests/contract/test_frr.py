"""A real FRRouting keeps the promises of every provider."""

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
from tests.onprem.frr import frr_router
from tests.onprem.planted import frr_line

pytestmark = pytest.mark.netns


class FrrHere:
    """zebra and staticd in a namespace of their own."""

    def __init__(self, **options: str) -> None:
        self._options = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            red = "vrf" in self._options
            async with frr_router(node, Path(place), with_red=red) as router:
                if planted:
                    router.configure(*(frr_line(one, self._options) for one in planted))
                async with KIND.connect(router.options(**self._options)) as provider:
                    yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            async with frr_router(node, Path(place)) as router:
                options = router.options()
            async with KIND.connect(options) as provider:
                yield provider


class TestDefaults(RouteProviderContract):
    """As it is without options."""

    router: Router = FrrHere()


class TestOtherOptions(RouteProviderContract):
    """Every option chosen otherwise."""

    router: Router = FrrHere(tag="4711", distance="50", write="true")


class TestVrf(RouteProviderContract):
    """A VRF, with the same networks as the default one."""

    router: Router = FrrHere(vrf="red")
