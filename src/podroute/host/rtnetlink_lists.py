"""How are the entries of rtnetlink's lists read? Pure.

The numbers are those of linux/rtnetlink.h, linux/if_link.h, if_addr.h and neighbour.h.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from podroute.host.rtnetlink import (
    ADDRESS_HEADER,
    AF_INET,
    AF_INET6,
    ATTRIBUTE,
    DROPPING,
    ENCAPSULATED,
    HOP_HEADER,
    LINK_HEADER,
    NEIGHBOUR_HEADER,
    ROUTE_HEADER,
    RTA_DST,
    RTA_GATEWAY,
    RTA_MULTIPATH,
    RTA_NH_ID,
    RTA_OIF,
    RTA_PRIORITY,
    RTA_SRC,
    RTA_TABLE,
    RTA_VIA,
    UNICAST,
    Hop,
    KernelRoute,
    Link,
    Neighbour,
)
from podroute.model.cidr import Address, Cidr

_ON_LINK: Final = 4  # the gateway was not looked up
_CLONED: Final = 0x200  # an exception that the kernel has learnt, no route of a table
_LISTED_TYPES: Final = frozenset((UNICAST, *DROPPING))  # not: local, broadcast, multicast, anycast
_EXTRAS: Final[Mapping[int, str]] = {7: "src", 8: "mtu or other metrics", 22: ENCAPSULATED}
_FIRST_AFTER_TABLE: Final = 20  # where the kernel puts the destination, if there is one
_IS_DESTINATION: Final = RTA_DST.to_bytes(2, "little")
_IFLA_IFNAME: Final = 3
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_NDA_DST: Final = 1
_NUD_FAILED: Final = 0x20
_IFF_UP: Final = 0x1
_IFF_LOOPBACK: Final = 0x8
_IPV4_SIZE: Final = 4
_NUMBER_SIZE: Final = 4
_LENGTH_PLACE: Final = 1
_PROTOCOL_PLACE: Final = 5
_unpack_attribute: Final = ATTRIBUTE.unpack_from


def is_of_a_table(body: bytes) -> bool:
    """Whether ``body`` is a route that was put into a table: not local, broadcast or learnt."""
    family, *_, kind, flags = ROUTE_HEADER.unpack_from(body)
    return kind in _LISTED_TYPES and not flags & _CLONED and family in {AF_INET, AF_INET6}


def is_default(body: bytes) -> bool:
    """Whether the route in ``body`` is one to everywhere."""
    return body[_LENGTH_PLACE] == 0


def protocol_of(body: bytes) -> int:
    """Who has written the route in ``body``."""
    return body[_PROTOCOL_PLACE]


def parse_route(body: bytes) -> KernelRoute:
    """The route in ``body``, which is one of a table."""
    family, length, source_length, tos, table, protocol, scope, kind, flags = (
        ROUTE_HEADER.unpack_from(body)
    )
    found = _attributes(body, 12)
    on_link = bool(flags & _ON_LINK)
    return KernelRoute(
        _network(family, length, found.get(RTA_DST, b"")),
        _gateway_in(found),
        protocol,
        _number_in(found, RTA_PRIORITY),
        _number_in(found, RTA_TABLE) or table,
        _number_in(found, RTA_OIF),
        kind,
        tos,
        _number_in(found, RTA_NH_ID),
        tuple(_hops(found[RTA_MULTIPATH])) if RTA_MULTIPATH in found else (),
        _network(family, source_length, found[RTA_SRC]) if RTA_SRC in found else None,
        (*(word for key, word in _EXTRAS.items() if key in found), *("onlink",) * on_link),
        scope,
    )


def destination_bytes(body: bytes) -> bytes:
    """Equal for routes of one destination, and for no others of its family."""
    if body[_FIRST_AFTER_TABLE + 2 : _FIRST_AFTER_TABLE + 4] != _IS_DESTINATION:
        return body[:2]
    return body[:2] + body[_FIRST_AFTER_TABLE : _FIRST_AFTER_TABLE + body[_FIRST_AFTER_TABLE]]


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
    _, _, index, flags, _ = LINK_HEADER.unpack_from(body)
    found = _attributes(body, LINK_HEADER.size)
    name = found[_IFLA_IFNAME].rstrip(b"\0").decode(errors="backslashreplace")
    return Link(index, name, up=bool(flags & _IFF_UP), loopback=bool(flags & _IFF_LOOPBACK))


def parse_local_address(body: bytes) -> Address:
    """The address of this machine in ``body``."""
    found = _attributes(body, ADDRESS_HEADER.size)
    return _address(found.get(_IFA_LOCAL) or found[_IFA_ADDRESS])


def parse_neighbour(body: bytes) -> Neighbour | None:
    """Whom ``body`` is about; None: no IP address."""
    family, device, state, _, _ = NEIGHBOUR_HEADER.unpack_from(body)
    raw = _attributes(body, NEIGHBOUR_HEADER.size).get(_NDA_DST)
    if raw is None or family not in {AF_INET, AF_INET6}:
        return None
    return Neighbour(_address(raw), device, bool(state & _NUD_FAILED))


def _attributes(body: bytes, start: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    end = len(body)
    while start + 4 <= end:
        length, kind = _unpack_attribute(body, start)
        if length < ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = body[start + 4 : start + length]
        start += (length + 3) & ~3
    return found


def _network(family: int, length: int, raw: bytes) -> Cidr:
    number = int.from_bytes(raw, "big")
    return IPv4Network((number, length)) if family == AF_INET else IPv6Network((number, length))


def _gateway_in(found: Mapping[int, bytes]) -> Address | None:
    raw = found.get(RTA_GATEWAY)
    if raw is not None:
        return _address(raw)
    via = found.get(RTA_VIA)
    return None if via is None else _address(via[2:])


def _address(raw: bytes) -> Address:
    return IPv4Address(raw) if len(raw) == _IPV4_SIZE else IPv6Address(raw)


def _number_in(found: Mapping[int, bytes], kind: int) -> int:
    raw = found.get(kind)
    return 0 if raw is None else int.from_bytes(raw[:_NUMBER_SIZE], "little")


def _hops(raw: bytes) -> Iterator[Hop]:
    start = 0
    while start + HOP_HEADER.size <= len(raw):
        length, _, weight, device = HOP_HEADER.unpack_from(raw, start)
        found = _attributes(raw[start : start + length], HOP_HEADER.size)
        yield Hop(_gateway_in(found), device, weight + 1)
        start += max((length + 3) & ~3, HOP_HEADER.size)
