"""A Pod route: the next hop that carries the traffic of one podCIDR. Pure."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from podroute.model.cidr import Address, Cidr
from podroute.model.node import NodeName

Ownership: TypeAlias = Literal["ours", "foreign"]
Kind: TypeAlias = Literal["unicast", "blackhole", "link", "multipath"]


@dataclass(frozen=True, slots=True)
class Route:
    """Traffic for ``destination`` leaves through ``next_hop``, an InternalIP of ``node``."""

    destination: Cidr
    next_hop: Address
    node: NodeName


@dataclass(frozen=True, slots=True)
class InstalledRoute:
    """A route as a provider found it.

    ``kind``: ``unicast`` goes to one next hop, ``blackhole`` drops, ``link`` is delivered on an
    interface, ``multipath`` has several next hops. ``deviation`` says what the provider would
    write differently today, e.g. ``metric 50, not 0``; ``partial``: it is for some packets only.
    """

    destination: Cidr
    next_hop: Address | None  # None: not of kind unicast
    ownership: Ownership
    handle: str  # the provider's own words for it
    kind: Kind = "unicast"
    preference: int = 0  # the lowest is used; below 0: for some packets, and hides all others
    deviation: str = ""
    partial: bool = False


def use_order(route: InstalledRoute) -> tuple[int, str]:
    """Sorts routes to one destination: what traffic takes comes first.

    Of equally preferred ones a router may use any.
    """
    return route.preference, route.handle


class Preferences(NamedTuple):
    """Where a provider writes our routes among those to one destination, by IP version."""

    v4: int = 0
    v6: int = 0

    def of(self, destination: Cidr) -> int:
        """That of a route to ``destination``."""
        return self.v4 if destination.version == 4 else self.v6  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Quota:
    """How many routes the router takes, whosever they are."""

    used: int
    limit: int

    @property
    def is_full(self) -> bool:
        """Whether it takes no more."""
        return self.used >= self.limit


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Everything that a provider has in the managed scope, foreign routes included."""

    routes: tuple[InstalledRoute, ...] = ()
    on_link: tuple[Cidr, ...] | None = None  # where next hops can be; None: anywhere
    own_addresses: frozenset[Address] = frozenset()  # the router itself: never a next hop
    preferences: Preferences = field(default_factory=Preferences)
    quota: Quota | None = None  # None: there is none, or none is known
