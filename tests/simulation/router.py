"""A router on top of MemoryRoutes that fails, forgets, lies and lags, and has other writers."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Quota, RouteTable
from podroute.providers.interface import Limits, ProviderUnreachable
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Change, Create, destination_of
from tests.simulation.virtual_time import VirtualLoop
from tests.simulation.weather import Weather

_Routes = tuple[InstalledRoute, ...]


class Router:
    """What is installed in truth; ``told`` are called whenever that has changed."""

    def __init__(
        self,
        loop: VirtualLoop,
        weather: Weather,
        limits: Limits,
        quota: int | None,
        harmed: Callable[[Change], object],
    ) -> None:
        self.limits = limits
        self.told: list[Callable[[], object]] = []
        self.now: dict[Cidr, _Routes] = {}
        self._loop = loop
        self._weather = weather
        self._quota = quota
        self._harmed = harmed
        self._routes = MemoryRoutes()
        self._past: dict[Cidr, list[tuple[float, _Routes]]] = {}  # what was until then

    @property
    def routes(self) -> _Routes:
        """All of them."""
        return tuple(one for routes in self.now.values() for one in routes)

    @property
    def table(self) -> RouteTable:
        """As a reader without a lag sees it."""
        return self._table(self.routes)

    async def alter(
        self, gone: Iterable[InstalledRoute] = (), new: Iterable[InstalledRoute] = ()
    ) -> None:
        """Somebody else changes routes."""
        self._routes.alter(gone, new)
        await self._note()

    async def read(self) -> RouteTable:
        """As ``RouteProvider.read``: of each destination the state at some moment of the lag."""
        began = self._loop.time()
        await self._weather.passes()
        self._may_fail("read fails")
        routes: list[InstalledRoute] = []
        for destination in self.now.keys() | self._past.keys() if self._past else self.now:
            routes += self._seen(destination, began)
        self._weather.dice.shuffle(routes)
        return self._table(tuple(routes))

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """As ``RouteProvider.apply``; it goes on where nobody waits for it any more."""
        return await self._loop.ask(self._apply(changes))

    async def _apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        await self._weather.passes()
        self._may_fail("apply fails")
        outcomes: list[Outcome] = []
        for change in changes:
            outcomes.append(await self._carry_out(change))
            await asyncio.sleep(0)
        await self._weather.passes()
        return outcomes

    async def _carry_out(self, change: Change) -> Outcome:
        weather = self._weather
        if (refusal := self._refusal(change)) is not None:
            return refusal
        if weather.strikes("lie"):
            return Done(change)
        before = self._foreign(destination_of(change))
        (outcome,) = await self._routes.apply([change])
        await self._note()
        if before != self._foreign(destination_of(change)):
            self._harmed(change)
        return Failed(change, "no answer", "worth it") if weather.strikes("unheard") else outcome

    def _refusal(self, change: Change) -> Failed | None:
        weather = self._weather
        if weather.strikes("throttled"):
            return Failed(change, "slow down", "slower", weather.dice.choice((0.0, 1.0, 5.0)))
        if weather.strikes("refused"):
            return Failed(change, "an inner fault", "worth it")
        if weather.strikes("pointless"):
            return Failed(change, "not allowed", "pointless")
        full = self._quota is not None and len(self.routes) >= self._quota
        if full and isinstance(change, Create):
            return Failed(change, "the table is full", "worth it")
        return None

    def _may_fail(self, fault: str) -> None:
        if self._weather.strikes(fault):
            after = self._weather.dice.choice((0.0, 0.0, 3.0))
            message = "the router does not answer"
            raise ProviderUnreachable(message, after)

    async def _note(self) -> None:
        table = await self._routes.read()
        after: dict[Cidr, _Routes] = {}
        for one in table.routes:
            after[one.destination] = (*after.get(one.destination, ()), one)
        before, self.now = self.now, after
        for destination in before.keys() | after.keys() if self.limits.lag else ():
            if before.get(destination) != after.get(destination):
                past = self._past.setdefault(destination, [])
                past.append((self._loop.time(), before.get(destination, ())))
        for tell in self.told:
            tell()

    def _foreign(self, destination: Cidr) -> Sequence[InstalledRoute]:
        return [one for one in self.now.get(destination, ()) if one.ownership == "foreign"]

    def _seen(self, destination: Cidr, began: float) -> _Routes:
        present = self.now.get(destination, ())
        oldest = began - self.limits.lag
        past = [one for one in self._past.get(destination, ()) if one[0] > oldest]
        if not past:
            self._past.pop(destination, None)
            return present
        self._past[destination] = past
        if not self._weather.strikes("old view"):
            return present
        moment = self._weather.dice.uniform(oldest, self._loop.time())
        return next((routes for until, routes in past if until > moment), present)

    def _table(self, routes: _Routes) -> RouteTable:
        quota = None if self._quota is None else Quota(len(routes), self._quota)
        return replace(RouteTable(routes), quota=quota)
