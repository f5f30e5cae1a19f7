"""A Pod route: the next hop that carries the traffic of one podCIDR. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Self, TypeAlias

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
    provider_id: str = ""  # the machine that the Node says it is at its cloud; "" where it does not


@dataclass(frozen=True, slots=True)
class InstalledRoute:
    """A route as a provider found it.

    ``kind``: ``unicast`` goes to one next hop, ``blackhole`` drops, ``link`` is delivered on an
    interface, ``multipath`` has several next hops. ``deviation`` says what the provider would
    write differently today, e.g. ``metric 50, not 0``; ``partial``: it is for some packets only;
    ``incomplete``: a part of the router lacks it, which is all that is to be written there.
    ``warning``: why the router itself says that nothing is forwarded by it, as another one in its
    place would not be either; it comes and goes, and the route is the same.
    """

    destination: Cidr
    next_hop: Address | None  # None: not of kind unicast
    ownership: Ownership
    handle: str  # the provider's own words for it
    kind: Kind = "unicast"
    preference: int = 0  # the lowest is used; below 0: for some packets, and hides all others
    deviation: str = ""
    partial: bool = False
    incomplete: bool = False
    warning: str = field(default="", compare=False)


def gateways_in(routes: Iterable[InstalledRoute]) -> frozenset[Address]:
    """Where default routes among them lead, each to one next hop."""
    return frozenset(
        route.next_hop
        for route in routes
        if route.destination.prefixlen == 0 and route.next_hop is not None
    )


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
    """How many routes the router takes, whosever they are.

    ``apart``: those of IPv4 and of IPv6, where each may reach ``limit``; ``used`` is the greater.
    ``spare``: places that a replacement takes for a moment.
    """

    used: int
    limit: int
    apart: tuple[int, int] | None = None
    spare: int = 0

    @classmethod
    def by_version(cls, v4: int, v6: int, limit: int) -> Self:
        """Where IPv4 and IPv6 are counted apart."""
        return cls(max(v4, v6), limit, (v4, v6))

    @property
    def is_full(self) -> bool:
        """Whether it takes no more, at least of one IP version."""
        return self.used >= self.limit

    def used_by(self, version: int) -> int:
        """What counts for a route of this IP version."""
        if self.apart is None:
            return self.used
        return self.apart[0] if version == 4 else self.apart[1]  # noqa: PLR2004

    def room(self, version: int) -> int:
        """How many new routes of this IP version it takes."""
        return self.limit - self.used_by(version)

    def with_more(self, version: int, count: int = 1) -> Self:
        """The same when so many have come."""
        if self.apart is None:
            return replace(self, used=self.used + count)
        v4, v6 = self.apart
        apart = (v4 + count, v6) if version == 4 else (v4, v6 + count)  # noqa: PLR2004
        return replace(self, used=max(apart), apart=apart)


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Everything that a provider has in the managed scope, foreign routes included."""

    routes: tuple[InstalledRoute, ...] = ()
    on_link: tuple[Cidr, ...] | None = None  # where next hops can be; None: anywhere
    own_addresses: frozenset[Address] = frozenset()  # the router itself: never a next hop
    preferences: Preferences = field(default_factory=Preferences)
    quota: Quota | None = None  # None: there is none, or none is known
    one_each: bool = False  # one route for each destination: another's leaves no room for ours
    gateways: frozenset[Address] = frozenset()  # where its default routes lead: never a next hop
    whose: str = "the router"  # in the words of a refusal
