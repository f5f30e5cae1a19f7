"""How are the kernel's routes and podroute's the same thing in other words? Pure."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from podroute.host.rtnetlink import (
    DROPPING,
    ENCAPSULATED,
    LINK_SCOPE,
    MAIN_TABLE,
    KernelRoute,
    Link,
    delete_route,
)
from podroute.host.rtnetlink_lists import parse_route
from podroute.model.cidr import Address, Cidr, sort_key
from podroute.model.route import InstalledRoute, Kind, Ownership, Route
from podroute.providers.linux.settings import LinuxOptions

_OBJECT_WORD: Final = " nhid "
_LINK_SCOPE_WORDS: Final = " scope link"
_NOT_KNOWN: Final = 0
_USUAL: Final = LinuxOptions()
_BEFORE_ALL: Final = -1  # where IPv6 finds routes for some sources it looks for no others

DeviceNames = Mapping[int, str]


class Listed(NamedTuple):
    """What a kernel has shown, in its own order.

    ``tables``: for each that was asked for, rtnetlink's messages; there may be others among them.
    """

    links: tuple[Link, ...]
    addresses: frozenset[Address]
    tables: Mapping[int, Sequence[bytes]]


def installed_routes(
    route: KernelRoute, devices: DeviceNames, options: LinuxOptions
) -> tuple[InstalledRoute, ...]:
    """The kernel's entry as a plan sees it, in parts where its next hops have several owners."""
    return tuple(_installed(one, devices, options) for one in _by_owner(route, options))


def as_foreign(route: InstalledRoute) -> InstalledRoute:
    """A route of ours that cannot be told from another one counts as somebody else's."""
    behind = "behind another route of ours, which `ip route del` would take for it"
    told = f"{route.deviation}, {behind}" if route.deviation else behind
    return replace(route, ownership="foreign", deviation=told)


def _by_owner(route: KernelRoute, options: LinuxOptions) -> tuple[KernelRoute, ...]:
    """IPv6 routes of one destination and metric come as one entry, with the first one's protocol.

    We never add a route to others: those behind one of ours are somebody else's.
    """
    listed_together = route.destination.version != 4 and not route.next_hop_object  # noqa: PLR2004
    if not route.hops or not listed_together or not is_ours(route, options):
        return (route,)
    first, *others = route.hops
    mine = route._replace(gateway=first.gateway, device=first.device, hops=())
    return mine, route._replace(protocol=_NOT_KNOWN, hops=tuple(others))


def is_ours(route: KernelRoute, options: LinuxOptions) -> bool:
    """By the owner mark."""
    return route.protocol == options.protocol and route.table == options.table


def _installed(route: KernelRoute, devices: DeviceNames, options: LinuxOptions) -> InstalledRoute:
    kind = _kind(route)
    ours = is_ours(route, options)
    ownership: Ownership = "ours" if ours else "foreign"
    return InstalledRoute(
        route.destination,
        route.gateway if kind == "unicast" else None,
        ownership,
        handle(route, devices),
        kind,
        _BEFORE_ALL if route.source else route.metric,
        ", ".join(_deviations(route, kind, options, ours=ours)),
        partial=bool(route.tos),
    )


class Pattern(NamedTuple):
    """A route without its destination: routes to one next hop differ in nothing else."""

    route: InstalledRoute
    before: str
    after: str


def pattern_of(route: InstalledRoute) -> Pattern:
    """The pattern that ``route`` is made after."""
    before, _, after = route.handle.partition(str(route.destination))
    return Pattern(route, before, after)


def made_after(pattern: Pattern, destination: Cidr) -> InstalledRoute:
    """The route of that pattern to ``destination``."""
    route, before, after = pattern
    return InstalledRoute(
        destination,
        route.next_hop,
        route.ownership,
        f"{before}{destination}{after}",
        route.kind,
        route.preference,
        route.deviation,
        route.partial,
    )


def _kind(route: KernelRoute) -> Kind:
    if route.hops:
        return "multipath"
    if route.type in DROPPING:
        return "blackhole"
    return "link" if route.gateway is None else "unicast"


def _deviations(
    route: KernelRoute, kind: Kind, options: LinuxOptions, *, ours: bool
) -> Iterator[str]:
    if route.tos:
        yield f"for tos {route.tos:#x} only"
    if route.source is not None:
        yield f"for packets from {route.source} only"
    if not ours:
        yield from (f"with {extra}" for extra in route.extras if extra == ENCAPSULATED)
        return
    metric = options.metric_of(route.destination.version)
    if route.metric != metric:
        yield f"metric {route.metric}, not {metric}"
    if kind != "unicast":
        yield f"{DROPPING.get(route.type, kind)}, not unicast"
    if route.next_hop_object:
        yield f"next hop object {route.next_hop_object}, not a next hop of its own"
    yield from (f"with {extra}" for extra in route.extras)


def handle(route: KernelRoute, devices: DeviceNames) -> str:
    """The words by which ``ip route`` knows exactly this route."""
    words = str(route.destination)
    if route.source is not None:
        words += f" from {route.source}"
    words += _way(route, devices)
    if route.scope:
        words += _LINK_SCOPE_WORDS if route.scope == LINK_SCOPE else f" scope {route.scope}"
    if route.protocol != _NOT_KNOWN:
        words += f" proto {route.protocol}"
    if route.type in DROPPING and not route.next_hop_object:
        words = f"{DROPPING[route.type]} {words}"
    if route.tos:
        words += f" tos {route.tos:#x}"
    words += f" metric {route.metric}"
    if route.table != MAIN_TABLE:
        words += f" table {route.table}"
    for hop in () if route.next_hop_object else route.hops:
        words += f" nexthop{_via(hop.gateway, route.destination)}"
        words += f"{_device(hop.device, devices)} weight {hop.weight}"
    return words


def _way(route: KernelRoute, devices: DeviceNames) -> str:
    if route.next_hop_object:
        return f"{_OBJECT_WORD}{route.next_hop_object}"
    return _via(route.gateway, route.destination) + _device(route.device, devices)


def _via(gateway: Address | None, destination: Cidr) -> str:
    if gateway is None:
        return ""
    return f" via {gateway}" if gateway.version == destination.version else f" via inet6 {gateway}"


def _device(index: int, devices: DeviceNames) -> str:
    return f" dev {devices.get(index, f'if{index}')}" if index else ""


def wished_route(route: Route, options: LinuxOptions) -> KernelRoute:
    """The entry that ``route`` asks for."""
    metric = options.metric_of(route.destination.version)
    return KernelRoute(route.destination, route.next_hop, options.protocol, metric, options.table)


def removals(
    listed: Mapping[bytes, Sequence[InstalledRoute]], devices: DeviceNames, options: LinuxOptions
) -> Mapping[str, bytes]:
    """By handle, the entry to name to the kernel so that just this route goes.

    That is the one it has listed, but for parts of an entry and for next hop objects.
    """
    found: dict[str, bytes] = {}
    for body, routes in listed.items():
        if len(routes) == 1 and _OBJECT_WORD not in routes[0].handle:
            found.setdefault(routes[0].handle, body)
        elif routes:
            for part in _by_owner(parse_route(body), options):
                found.setdefault(handle(part, devices), delete_route(part).body)
    return found


def connected_networks(
    routes: Sequence[KernelRoute], links: Sequence[Link], options: LinuxOptions
) -> tuple[Cidr, ...]:
    """Where next hops can be: what the kernel delivers itself on a link that is up."""
    usable = {link.number for link in links if link.up and not link.loopback}
    found = {
        route.destination: None
        for route in routes
        if route.device in usable
        and _kind(route) == "link"
        and not route.destination.is_link_local
        and not is_ours(route, options)
    }
    return tuple(sorted(found, key=sort_key))


def default_gateways(routes: Sequence[KernelRoute]) -> frozenset[Address]:
    """Where default routes lead; one of several ways counts as well."""
    everywhere = [route for route in routes if route.destination.prefixlen == 0]
    found = {route.gateway for route in everywhere}
    found |= {hop.gateway for route in everywhere for hop in route.hops}
    return frozenset(gateway for gateway in found if gateway is not None)


def has_key_of(installed: InstalledRoute, route: Route, options: LinuxOptions) -> bool:
    """Whether the kernel has no room for both."""
    metric = options.metric_of(route.destination.version)
    return installed.preference == metric and not installed.partial


def words_for(route: KernelRoute, *, any_metric: bool = False) -> str:
    """What a person types behind ``ip route add`` or ``del`` for a route that we write.

    ``any_metric``: that is what the kernel understands where none is said.
    """
    words = f"{route.destination}{_via(route.gateway, route.destination)} proto {route.protocol}"
    if any_metric or route.metric != _USUAL.metric_of(route.destination.version):
        words += f" metric {route.metric}"
    return words if route.table == MAIN_TABLE else f"{words} table {route.table}"


def ip_line(verb: str, destination: Cidr, words: str) -> str:
    """The line for ``words``."""
    family = () if destination.version == 4 else ("-6",)  # noqa: PLR2004
    return shlex.join(("ip", *family, "route", verb, *words.split()))
