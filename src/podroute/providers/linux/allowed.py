"""What does a router let podroute do from elsewhere? Pure.

Whoever asks may lie: a route to be removed is named by its handle, so that must say where to.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from podroute.host.rtnetlink import DROPPING
from podroute.model.cidr import Address, Cidr, contains
from podroute.model.route import InstalledRoute
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_KINDS: Final = frozenset(DROPPING.values())


@dataclass(frozen=True, slots=True)
class Allowed:
    """``source`` says this, e.g. the name of a file."""

    destinations: tuple[Cidr, ...]
    next_hops: tuple[Cidr, ...]
    source: str

    def objection(self, change: Change) -> str:
        """Why ``change`` may not be; "" where it may."""
        destination = destination_of(change)
        if not any(contains(one, destination) for one in self.destinations):
            return f"{destination} is outside of destinations in {self.source} of the router"
        match change:
            case Create(route=route):
                return self._about(route.next_hop)
            case (
                Replace(installed=installed, route=route) | Adopt(installed=installed, route=route)
            ):
                return self._about(route.next_hop) or _about(installed, destination)
            case Delete(installed=installed):
                return _about(installed, destination)
            case _:
                assert_never(change)

    def _about(self, next_hop: Address) -> str:
        if any(next_hop in one for one in self.next_hops):
            return ""
        return f"{next_hop} is outside of next-hops in {self.source} of the router"


def _about(installed: InstalledRoute, destination: Cidr) -> str:
    first, *others = installed.handle.split() or [""]
    named = others[0] if first in _KINDS and others else first
    if installed.destination == destination and named == str(destination):
        return ""
    return f"{installed.handle} is no route to {destination}"
