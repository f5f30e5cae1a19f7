"""RouteProvider for a route table in memory: tests, demonstrations, dry runs."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import assert_never

import msgspec

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Route, RouteTable
from podroute.providers.interface import ProviderKind, RouteProvider, parse_options
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace


class MemoryOptions(msgspec.Struct, frozen=True):
    """There is nothing to choose."""


class MemoryRoutes:
    """A router that is a dictionary: one route for each destination."""

    def __init__(self, installed: Iterable[InstalledRoute] = ()) -> None:
        self._routes: dict[Cidr, InstalledRoute] = {route.destination: route for route in installed}

    async def read(self) -> RouteTable:
        return RouteTable(tuple(self._routes.values()))

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return tuple(self._take(change) for change in changes)

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return tuple(f"# {change}" for change in changes)

    def _take(self, change: Change) -> Outcome:
        match change:
            case Create(route=route):
                return self._create(change, route)
            case Replace(installed=expected) | Delete(installed=expected) if (
                expected.ownership == "foreign"
            ):
                return Failed(change, f"{expected.handle} is not ours", retry="pointless")
            case Replace(installed=expected, route=route) | Adopt(installed=expected, route=route):
                return self._replace(change, expected, route)
            case Delete(installed=expected):
                return self._delete(change, expected)
            case _:
                assert_never(change)

    def _create(self, change: Change, route: Route) -> Outcome:
        present = self._routes.get(route.destination)
        if present is not None and present != _installed(route):
            return Failed(change, f"{present.handle} is in the way", retry="pointless")
        self._routes[route.destination] = _installed(route)
        return Done(change)

    def _replace(self, change: Change, expected: InstalledRoute, route: Route) -> Outcome:
        present = self._routes.get(route.destination)
        if present not in {expected, _installed(route)}:
            return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
        self._routes[route.destination] = _installed(route)
        return Done(change)

    def _delete(self, change: Change, expected: InstalledRoute) -> Outcome:
        present = self._routes.get(expected.destination)
        if present not in {expected, None}:
            return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
        self._routes.pop(expected.destination, None)
        return Done(change)


def _installed(route: Route) -> InstalledRoute:
    handle = f"{route.destination} via {route.next_hop} in memory"
    return InstalledRoute(route.destination, route.next_hop, "ours", handle)


@asynccontextmanager
async def _connect(options: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    parse_options(MemoryOptions, options)
    yield MemoryRoutes()


KIND = ProviderKind("memory", _connect)
_: type[RouteProvider] = MemoryRoutes
