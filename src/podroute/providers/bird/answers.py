"""What does birdc print? Pure: its lines as values, and nothing that cannot be read passes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Final, NamedTuple

from podroute.model.cidr import Address, Cidr
from podroute.providers.bird.include_file import Entries, address_of, cidr_of
from podroute.providers.bird.settings import BirdOptions

OLDEST: Final = 2
TAKEN: Final = frozenset((3, 4, 5))  # reconfigured, under way, queued

_WELCOME: Final = 1
_RESTRICTED: Final = 16
_TABLE: Final = 1007
_LINK: Final = 1001
_LINK_ADDRESS: Final = 1003
_ERRORS: Final = 8000  # and above
_LINE: Final = re.compile(r"(?P<code>[0-9]{4})[- ](?P<text>.*)|     (?P<more>.*)")
_READY: Final = re.compile(r"BIRD (?P<major>[0-9]+)\.\S* ready\.")
_ROUTE: Final = re.compile(
    r"(?P<net>\S+)? +(?P<kind>unicast|blackhole|unreachable|prohibited)"
    r" \[(?P<protocol>\S+) [^\]]*\](?: (?P<sign>[*!]))?(?: [A-Z0-9-]{1,3})?"
    r" \((?P<preference>[0-9]+)[^)]*\).*"
)
_VIA: Final = re.compile(r"\tvia (?P<hop>\S+) on (?P<link>\S+).*")
_DEV: Final = re.compile(r"\tdev (?P<link>\S+).*")
_HEAD: Final = re.compile(r"Table \S+:")
_NAME: Final = re.compile(r"(?P<name>\S+) (?P<state>up|down) \(.*")
_ADDRESS: Final = re.compile(r"\t(?P<address>[0-9a-f.:]+/[0-9]+) \(.*")


class Line(NamedTuple):
    """One of the control protocol's."""

    code: int
    text: str


class BirdRoute(NamedTuple):
    """A route of one of BIRD's tables; ``hops`` and ``links`` are its ways."""

    destination: Cidr
    kind: str
    protocol: str
    preference: int
    sign: str  # "*": used, "!": used, but the kernel has refused it
    hops: tuple[Address, ...] = ()
    links: tuple[str, ...] = ()

    @property
    def spelled(self) -> str:
        """As people know it."""
        ways = ", ".join((*map(str, self.hops), *self.links)) or self.kind
        return f"{self.protocol} route {self.destination} via {ways} ({self.preference})"


class Link(NamedTuple):
    """A network interface; ``addresses`` with their networks."""

    name: str
    up: bool
    addresses: tuple[IPv4Interface | IPv6Interface, ...] = ()


class Answers(NamedTuple):
    """All that one read has shown."""

    routes: tuple[BirdRoute, ...]
    links: tuple[Link, ...]
    entries: Entries
    text: str = ""  # all of our file


def questions(options: BirdOptions) -> Mapping[str, tuple[str, ...]]:
    """What birdc is asked, by what it is about."""
    return {
        "links": ("show", "interfaces"),
        "v4": ("show", "route", "table", options.ipv4_table),
        "v6": ("show", "route", "table", options.ipv6_table),
    }


def lines_in(text: str) -> Sequence[Line]:
    """What ``birdc -v`` has printed, without its welcome.

    Raises:
        ValueError: it is something else, an error, or of a BIRD that is too old.
    """
    lines = list(_coded(text))
    ready = _READY.fullmatch(lines[0].text) if lines and lines[0].code == _WELCOME else None
    if ready is None:
        message = f"{text[:80]!r} is not how birdc begins"
        raise ValueError(message)
    if int(ready["major"]) < OLDEST:
        message = f"BIRD {OLDEST} or later is needed, not {lines[0].text!r}"
        raise ValueError(message)
    rest = [one for one in lines[1:] if one.code != _RESTRICTED]
    for one in rest:
        if one.code >= _ERRORS:
            raise ValueError(one.text)
    return rest


def _coded(text: str) -> Iterator[Line]:
    code = 0
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            message = f"birdc says {line!r}, which has no code"
            raise ValueError(message)
        code = int(found["code"] or code)
        yield Line(code, found["text"] if found["more"] is None else found["more"])


def routes_in(lines: Sequence[Line]) -> Iterator[BirdRoute]:
    """Those of ``show route``.

    Raises:
        ValueError: a line cannot be read.
    """
    route: BirdRoute | None = None
    for line in lines:
        head = _HEAD.fullmatch(line.text)
        found = _ROUTE.fullmatch(line.text)
        if line.code != _TABLE or (not head and not found and route is None):
            raise _unreadable(line)
        if found:
            if route:
                yield route
            route = _route(found, line, route)
        elif route and not head:
            route = _with_way(route, line)
    if route:
        yield route


def _route(found: re.Match[str], line: Line, before: BirdRoute | None) -> BirdRoute:
    """Where no destination is said it is the one before."""
    if found["net"] is None and before is None:
        raise _unreadable(line)
    destination = cidr_of(found["net"]) if found["net"] or not before else before.destination
    return BirdRoute(
        destination,
        found["kind"],
        found["protocol"],
        int(found["preference"]),
        found["sign"] or "",
    )


def _with_way(route: BirdRoute, line: Line) -> BirdRoute:
    via, device = _VIA.fullmatch(line.text), _DEV.fullmatch(line.text)
    if via:
        return route._replace(hops=(*route.hops, address_of(via["hop"])))
    if device:
        return route._replace(links=(*route.links, device["link"]))
    raise _unreadable(line)


def links_in(lines: Sequence[Line]) -> Sequence[Link]:
    """Those of ``show interfaces``.

    Raises:
        ValueError: a line cannot be read, or BIRD has not been told to look for any.
    """
    links: list[Link] = []
    for line in lines:
        name, address = _NAME.fullmatch(line.text), _ADDRESS.fullmatch(line.text)
        if line.code == _LINK and name:
            links.append(Link(name["name"], name["state"] == "up"))
        elif line.code == _LINK_ADDRESS and address and links:
            one = ip_interface(address["address"])
            links[-1] = links[-1]._replace(addresses=(*links[-1].addresses, one))
        elif line.code in {_LINK, _LINK_ADDRESS}:
            raise _unreadable(line)
    if not links:
        message = "BIRD knows no interfaces: add protocol device { } to bird.conf"
        raise ValueError(message)
    return links


def _unreadable(line: Line) -> ValueError:
    return ValueError(f"birdc says {line.text!r} ({line.code}), which cannot be read")
