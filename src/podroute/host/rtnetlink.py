"""How are routes, links and addresses spelled on rtnetlink? Pure.

The numbers are those of linux/rtnetlink.h, linux/if_link.h and linux/if_addr.h.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
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

REQUEST: Final = 0x001
EXCLUSIVE: Final = 0x200
CREATE: Final = 0x400

MAIN_TABLE: Final = 254
MAX_METRIC: Final = 0xFFFFFFFF
MAX_WEIGHT: Final = 256
LINK_SCOPE: Final = 253
UNICAST: Final = 1
_ON_LINK: Final = 4  # the gateway was not looked up
CLONED: Final = 0x200  # an exception that the kernel has learnt, no route of a table
DROPPING: Final[Mapping[int, str]] = {6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}
LISTED_TYPES: Final = frozenset((UNICAST, *DROPPING))  # not: local, broadcast, multicast, anycast

_TABLE_IN_ATTRIBUTE: Final = 252  # RT_TABLE_COMPAT: the header has one byte only

_DESTINATION: Final = 1
_SOURCE: Final = 2
_DEVICE: Final = 4
_GATEWAY: Final = 5
_PRIORITY: Final = 6
_MULTIPATH: Final = 9
_TABLE: Final = 15
_VIA: Final = 18
_NEXT_HOP_OBJECT: Final = 30
_EXTRAS: Final[Mapping[int, str]] = {7: "src", 8: "mtu or other metrics", 22: "encap"}

_FIRST_AFTER_TABLE: Final = 20  # where the kernel puts the destination, if there is one

_IS_DESTINATION: Final = _DESTINATION.to_bytes(2, "little")
_LINK_NAME: Final = 3
_ADDRESS: Final = 1
_LOCAL_ADDRESS: Final = 2

_UP: Final = 0x1
_LOOPBACK: Final = 0x8
_SKIP_STATISTICS: Final = 1 << 3
_IPV4_SIZE: Final = 4

_ROUTE_HEADER: Final = Struct("=BBBBBBBBI")
_ROUTE_IPV4: Final = Struct("=BBBBBBBBI HH4s HHI HHI")
_ROUTE_IPV6: Final = Struct("=BBBBBBBBI HH16s HHI HHI")
_LINK_HEADER: Final = Struct("=BxHiII")
_ADDRESS_HEADER: Final = Struct("=BBBBi")
_HOP_HEADER: Final = Struct("=HBBi")
_ATTRIBUTE: Final = Struct("=HH")
_NUMBER_ATTRIBUTE: Final = Struct("=HHI")
_unpack_attribute: Final = _ATTRIBUTE.unpack_from


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
    return Request(DELETE_ROUTE, REQUEST, _route_body(route))


def list_routes(family: int, table: int) -> Request:
    """Asks for the routes of one table; a kernel before 4.20 answers with all tables."""
    header = _ROUTE_HEADER.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
    return Request(GET_ROUTE, REQUEST, header + _number(_TABLE, table))


def list_links() -> Request:
    """Asks for all interfaces, without their counters."""
    header = _LINK_HEADER.pack(0, 0, 0, 0, 0)
    return Request(GET_LINK, REQUEST, header + _number(29, _SKIP_STATISTICS))


def list_addresses() -> Request:
    """Asks for the addresses of both families."""
    return Request(GET_ADDRESS, REQUEST, _ADDRESS_HEADER.pack(0, 0, 0, 0, 0))


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
        *(4 + size, _DESTINATION, network),
        *(8, _TABLE, route.table),
        *(8, _PRIORITY, route.metric),
    ) + _way(route)


def _way(route: KernelRoute) -> bytes:
    way = b""
    if route.source is not None:
        source = route.source.network_address.packed
        way = _ATTRIBUTE.pack(4 + len(source), _SOURCE) + source
    if route.next_hop_object:
        return way + _number(_NEXT_HOP_OBJECT, route.next_hop_object)
    if route.gateway is not None:
        way += _gateway(route.gateway, route.destination)
    if route.device:
        way += _number(_DEVICE, route.device)
    if route.hops:
        hops = b"".join(_hop(hop, route.destination) for hop in route.hops)
        way += _ATTRIBUTE.pack(4 + len(hops), _MULTIPATH) + hops
    return way


def _hop(hop: Hop, destination: Cidr) -> bytes:
    gateway = b"" if hop.gateway is None else _gateway(hop.gateway, destination)
    return _HOP_HEADER.pack(8 + len(gateway), 0, hop.weight - 1, hop.device) + gateway


def _gateway(gateway: Address, destination: Cidr) -> bytes:
    packed = gateway.packed
    if gateway.version == destination.version:
        return _ATTRIBUTE.pack(4 + len(packed), _GATEWAY) + packed
    via = AF_INET6.to_bytes(2, "little") + packed
    return _ATTRIBUTE.pack(4 + len(via), _VIA) + via + b"\0\0"


def _number(kind: int, value: int) -> bytes:
    return _NUMBER_ATTRIBUTE.pack(8, kind, value)


def parse_route(body: bytes) -> KernelRoute | None:
    """The route in ``body``; None: it is none of a table's own (local, broadcast, learnt, ...)."""
    family, length, source_length, tos, table, protocol, scope, kind, flags = (
        _ROUTE_HEADER.unpack_from(body)
    )
    if kind not in LISTED_TYPES or flags & CLONED or family not in {AF_INET, AF_INET6}:
        return None
    found = _attributes(body, 12)
    on_link = bool(flags & _ON_LINK)
    return KernelRoute(
        _network(family, length, found.get(_DESTINATION, b"")),
        _gateway_in(found),
        protocol,
        _number_in(found, _PRIORITY),
        _number_in(found, _TABLE) or table,
        _number_in(found, _DEVICE),
        kind,
        tos,
        _number_in(found, _NEXT_HOP_OBJECT),
        tuple(_hops(found[_MULTIPATH])) if _MULTIPATH in found else (),
        _network(family, source_length, found[_SOURCE]) if _SOURCE in found else None,
        (*(word for key, word in _EXTRAS.items() if key in found), *("onlink",) * on_link),
        scope,
    )


def split_route(body: bytes) -> tuple[Cidr | None, bytes]:
    """The destination, and the rest, which many routes share; None: it is in the rest."""
    if body[_FIRST_AFTER_TABLE + 2 : _FIRST_AFTER_TABLE + 4] != _IS_DESTINATION:
        return None, body
    length, _ = _unpack_attribute(body, _FIRST_AFTER_TABLE)
    end = _FIRST_AFTER_TABLE + length
    raw = body[_FIRST_AFTER_TABLE + 4 : end]
    return _network(body[0], body[1], raw), body[:_FIRST_AFTER_TABLE] + body[end:]


def parse_link(body: bytes) -> Link:
    """The interface in ``body``."""
    _, _, index, flags, _ = _LINK_HEADER.unpack_from(body)
    found = _attributes(body, _LINK_HEADER.size)
    name = found[_LINK_NAME].rstrip(b"\0").decode(errors="backslashreplace")
    return Link(index, name, up=bool(flags & _UP), loopback=bool(flags & _LOOPBACK))


def parse_local_address(body: bytes) -> Address:
    """The address of this machine in ``body``."""
    found = _attributes(body, _ADDRESS_HEADER.size)
    return _address(found.get(_LOCAL_ADDRESS) or found[_ADDRESS])


def _attributes(body: bytes, start: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    end = len(body)
    while start + 4 <= end:
        length, kind = _unpack_attribute(body, start)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = body[start + 4 : start + length]
        start += (length + 3) & ~3
    return found


def _network(family: int, length: int, raw: bytes) -> Cidr:
    number = int.from_bytes(raw, "big")
    return IPv4Network((number, length)) if family == AF_INET else IPv6Network((number, length))


def _gateway_in(found: Mapping[int, bytes]) -> Address | None:
    raw = found.get(_GATEWAY)
    if raw is not None:
        return _address(raw)
    via = found.get(_VIA)
    return None if via is None else _address(via[2:])


def _address(raw: bytes) -> Address:
    return IPv4Address(raw) if len(raw) == _IPV4_SIZE else IPv6Address(raw)


def _number_in(found: Mapping[int, bytes], kind: int) -> int:
    raw = found.get(kind)
    return 0 if raw is None else int.from_bytes(raw, "little")


def _hops(raw: bytes) -> Iterator[Hop]:
    start = 0
    while start + _HOP_HEADER.size <= len(raw):
        length, _, weight, device = _HOP_HEADER.unpack_from(raw, start)
        found = _attributes(raw[start : start + length], _HOP_HEADER.size)
        yield Hop(_gateway_in(found), device, weight + 1)
        start += max((length + 3) & ~3, _HOP_HEADER.size)
