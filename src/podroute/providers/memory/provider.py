"""RouteProvider for a route table in memory: tests, demonstrations, dry runs."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from typing import assert_never

import msgspec

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Preferences, Route, RouteTable
from podroute.providers.interface import Limits, ProviderKind, RouteProvider, parse_options
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace


class MemoryOptions(msgspec.Struct, frozen=True):
    """There is nothing to choose."""


class MemoryRoutes:
    """A router that is a dictionary; our routes are written at ``preference``."""

    def __init__(self, installed: Iterable[InstalledRoute] = (), preference: int = 0) -> None:
        self.limits = Limits()
        self._preference = preference
        self._altered = asyncio.Event()
        self._routes: dict[Cidr, tuple[InstalledRoute, ...]] = {}
        for route in installed:
            self._put(route)

    async def read(self) -> RouteTable:
        self._altered.clear()
        routes = tuple(chain.from_iterable(self._routes.values()))
        return RouteTable(routes, preferences=Preferences(self._preference, self._preference))

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return tuple(self._take(change) for change in changes)

    async def changed(self) -> None:
        await self._altered.wait()

    def alter(self, gone: Iterable[InstalledRoute], new: Iterable[InstalledRoute]) -> None:
        """Somebody else changes routes."""
        for route in gone:
            self._remove(route)
        for route in new:
            self._put(route)
        self._altered.set()

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return tuple(f"# {change}" for change in changes)

    def _take(self, change: Change) -> Outcome:
        match change:
            case Create(route=route):
                return self._write(change, route)
            case Replace(installed=expected) | Delete(installed=expected) if (
                expected.ownership == "foreign"
            ):
                return Failed(change, f"{expected.handle} is not ours", retry="pointless")
            case Adopt(installed=expected, written=True):
                self._remove(expected)
                return Done(change)
            case Replace(installed=expected, route=route) | Adopt(installed=expected, route=route):
                return self._replace(change, expected, route)
            case Delete(installed=expected):
                return self._delete(change, expected)
            case _:
                assert_never(change)

    def _write(self, change: Change, route: Route) -> Outcome:
        present = self._routes.get(route.destination, ())
        wished = self._installed(route)
        if wished in present:
            return Done(change)
        here = (one for one in present if one.preference == self._preference)
        holder = next((one for one in here if not one.partial), None)
        if holder is not None:
            return Failed(change, f"{holder.handle} is in the way", retry="pointless")
        self._put(wished)
        return Done(change)

    def _replace(self, change: Change, expected: InstalledRoute, route: Route) -> Outcome:
        present = self._routes.get(route.destination, ())
        if expected not in present:
            if self._installed(route) in present:
                return Done(change)
            return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
        self._remove(expected)
        outcome = self._write(change, route)
        if isinstance(outcome, Failed):
            self._put(expected)
        return outcome

    def _delete(self, change: Change, expected: InstalledRoute) -> Outcome:
        present = self._routes.get(expected.destination, ())
        changed = any((one.ownership, one.preference) == _mark(expected) for one in present)
        if expected not in present and changed:
            return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
        self._remove(expected)
        return Done(change)

    def _put(self, route: InstalledRoute) -> None:
        present = self._routes.get(route.destination, ())
        self._routes[route.destination] = (*present, route)

    def _remove(self, route: InstalledRoute) -> None:
        present = self._routes.get(route.destination, ())
        self._routes[route.destination] = tuple(one for one in present if one != route)

    def _installed(self, route: Route) -> InstalledRoute:
        handle = f"{route.destination} via {route.next_hop} in memory"
        preference = self._preference
        return InstalledRoute(
            route.destination, route.next_hop, "ours", handle, preference=preference
        )


def _mark(route: InstalledRoute) -> tuple[str, int]:
    return route.ownership, route.preference


@asynccontextmanager
async def _connect(options: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    parse_options(MemoryOptions, options)
    yield MemoryRoutes()


KIND = ProviderKind("memory", _connect)
_: type[RouteProvider] = MemoryRoutes
