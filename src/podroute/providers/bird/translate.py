"""How are BIRD's routes and podroute's the same thing in other words? Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.model.cidr import Cidr, sort_key
from podroute.model.route import (
    InstalledRoute,
    Kind,
    Ownership,
    Preferences,
    RouteTable,
    gateways_in,
)
from podroute.providers.bird.answers import Answers, BirdRoute, Link
from podroute.providers.bird.include_file import Entry
from podroute.providers.bird.settings import BirdOptions

_HIGHEST: Final = 0xFFFF  # of BIRD's preferences: ours are counted from there, the lowest is used
_REFUSED: Final = "!"
_IDLE: Final = "configured, but not in BIRD's table"


def route_table(answers: Answers, options: BirdOptions) -> RouteTable:
    """Ours as the file has them, all others as BIRD's tables have them."""
    running = {one.destination: one for one in answers.routes if is_ours(one, options)}
    ours = [
        _installed(one, running.get(one.destination), options) for one in answers.entries.values()
    ]
    left = [_left(one, options) for cidr, one in running.items() if cidr not in answers.entries]
    others = [_foreign(one) for one in answers.routes if not is_ours(one, options)]
    own = {spelled.ip for link in answers.links for spelled in link.addresses}
    place = _HIGHEST - options.preference
    routes = (*ours, *left, *others)
    return RouteTable(
        routes,
        _networks(answers.links),
        frozenset(own),
        Preferences(place, place),
        gateways=gateways_in(routes),
    )


def is_ours(route: BirdRoute, options: BirdOptions) -> bool:
    """By the protocol that it is of."""
    return route.protocol == options.protocol_of(route.destination.version)


def runs(entry: Entry, route: BirdRoute | None) -> bool:
    """Whether BIRD has what the file has."""
    if route is None or route.preference != entry.preference:
        return False
    if entry.next_hop is None:
        return route.kind == "blackhole"
    return route.kind == "unicast" and route.hops == (entry.next_hop,)


def _installed(entry: Entry, route: BirdRoute | None, options: BirdOptions) -> InstalledRoute:
    return InstalledRoute(
        entry.destination,
        entry.next_hop,
        "ours",
        entry.line,
        "unicast" if entry.next_hop else "blackhole",
        _HIGHEST - entry.preference,
        ", ".join(_deviations(entry, route, options)),
    )


def _deviations(entry: Entry, route: BirdRoute | None, options: BirdOptions) -> Iterator[str]:
    if entry.preference != options.preference:
        yield f"preference {entry.preference}, not {options.preference}"
    if entry.next_hop is None:
        yield "blackhole, not unicast"
    if not runs(entry, route):
        yield _IDLE
    elif route and route.sign == _REFUSED:
        yield "the kernel has refused it"


def _left(route: BirdRoute, options: BirdOptions) -> InstalledRoute:
    """BIRD has not read the file since it went from there."""
    return _as_found(route, "ours", f"in BIRD's table, but not in {options.file}")


def _foreign(route: BirdRoute) -> InstalledRoute:
    return _as_found(route, "foreign", "")


def _as_found(route: BirdRoute, ownership: Ownership, deviation: str) -> InstalledRoute:
    kind = _kind(route)
    return InstalledRoute(
        route.destination,
        route.hops[0] if kind == "unicast" else None,
        ownership,
        route.spelled,
        kind,
        _HIGHEST - route.preference,
        deviation,
    )


def _kind(route: BirdRoute) -> Kind:
    if route.kind != "unicast":
        return "blackhole"
    if len(route.hops) + len(route.links) > 1:
        return "multipath"
    return "unicast" if route.hops else "link"


def _networks(links: Sequence[Link]) -> tuple[Cidr, ...]:
    """Where next hops can be: the networks of links that are up."""
    found = {
        spelled.network: None
        for link in links
        if link.up
        for spelled in link.addresses
        if not spelled.is_loopback and not spelled.is_link_local
    }
    return tuple(sorted(found, key=sort_key))
