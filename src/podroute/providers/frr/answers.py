"""What does vtysh print? Pure: its JSON and its configuration lines as values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from json import JSONDecodeError, JSONDecoder
from typing import Final, NamedTuple

import msgspec

from podroute.model.cidr import Address, Cidr, parse_address, parse_cidr
from podroute.providers.frr.settings import DEFAULT_VRF, USUAL_DISTANCE, FrrOptions

_ROUTE: Final = re.compile(r"ip(?:v6)? route ")
_DROPS: Final = frozenset(("blackhole", "reject", "Null0"))
_WITH_VALUE: Final = frozenset(
    (
        *("label", "nexthop-vrf", "color", "segments", "encap-behavior", "encap-source"),
        *("metric", "weight", "source", "profile"),
    )
)
_FLAGS: Final = frozenset(("onlink", "bfd", "multi-hop"))
_UNUSABLE: Final = "the answer of vtysh cannot be read"
_VERSION: Final = re.compile(r"^frr version ([0-9]+)", re.MULTILINE)
_FIRST_WITH_MGMTD: Final = 9
_LINES_KEPT: Final = 1 << 15
_STATICD: Final = "staticd"
MGMTD: Final = "mgmtd"  # since version 9 it is where static routes are written


class NextHop(msgspec.Struct, frozen=True, rename="camel"):
    """A way of a route in the routing table."""

    ip: str = ""
    interface_name: str = ""
    blackhole: bool = False
    reject: bool = False

    @property
    def drops(self) -> bool:
        """Whether it leads nowhere."""
        return self.blackhole or self.reject


class RibRoute(msgspec.Struct, frozen=True, rename="camel"):
    """An entry of the routing table."""

    prefix: str
    protocol: str
    distance: int = 0
    metric: int = 0
    nexthops: list[NextHop] = []
    selected: bool = False
    installed: bool = False  # the kernel has it

    @property
    def spelled(self) -> str:
        """As people know it."""
        ways = ", ".join(hop.ip or hop.interface_name or "nothing" for hop in self.nexthops)
        place = f"[{self.distance}/{self.metric}]"
        return f"{self.protocol} route {self.prefix} via {ways or 'nothing'} {place}"


class Link(msgspec.Struct, frozen=True):
    """A network interface."""

    status: str = ""
    addresses: list[str | Mapping[str, object]] = []

    def spelled(self) -> Iterator[IPv4Interface | IPv6Interface]:
        """Its addresses with their networks."""
        for one in self.addresses:
            text = one if isinstance(one, str) else one.get("address")
            yield ip_interface(str(text).partition("%")[0])


class Static(NamedTuple):
    """A static route, as the configuration has it."""

    line: str  # what makes it, in any context; behind "no" it unmakes it
    destination: Cidr
    next_hop: Address | None = None
    device: str = ""
    drops: bool = False
    tag: int = 0
    distance: int = USUAL_DISTANCE
    source: str = ""  # only for packets from there
    extras: tuple[str, ...] = ()


class Answers(NamedTuple):
    """All that one read has shown."""

    rib: tuple[RibRoute, ...]
    links: Mapping[str, Link]
    statics: tuple[Static, ...]
    daemons: frozenset[str] = frozenset()


def questions(options: FrrOptions) -> tuple[str, ...]:
    """What vtysh is asked, in one call."""
    return (
        f"show ip route vrf {options.vrf} json",
        f"show ipv6 route vrf {options.vrf} json",
        f"show interface vrf {options.vrf} brief json",
        "show daemons",
        "show running-config no-header",  # of all daemons: since 9.1 it is mgmtd that has routes
    )


def answers_in(text: str, options: FrrOptions) -> Answers:
    """What vtysh has printed for ``questions``.

    Raises:
        ValueError: it is something else.
    """
    try:
        (v4, v6, links), rest = documents_in(text, 3)
        rib = [
            route
            for table in (v4, v6)
            for some in msgspec.convert(table, dict[str, list[RibRoute]]).values()
            for route in some
        ]
        found = msgspec.convert(links, dict[str, Link])
    except (JSONDecodeError, msgspec.ValidationError, RecursionError) as error:
        message = f"{_UNUSABLE}: {error}"
        raise ValueError(message) from error
    told, _, configuration = rest.strip().partition("\n")
    daemons = frozenset(told.split())
    missing = _needed(configuration) - daemons
    if missing:
        message = f"{min(missing)} is not running (there is: {told.strip() or 'nothing'})"
        raise ValueError(message)
    statics = dict.fromkeys(statics_in(configuration, options))
    return Answers(tuple(rib), found, tuple(statics), daemons)


def _needed(configuration: str) -> frozenset[str]:
    """The daemons without which static routes are not to be seen."""
    version = _VERSION.search(configuration)
    with_mgmtd = version is not None and int(version[1]) >= _FIRST_WITH_MGMTD
    return frozenset((_STATICD, MGMTD) if with_mgmtd else (_STATICD,))


def documents_in(text: str, count: int) -> tuple[Sequence[object], str]:
    """The JSON documents that it begins with, and what follows.

    Raises:
        JSONDecodeError: there are fewer.
    """
    decoder, place = JSONDecoder(), 0
    documents: list[object] = []
    for _ in range(count):
        place += len(text[place:]) - len(text[place:].lstrip())
        document, place = decoder.raw_decode(text, place)
        documents.append(document)
    return documents, text[place:]


def statics_in(configuration: str, options: FrrOptions) -> Iterator[Static]:
    """The static routes of the VRF's own table.

    Raises:
        ValueError: a line is none that we know how to read.
    """
    vrf = DEFAULT_VRF
    for line in configuration.splitlines():
        words = line.strip()
        if words.startswith("vrf "):
            vrf = words.removeprefix("vrf ").strip()
        elif words in {"exit-vrf", "exit"}:
            vrf = DEFAULT_VRF
        elif vrf == options.vrf and _ROUTE.match(words):
            try:
                static = static_of(words, options)
            except (ValueError, IndexError) as error:  # it may break off anywhere
                message = f"{words!r} is no static route that podroute can read: {error}"
                raise ValueError(message) from error
            if static is not None:
                yield static


@lru_cache(_LINES_KEPT)  # a change is followed by a look at the same lines
def static_of(words: str, options: FrrOptions) -> Static | None:
    """The route that a configuration line makes; None: it is of another table.

    Raises:
        ValueError: it is none that we know how to read.
        IndexError: it breaks off.
    """
    suffix = "" if options.vrf == DEFAULT_VRF else f" vrf {options.vrf}"
    parts = words.split()[2:]
    static = Static(f"{words}{suffix}", parse_cidr(parts.pop(0)))
    if parts[:1] == ["from"]:
        static = static._replace(source=parts[1])
        parts = parts[2:]
    return _described(*_way(static, parts))


def _way(static: Static, parts: Sequence[str]) -> tuple[Static, Sequence[str]]:
    if parts[0] in _DROPS:
        return static._replace(drops=True), parts[1:]
    try:
        hop = parse_address(parts[0])
    except ValueError:
        hop = None
    if hop is None or hop.version != static.destination.version:  # FRRouting means an interface
        return static._replace(device=parts[0]), parts[1:]
    return static._replace(next_hop=hop), parts[1:]


def _described(static: Static, parts: Sequence[str]) -> Static | None:
    rest = iter(parts)
    for word in rest:
        if word == "table":
            return None
        if word == "tag":
            static = static._replace(tag=int(next(rest, "")))
        elif word.isdecimal():
            static = static._replace(distance=int(word))
        elif word in _WITH_VALUE:
            static = static._replace(extras=(*static.extras, f"{word} {next(rest, '')}"))
        elif static.next_hop is not None and not static.device and word not in _FLAGS:
            static = static._replace(device=word)
        else:
            static = static._replace(extras=(*static.extras, word))
    return static
