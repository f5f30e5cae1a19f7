"""The provider for RouterOS keeps the promises of every provider, before a simulated router."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.routeros.router import Router as RouterOS
from tests.appliances.routeros import before, opened, plant, served


class Simulated:
    """A router with two routing tables."""

    def __init__(self, **options: str) -> None:
        self._options = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        router = RouterOS(tables=("main", "pods"))
        fields = {
            name: self._options[name] for name in ("distance", "routing-table") if self._options
        }
        for one in planted:
            plant(router, one, **fields)
        async with before(router, **self._options) as (provider, _):
            yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with served(RouterOS()) as where:
            url = where.url
        async with opened(url, **self._options) as provider:
            yield provider


class TestDefaults(RouteProviderContract):
    """As it is without options."""

    router: Router = Simulated()


class TestOtherOptions(RouteProviderContract):
    """Another table, another distance."""

    router: Router = Simulated(**{"distance": "7", "routing-table": "pods", "rate": "900"})
