"""What do the routes of the kernel's main table mean for a worker? Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from podroute.bridge.seen import DefaultRoute, Host, Interface
from podroute.host.rtnetlink import DROPPING, MAIN_TABLE, KernelRoute
from podroute.host.rtnetlink_lists import is_default, is_of_a_table, parse_route, protocol_of
from podroute.model.cidr import Address

_BY_ADVERTISEMENT: Final = 9  # the protocol number of such routes
_ONTO_LINKS: Final = frozenset((2, 3, 4))  # of the kernel's own with an address, and of a person's


def matters(body: bytes) -> bool:
    """Whether the entry may be a default route, or lead straight onto a link."""
    return (is_default(body) or protocol_of(body) in _ONTO_LINKS) and is_of_a_table(body)


def default_routes(routes: Iterable[KernelRoute]) -> tuple[DefaultRoute, ...]:
    """One for each link."""
    return tuple(
        DefaultRoute(number, one.destination.version, one.protocol == _BY_ADVERTISEMENT)
        for one in routes
        if one.destination.prefixlen == 0
        for number in {one.device, *(hop.device for hop in one.hops)} - {0}
    )


def cut_off(host: Host, routes: Sequence[KernelRoute]) -> frozenset[tuple[int, Interface]]:
    """Of links that are up, and not in a table of their own as those of a VRF."""
    led = {(one.device, one.destination) for one in routes if one.gateway is None}
    up = {link.number for link in host.links if link.up and not link.master}
    return frozenset(
        (number, address)
        for number, address in host.addresses
        if number in up and (number, address.network) not in led
    )


def way_in(bodies: Iterable[bytes], target: Address) -> tuple[int, Address | None] | str:
    """The link's number and the gateway of packets to ``target``, or why they go nowhere."""
    routes = [parse_route(body) for body in bodies if is_of_a_table(body)]
    fitting = [one for one in routes if one.table == MAIN_TABLE and target in one.destination]
    if not fitting:
        return "this worker has no route to it"
    best = min(fitting, key=lambda one: (-one.destination.prefixlen, one.metric))
    if best.type in DROPPING:
        return f"a route {DROPPING[best.type]} {best.destination} takes it away"
    way = best.hops[0] if best.hops else best
    return way.device, way.gateway
