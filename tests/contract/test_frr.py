"""A real FRRouting keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.frr.provider import KIND
from podroute.providers.interface import RouteProvider
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.netns import Namespace, node_network
from tests.onprem.daemons_of_debian import LATER
from tests.onprem.frr import FrrRouter, frr_router
from tests.onprem.planted import frr_line

pytestmark = pytest.mark.netns

USUAL = ("zebra", "staticd")


class FrrHere:
    """zebra and staticd in a namespace of their own; ``edition`` is Debian's."""

    def __init__(self, edition: str = "", **options: str) -> None:
        self._options = options
        self._edition = edition
        self._daemons = ("mgmtd", *USUAL) if edition else USUAL

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            async with self._router(node, Path(place)) as router:
                if planted:
                    router.configure(*(frr_line(one, self._options) for one in planted))
                async with KIND.connect(router.options(**self._options)) as provider:
                    yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            async with self._router(node, Path(place)) as router:
                options = router.options()
            async with KIND.connect(options) as provider:
                yield provider

    def _router(self, node: Namespace, place: Path) -> AbstractAsyncContextManager[FrrRouter]:
        red, edition = "vrf" in self._options, self._edition
        return frr_router(node, place, with_red=red, daemons=self._daemons, edition=edition)


class TestDefaults(RouteProviderContract):
    """As it is without options."""

    router: Router = FrrHere()


class TestOtherOptions(RouteProviderContract):
    """Every option chosen otherwise."""

    router: Router = FrrHere(tag="4711", distance="50", write="true")


class TestVrf(RouteProviderContract):
    """A VRF, with the same networks as the default one."""

    router: Router = FrrHere(vrf="red")


class TestMgmtd(RouteProviderContract):
    """FRRouting 10."""

    router: Router = FrrHere(LATER, write="true")


class TestMgmtdVrf(RouteProviderContract):
    """And in a VRF."""

    router: Router = FrrHere(LATER, vrf="red")
