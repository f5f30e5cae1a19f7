"""How are FRRouting's routes and podroute's the same thing in other words? Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.model.cidr import Address, Cidr, parse_address, parse_cidr, sort_key
from podroute.model.route import InstalledRoute, Kind, Preferences, Route, RouteTable, gateways_in
from podroute.providers.frr.answers import Answers, Link, RibRoute, Static
from podroute.providers.frr.settings import DEFAULT_VRF, USUAL_DISTANCE, FrrOptions

_BEFORE_ALL: Final = -1  # where IPv6 finds routes for some sources it looks for no others
_IDLE: Final = "configured, but not in the routing table"
_STATIC: Final = "static"
_UP: Final = "up"


def route_table(answers: Answers, options: FrrOptions) -> RouteTable:
    """All that leads somewhere in the VRF: static routes as configured, all others as they are.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
    networks = _networks(list(answers.links.values()))
    active = set(_active(answers.rib))
    statics = [
        _installed(one, options, idle=_has_no_effect(one, active, networks))
        for one in answers.statics
    ]
    others = [_foreign(one) for one in answers.rib if one.protocol != _STATIC]
    own = {spelled.ip for link in answers.links.values() for spelled in link.spelled()}
    place = options.distance
    routes = (*statics, *others)
    return RouteTable(
        routes,
        networks,
        frozenset(own),
        Preferences(place, place),
        gateways=gateways_in(routes),
    )


def is_ours(static: Static, options: FrrOptions) -> bool:
    """By the owner mark."""
    return static.tag == options.tag


def is_idle(route: InstalledRoute) -> bool:
    """Whether a route of ours is configured, and nothing is sent there."""
    return route.deviation.endswith(_IDLE)


def line_for(route: Route, options: FrrOptions) -> str:
    """The configuration line that ``route`` asks for, as FRRouting shows it, and its VRF."""
    word = "ip" if route.destination.version == 4 else "ipv6"  # noqa: PLR2004
    line = f"{word} route {route.destination} {route.next_hop} tag {options.tag}"
    if options.distance != USUAL_DISTANCE:
        line += f" {options.distance}"
    return line if options.vrf == DEFAULT_VRF else f"{line} vrf {options.vrf}"


def _installed(static: Static, options: FrrOptions, *, idle: bool) -> InstalledRoute:
    return InstalledRoute(
        static.destination,
        static.next_hop,
        "ours" if is_ours(static, options) else "foreign",
        static.line,
        _kind(static),
        _BEFORE_ALL if static.source else static.distance,
        ", ".join(_deviations(static, options, idle=idle)),
    )


def _kind(static: Static) -> Kind:
    if static.drops:
        return "blackhole"
    return "link" if static.next_hop is None else "unicast"


def _deviations(static: Static, options: FrrOptions, *, idle: bool) -> Iterator[str]:
    if static.source:
        yield f"for packets from {static.source} only"
    yield from (f"with {extra}" for extra in static.extras)
    if not is_ours(static, options):
        return
    if static.distance != options.distance:
        yield f"distance {static.distance}, not {options.distance}"
    if static.drops:
        yield "blackhole, not unicast"
    elif static.device:
        yield f"through {static.device}"
    if idle:
        yield _IDLE


def _active(rib: Sequence[RibRoute]) -> Iterator[tuple[Cidr, Address]]:
    for route in rib:
        if route.protocol == _STATIC:
            cidr = parse_cidr(route.prefix)
            yield from ((cidr, parse_address(hop.ip)) for hop in route.nexthops if hop.ip)


def _has_no_effect(
    static: Static, active: set[tuple[Cidr, Address]], networks: Sequence[Cidr]
) -> bool:
    """Its next hop could be reached, and yet nothing is sent there."""
    hop = static.next_hop
    if hop is None or (static.destination, hop) in active:
        return False
    return any(hop in network for network in networks)


def _foreign(route: RibRoute) -> InstalledRoute:
    hops = route.nexthops
    return InstalledRoute(
        parse_cidr(route.prefix),
        parse_address(hops[0].ip) if len(hops) == 1 and hops[0].ip else None,
        "foreign",
        route.spelled,
        _kind_in_rib(route),
        route.distance,
    )


def _kind_in_rib(route: RibRoute) -> Kind:
    hops = route.nexthops
    if len(hops) > 1:
        return "multipath"
    if not hops or hops[0].drops:
        return "blackhole"
    return "unicast" if hops[0].ip else "link"


def _networks(links: Sequence[Link]) -> tuple[Cidr, ...]:
    """Where next hops can be: the networks of links that are up."""
    found = {
        spelled.network: None
        for link in links
        if link.status == _UP
        for spelled in link.spelled()
        if not spelled.is_loopback and not spelled.is_link_local
    }
    return tuple(sorted(found, key=sort_key))
