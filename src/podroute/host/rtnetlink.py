"""How is the kernel asked about routes, links, addresses and neighbours? Pure.

The numbers are those of linux/rtnetlink.h, linux/if_link.h, if_addr.h and neighbour.h.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple

from podroute.model.cidr import Address, Cidr

AF_INET: Final = 2
AF_INET6: Final = 10

NEW_ROUTE: Final = 24
DELETE_ROUTE: Final = 25
GET_ROUTE: Final = 26
GET_LINK: Final = 18
GET_ADDRESS: Final = 22
GET_NEIGHBOUR: Final = 30

REQUEST: Final = 0x001
EXCLUSIVE: Final = 0x200
CREATE: Final = 0x400

MAIN_TABLE: Final = 254
MAX_METRIC: Final = 0xFFFFFFFF
LINK_SCOPE: Final = 253
UNICAST: Final = 1
ENCAPSULATED: Final = "encap"
DROPPING: Final[Mapping[int, str]] = {6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}

_TABLE_IN_ATTRIBUTE: Final = 252  # RT_TABLE_COMPAT: the header has one byte only

RTA_DST: Final = 1
RTA_SRC: Final = 2
RTA_IIF: Final = 3
RTA_OIF: Final = 4
RTA_GATEWAY: Final = 5
RTA_PRIORITY: Final = 6
RTA_MULTIPATH: Final = 9
RTA_TABLE: Final = 15
RTA_VIA: Final = 18
RTA_NH_ID: Final = 30

_TARGET_NAMESPACE: Final = 10
_SKIP_STATISTICS: Final = 1 << 3
_IPV4_SIZE: Final = 4

ROUTE_HEADER: Final = Struct("=BBBBBBBBI")
_ROUTE_IPV4: Final = Struct("=BBBBBBBBI HH4s HHI HHI")
_ROUTE_IPV6: Final = Struct("=BBBBBBBBI HH16s HHI HHI")
LINK_HEADER: Final = Struct("=BxHiII")
ADDRESS_HEADER: Final = Struct("=BBBBi")
NEIGHBOUR_HEADER: Final = Struct("=BxxxiHBB")
HOP_HEADER: Final = Struct("=HBBi")
ATTRIBUTE: Final = Struct("=HH")
_NUMBER_ATTRIBUTE: Final = Struct("=HHI")


class Request(NamedTuple):
    """One message to the kernel, without sequence number."""

    type: int
    flags: int
    body: bytes


class Refusal(NamedTuple):
    """Why a request was not carried out; ``ENOBUFS``: its answer was lost, it may have been."""

    errno: int
    words: str


class Hop(NamedTuple):
    """One of several ways of a multipath route."""

    gateway: Address | None
    device: int
    weight: int


class KernelRoute(NamedTuple):
    """An entry of a kernel routing table."""

    destination: Cidr
    gateway: Address | None
    protocol: int
    metric: int
    table: int = MAIN_TABLE
    device: int = 0  # an interface's index; 0: the kernel finds it
    type: int = UNICAST
    tos: int = 0
    next_hop_object: int = 0
    hops: tuple[Hop, ...] = ()  # of a multipath route
    source: Cidr | None = None  # only packets from there
    extras: tuple[str, ...] = ()  # what else it says, in words of ``ip route``
    scope: int = 0


class Neighbour(NamedTuple):
    """Who was looked for on a link; ``silent``: nobody answers there."""

    address: Address
    device: int
    silent: bool


class Link(NamedTuple):
    """A network interface."""

    number: int
    name: str
    up: bool
    loopback: bool


def new_route(route: KernelRoute) -> Request:
    """Adds ``route``, or is refused where its destination and metric are taken."""
    return Request(NEW_ROUTE, REQUEST | CREATE | EXCLUSIVE, _route_body(route))


def delete_route(route: KernelRoute) -> Request:
    """Removes the route that agrees with ``route``, in IPv4 at any metric where that is 0.

    IPv6 has no word for "without gateway".
    """
    any_type = route._replace(type=0) if route.next_hop_object else route  # the object has its own
    return Request(DELETE_ROUTE, REQUEST, _route_body(any_type))


def delete_listed(body: bytes) -> Request:
    """Removes what a list has shown as ``body``, or the first that agrees with it.

    It has no next hop object; in IPv4 any metric agrees where it has none.
    """
    return Request(DELETE_ROUTE, REQUEST, body)


def list_routes(family: int, table: int) -> Request:
    """Asks for the routes of one table; a kernel before 4.20 answers with all tables."""
    header = ROUTE_HEADER.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
    return Request(GET_ROUTE, REQUEST, header + _number(RTA_TABLE, table))


def look_up(target: Address, source: Address | None, device: int) -> Request:
    """Asks which way a packet takes; with ``source``, one that comes in by ``device``."""
    family, size = (AF_INET, 32) if target.version == 4 else (AF_INET6, 128)  # noqa: PLR2004
    packed = target.packed
    attributes = ATTRIBUTE.pack(4 + len(packed), RTA_DST) + packed
    if source is not None:
        attributes += ATTRIBUTE.pack(4 + len(packed), RTA_SRC) + source.packed
        attributes += _number(RTA_IIF, device)
    header = ROUTE_HEADER.pack(family, size, size if source else 0, 0, 0, 0, 0, 0, 0)
    return Request(GET_ROUTE, REQUEST, header + attributes)


def list_links() -> Request:
    """Asks for all interfaces, without their counters."""
    header = LINK_HEADER.pack(0, 0, 0, 0, 0)
    return Request(GET_LINK, REQUEST, header + _number(29, _SKIP_STATISTICS))


def list_addresses() -> Request:
    """Asks for the addresses of both families."""
    return Request(GET_ADDRESS, REQUEST, ADDRESS_HEADER.pack(0, 0, 0, 0, 0))


def list_addresses_in(namespace: int, family: int) -> Request:
    """The same in another network namespace, by the number that this one has for it."""
    header = ADDRESS_HEADER.pack(family, 0, 0, 0, 0)
    return Request(GET_ADDRESS, REQUEST, header + _number(_TARGET_NAMESPACE, namespace))


def list_neighbours() -> Request:
    """Asks who was looked for on the links, in both families."""
    return Request(GET_NEIGHBOUR, REQUEST, NEIGHBOUR_HEADER.pack(0, 0, 0, 0, 0))


def _route_body(route: KernelRoute) -> bytes:
    destination = route.destination
    network = destination.network_address.packed
    size = len(network)
    family, shape = (AF_INET, _ROUTE_IPV4) if size == _IPV4_SIZE else (AF_INET6, _ROUTE_IPV6)
    return shape.pack(
        family,
        destination.prefixlen,
        0 if route.source is None else route.source.prefixlen,
        route.tos,
        _TABLE_IN_ATTRIBUTE,
        route.protocol,
        route.scope,
        route.type,
        0,
        *(4 + size, RTA_DST, network),
        *(8, RTA_TABLE, route.table),
        *(8, RTA_PRIORITY, route.metric),
    ) + _way(route)


def _way(route: KernelRoute) -> bytes:
    way = b""
    if route.source is not None:
        source = route.source.network_address.packed
        way = ATTRIBUTE.pack(4 + len(source), RTA_SRC) + source
    if route.next_hop_object:
        return way + _number(RTA_NH_ID, route.next_hop_object)
    if route.gateway is not None:
        way += _gateway(route.gateway, route.destination)
    if route.device:
        way += _number(RTA_OIF, route.device)
    if route.hops:
        hops = b"".join(_hop(hop, route.destination) for hop in route.hops)
        way += ATTRIBUTE.pack(4 + len(hops), RTA_MULTIPATH) + hops
    return way


def _hop(hop: Hop, destination: Cidr) -> bytes:
    gateway = b"" if hop.gateway is None else _gateway(hop.gateway, destination)
    return HOP_HEADER.pack(8 + len(gateway), 0, hop.weight - 1, hop.device) + gateway


def _gateway(gateway: Address, destination: Cidr) -> bytes:
    packed = gateway.packed
    if gateway.version == destination.version:
        return ATTRIBUTE.pack(4 + len(packed), RTA_GATEWAY) + packed
    via = AF_INET6.to_bytes(2, "little") + packed
    return ATTRIBUTE.pack(4 + len(via), RTA_VIA) + via + b"\0\0"


def _number(kind: int, value: int) -> bytes:
    return _NUMBER_ATTRIBUTE.pack(8, kind, value)
