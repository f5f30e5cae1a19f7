"""One of several routers that cannot be opened at the start: the others do not wait for it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from podroute.model.route import RouteTable
from podroute.providers.interface import (
    FinishingRouter,
    Limits,
    ProviderUnreachable,
    RouteProvider,
)
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change

_NOT_YET = "the router is not open yet"


class LateRoutes:
    """Each read tries ``opening``, until that gives the router; nothing is sent before.

    ``opened`` is called then: from that moment on the limits are those of the router.
    """

    def __init__(self, opening: Callable[[], Awaitable[RouteProvider]]) -> None:
        self.limits = Limits()
        self.opened: Callable[[], object] = bool
        self._opening = opening
        self._routes: RouteProvider | None = None

    async def read(self) -> RouteTable:
        if self._routes is None:
            try:
                self._routes = await self._opening()
            except Exception as error:
                raise ProviderUnreachable(str(error)) from error
            self.limits = self._routes.limits
            self.opened()
        return await self._routes.read()

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return await self._open().apply(changes)

    async def changed(self) -> None:
        if self._routes is None:
            await asyncio.Event().wait()
        await self._open().changed()

    async def finish(self) -> None:
        """Nothing, of a provider whose changes are over with ``apply``."""
        if isinstance(self._routes, FinishingRouter):
            await self._routes.finish()

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return self._open().commands(changes)

    def _open(self) -> RouteProvider:
        if self._routes is None:
            raise ProviderUnreachable(_NOT_YET)
        return self._routes


_: tuple[type[RouteProvider], type[FinishingRouter]] = (LateRoutes, LateRoutes)
