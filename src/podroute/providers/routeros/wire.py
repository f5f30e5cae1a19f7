"""What does the REST API answer? Pure: its JSON as values. It says every value as a text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Final

import msgspec

from podroute.model.cidr import Address, Cidr, parse_address, parse_cidr
from podroute.providers.decoded import DocumentT, decoded

MENUS: Final[Mapping[int, str]] = {4: "/ip/route", 6: "/ipv6/route"}
ADDRESSES: Final = ("/ip/address", "/ipv6/address")
SETTINGS: Final[Mapping[int, str]] = {4: "/ip/settings", 6: "/ipv6/settings"}

_YES: Final = frozenset(("true", "yes"))
_NO: Final = frozenset(("false", "no"))


class RouteItem(msgspec.Struct, frozen=True, rename="kebab"):
    """A route of ``/ip/route`` or ``/ipv6/route``; what others make is ``dynamic``."""

    id: str = msgspec.field(name=".id")
    dst_address: str = ""
    gateway: str = ""
    routing_table: str = "main"
    distance: int = 1
    comment: str = ""
    check_gateway: str = "none"
    pref_src: str = ""
    scope: str = "30"
    target_scope: str = "10"
    active: str = "false"
    connect: str = "false"
    disabled: str = "false"
    dynamic: str = "false"
    blackhole: str | None = None  # whether it is said counts, and hardly what

    @property
    def is_active(self) -> bool:
        """Whether the router uses it."""
        return self.active in _YES

    @property
    def is_connected(self) -> bool:
        """Whether it is the network of a link."""
        return self.connect in _YES

    @property
    def is_disabled(self) -> bool:
        """Whether somebody has switched it off."""
        return self.disabled in _YES

    @property
    def is_dynamic(self) -> bool:
        """Whether it is nobody's configuration."""
        return self.dynamic in _YES

    @property
    def drops(self) -> bool:
        """Whether it leads nowhere."""
        return self.blackhole is not None and self.blackhole not in _NO


class AddressItem(msgspec.Struct, frozen=True, rename="kebab"):
    """An address of the router."""

    address: str
    disabled: str = "false"


class ForwardingItem(msgspec.Struct, frozen=True, rename="kebab"):
    """``/ip/settings`` has ``ip-forward``, ``/ipv6/settings`` the others."""

    ip_forward: str = "true"
    forward: str = "true"
    disable_ipv6: str = "false"

    @property
    def is_forwarding(self) -> bool:
        """Whether packets are forwarded."""
        return {self.ip_forward, self.forward} <= _YES and self.disable_ipv6 in _NO


class ErrorBody(msgspec.Struct, frozen=True):
    """What a refusal says."""

    message: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A route of one routing table; ``next_hop`` where it leads to one address."""

    item: RouteItem
    destination: Cidr
    next_hop: Address | None = None
    way: str = ""  # what else is said of the gateway: %INTERFACE, @TABLE

    @property
    def menu(self) -> str:
        """Where it is."""
        return MENUS[self.destination.version]


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one read has shown: the routes of the table, links, the router's addresses."""

    entries: tuple[Entry, ...]
    links: tuple[Cidr, ...]
    own: frozenset[Address]


def document_in(content: bytes, kind: type[DocumentT]) -> DocumentT:
    """What an answer holds.

    Raises:
        ValueError: it is none of that kind.
    """
    return decoded(content, kind, "the answer is none of RouterOS's REST API", strict=False)


def routes_in(content: bytes) -> list[RouteItem]:
    """Those of ``/ip/route`` or ``/ipv6/route``.

    Raises:
        ValueError: it is something else.
    """
    return document_in(content, list[RouteItem])


def addresses_in(content: bytes) -> list[AddressItem]:
    """Those of ``/ip/address`` or ``/ipv6/address``.

    Raises:
        ValueError: it is something else.
    """
    return document_in(content, list[AddressItem])


def forwarding_in(content: bytes) -> ForwardingItem:
    """That of ``/ip/settings`` or ``/ipv6/settings``, alone or as a list of one.

    Raises:
        ValueError: it is something else.
    """
    if not content.lstrip().startswith(b"["):
        return document_in(content, ForwardingItem)
    items = document_in(content, list[ForwardingItem])
    if not items:
        message = "the answer is empty"
        raise ValueError(message)
    return items[0]


def answers_of(items: Sequence[RouteItem], addresses: Sequence[AddressItem], table: str) -> Answers:
    """What is there for the routing table called ``table``.

    Next hops are looked for on its own links if it has any, as the table of a VRF does, else on
    those of the main table.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
    entries = tuple(_entries(items, table))
    links = _links(entries) or _links(tuple(_entries(items, "main")))
    own = frozenset(ip_interface(one.address).ip for one in addresses if one.disabled not in _YES)
    return Answers(entries, links, own)


def _entries(items: Sequence[RouteItem], table: str) -> Iterator[Entry]:
    for item in items:
        prefix = item.dst_address.partition("@")[0]
        if item.routing_table == table and "%" not in prefix:  # that is a link-local network
            yield _entry(item, parse_cidr(prefix))


def _entry(item: RouteItem, destination: Cidr) -> Entry:
    name = item.gateway.partition("%")[0].partition("@")[0]
    if item.drops or "," in item.gateway:
        return Entry(item, destination)
    try:
        hop = parse_address(name)
    except ValueError:  # an interface
        return Entry(item, destination)
    return Entry(item, destination, hop, item.gateway.removeprefix(name))


def _links(entries: Sequence[Entry]) -> tuple[Cidr, ...]:
    return tuple(one.destination for one in entries if one.item.is_connected and one.item.is_active)
