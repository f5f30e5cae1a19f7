"""The provider for VyOS keeps the promises of every provider, before a simulated router."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.vyos.lines import put
from podroute.testing.vyos.router import Router as VyOS
from tests.appliances.vyos import before, opened, plant, served


class Simulated:
    """A router, with a VRF if that is asked for."""

    def __init__(self, **options: str) -> None:
        self._options = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        router = VyOS()
        vrf = self._options.get("vrf", "")
        if vrf:
            put(router.running, ["vrf", "name", vrf, "table", "100"])
            put(router.running, ["interfaces", "ethernet", "eth0", "vrf", vrf])
        said = ("distance", self._options["distance"]) if "distance" in self._options else ()
        for one in planted:
            plant(router, one, f"vrf name {vrf}" if vrf else "", *said)
        async with before(router, **self._options) as (provider, _):
            yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with served(VyOS()) as where:
            url = where.url
        async with opened(url, **self._options) as provider:
            yield provider


class TestDefaults(RouteProviderContract):
    """As it is without options."""

    router: Router = Simulated()


class TestOtherOptions(RouteProviderContract):
    """A VRF, another distance, and what is done is saved."""

    router: Router = Simulated(vrf="red", distance="7", write="true")
