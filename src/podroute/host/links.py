"""How are links and addresses asked for, changed and listed by rtnetlink? Pure.

The numbers are those of linux/rtnetlink.h, linux/if_link.h and linux/if_addr.h.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from struct import Struct
from typing import Final

from podroute.bridge.seen import Interface, Link
from podroute.host.rtnetlink import (
    ADDRESS_HEADER,
    AF_INET,
    AF_INET6,
    ATTRIBUTE,
    CREATE,
    EXCLUSIVE,
    LINK_HEADER,
    REQUEST,
    Request,
)

_NEW_LINK: Final = 16
_DELETE_LINK: Final = 17
_NEW_ADDRESS: Final = 20
_DELETE_ADDRESS: Final = 21

_UP: Final = 0x1
_LOOPBACK: Final = 0x8
_POINT_TO_POINT: Final = 0x10
_NO_ARP: Final = 0x80
_PROMISCUOUS: Final = 0x100

_HARDWARE_ADDRESS: Final = 1
_NAME: Final = 3
_MTU: Final = 4
_MASTER: Final = 10
_LINK_INFO: Final = 18
_ALIAS: Final = 20
_PEER_NAMESPACE: Final = 37
_PROPERTIES: Final = 52
_OTHER_NAME: Final = 53
_KIND: Final = 1
_PORT_KIND: Final = 4
_PORT_DATA: Final = 5
_HAIRPIN: Final = 4

_ADDRESS: Final = 1
_LOCAL: Final = 2
_FLAGS: Final = 8
_TARGET_NAMESPACE: Final = 10
_NO_DUPLICATE_CHECK: Final = 0x2
_NOWHERE: Final = b"\xff"
_NUMBER: Final = Struct("=I")
_PORT_OF_A_BRIDGE: Final = b"bridge\0"


def create_bridge(name: str, mac: str, mtu: int) -> Request:
    """It is down; refused where the name is taken."""
    kind = _attribute(_KIND, b"bridge")
    body = (
        LINK_HEADER.pack(0, 0, 0, 0, 0)
        + _attribute(_NAME, name.encode() + b"\0")
        + _attribute(_HARDWARE_ADDRESS, _bytes_of(mac))
        + _attribute(_MTU, _NUMBER.pack(mtu))
        + _attribute(_LINK_INFO, kind)
    )
    return Request(_NEW_LINK, REQUEST | CREATE | EXCLUSIVE, body)


def delete_link(number: int) -> Request:
    """Its ports stay, without a bridge."""
    return Request(_DELETE_LINK, REQUEST, LINK_HEADER.pack(0, 0, number, 0, 0))


def switch_link(
    number: int,
    *,
    up: bool | None = None,
    promiscuous: bool | None = None,
    arp: bool | None = None,
) -> Request:
    """None: as it is."""
    silent = None if arp is None else not arp
    switches = {_UP: up, _PROMISCUOUS: promiscuous, _NO_ARP: silent}
    flags = sum(flag for flag, on in switches.items() if on)
    change = sum(flag for flag, on in switches.items() if on is not None)
    return Request(_NEW_LINK, REQUEST, LINK_HEADER.pack(0, 0, number, flags, change))


def rename(number: int, name: str) -> Request:
    """Before Linux 6.2 only while it is down."""
    return _change(number, _attribute(_NAME, name.encode() + b"\0"))


def rename_alias(number: int, alias: str) -> Request:
    """The words by which its owner is known; "" for none."""
    return _change(number, _attribute(_ALIAS, alias.encode() + b"\0" if alias else b""))


def set_mac(number: int, mac: str) -> Request:
    """It stays so whatever is plugged in."""
    return _change(number, _attribute(_HARDWARE_ADDRESS, _bytes_of(mac)))


def set_mtu(number: int, mtu: int) -> Request:
    """It stays so whatever is plugged in."""
    return _change(number, _attribute(_MTU, _NUMBER.pack(mtu)))


def plug_in(number: int, bridge: int) -> Request:
    """Makes the link a port of the bridge with that number."""
    return _change(number, _attribute(_MASTER, _NUMBER.pack(bridge)))


def set_hairpin(number: int, *, on: bool) -> Request:
    """Whether the bridge may send a frame back by the port that it came from."""
    data = _attribute(_PORT_DATA, _attribute(_HAIRPIN, bytes((on,))))
    return _change(number, _attribute(_LINK_INFO, _attribute(_PORT_KIND, _PORT_OF_A_BRIDGE) + data))


def add_address(number: int, address: Interface) -> Request:
    """Usable at once; refused where it is there."""
    return Request(_NEW_ADDRESS, REQUEST | CREATE | EXCLUSIVE, _address_body(number, address))


def delete_address(number: int, address: Interface) -> Request:
    """Exactly this one."""
    return Request(_DELETE_ADDRESS, REQUEST, _address_body(number, address))


def parse_link(body: bytes) -> Link:
    """The interface in ``body``."""
    _, _, number, flags, _ = LINK_HEADER.unpack_from(body)
    found = _attributes(body, LINK_HEADER.size)
    info = _attributes(found.get(_LINK_INFO, b""), 0)
    port = _attributes(info.get(_PORT_DATA, b""), 0)
    is_port = info.get(_PORT_KIND) == _PORT_OF_A_BRIDGE
    properties = _each(found.get(_PROPERTIES, b""), 0)
    return Link(
        number,
        _text(found[_NAME]),
        found.get(_HARDWARE_ADDRESS, b"").hex(":"),
        _number(found.get(_MTU)),
        _text(info.get(_KIND, b"")),
        _number(found.get(_MASTER)),
        _text(found.get(_ALIAS, b"")),
        up=bool(flags & _UP),
        promiscuous=bool(flags & _PROMISCUOUS),
        hairpin=is_port and any(port.get(_HAIRPIN, b"")),
        loopback=bool(flags & _LOOPBACK),
        point_to_point=bool(flags & _POINT_TO_POINT),
        peer_namespace=int.from_bytes(found.get(_PEER_NAMESPACE, _NOWHERE), "little", signed=True),
        other_names=tuple(_text(raw) for kind, raw in properties if kind == _OTHER_NAME),
        arp=not flags & _NO_ARP,
    )


def parse_address(body: bytes) -> tuple[int, Interface]:
    """The number of the link and its address in ``body``."""
    family, length, _, _, number = ADDRESS_HEADER.unpack_from(body)
    found = _attributes(body, ADDRESS_HEADER.size)
    raw = found.get(_LOCAL) or found[_ADDRESS]
    if family == AF_INET:
        return number, IPv4Interface((IPv4Address(raw), length))
    return number, IPv6Interface((IPv6Address(raw), length))


def tells_of_another_namespace(body: bytes) -> bool:
    """Whether the address in ``body`` is where it was asked for, and not in this one."""
    return _TARGET_NAMESPACE in _attributes(body, ADDRESS_HEADER.size)


def _change(number: int, attributes: bytes) -> Request:
    return Request(_NEW_LINK, REQUEST, LINK_HEADER.pack(0, 0, number, 0, 0) + attributes)


def _address_body(number: int, address: Interface) -> bytes:
    family = AF_INET if address.version == 4 else AF_INET6  # noqa: PLR2004 -- IPv4
    head = ADDRESS_HEADER.pack(family, address.network.prefixlen, 0, 0, number)
    packed = address.ip.packed
    ends = _attribute(_LOCAL, packed) + _attribute(_ADDRESS, packed)
    return head + ends + _attribute(_FLAGS, _NUMBER.pack(_NO_DUPLICATE_CHECK))


def _attribute(kind: int, value: bytes) -> bytes:
    padding = bytes(-len(value) % 4)
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(value), kind) + value + padding


def _attributes(body: bytes, start: int) -> Mapping[int, bytes]:
    return dict(_each(body, start))


def _each(body: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """One kind may be there several times."""
    while start + ATTRIBUTE.size <= len(body):
        length, kind = ATTRIBUTE.unpack_from(body, start)
        if length < ATTRIBUTE.size:
            break
        yield kind & 0x3FFF, body[start + ATTRIBUTE.size : start + length]
        start += (length + 3) & ~3


def _bytes_of(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode(errors="backslashreplace")


def _number(raw: bytes | None) -> int:
    return 0 if raw is None else int.from_bytes(raw, "little")
