"""The memory provider keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.providers.memory.provider import MemoryRoutes
from podroute.testing.contract import RouteProviderContract, Router


class MemoryRouter:
    """A dictionary is always at hand."""

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        yield MemoryRoutes(planted)

    def unreachable(self) -> None:
        return None


class TestMemory(RouteProviderContract):
    """A router that is a dictionary."""

    router: Router = MemoryRouter()
