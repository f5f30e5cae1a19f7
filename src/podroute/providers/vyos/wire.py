"""What does the HTTPS API answer? Pure: its JSON as values, configuration as lists of words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from ipaddress import ip_interface
from typing import Final, TypeAlias

import msgspec

from podroute.model.cidr import Address, Cidr, parse_cidr
from podroute.providers.decoded import decoded

Path: TypeAlias = tuple[str, ...]
Node: TypeAlias = Mapping[str, object]

DESCRIPTION: Final = "description"
FAMILIES: Final[Mapping[int, str]] = {4: "route", 6: "route6"}

_EMPTY: Final = "is empty"  # how VyOS says that a path has no configuration
_BELOW: Final = ("vif", "vif-s", "vif-c")
_BY_SERVER: Final = frozenset(("dhcp", "dhcpv6"))


class Reply(msgspec.Struct, frozen=True):
    """What every answer is."""

    success: bool
    data: object = None
    error: str | None = None

    @property
    def told(self) -> str:
        """Why it is no success."""
        return unescape(self.error or "").strip()

    @property
    def is_empty(self) -> bool:
        """Whether a path that was asked for has no configuration."""
        return not self.success and self.told.endswith(_EMPTY)


@dataclass(frozen=True, slots=True)
class Entry:
    """A destination of the configuration, and all that is said below it."""

    destination: Cidr
    lines: tuple[Path, ...]
    description: str = ""

    @property
    def words(self) -> str:
        """For people."""
        head = f"{FAMILIES[self.destination.version]} {self.destination}"
        said = [" ".join(line) for line in self.lines]
        said += [f"{DESCRIPTION} {self.description!r}"] if self.description else []
        return f"{head} {', '.join(said)}".rstrip()


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one read has shown; ``links`` None: an address is a DHCP server's to say."""

    entries: tuple[Entry, ...]
    links: tuple[Cidr, ...] | None
    own: frozenset[Address]


def reply_in(content: bytes) -> Reply:
    """The answer.

    Raises:
        ValueError: it is none of VyOS's.
    """
    return decoded(content, Reply, "the answer is none of VyOS's API")


def answers_of(statics: object, interfaces: object, vrf: str) -> Answers:
    """What the configurations of static routes and of interfaces say about ``vrf``.

    Raises:
        ValueError: they cannot be read.
    """
    try:
        return _answers_of(statics, interfaces, vrf)
    except RecursionError as error:
        message = f"the configuration cannot be read: {error}"
        raise ValueError(message) from error


def _answers_of(statics: object, interfaces: object, vrf: str) -> Answers:
    entries = tuple(
        _entry(cidr, node)
        for family in FAMILIES.values()
        for cidr, node in _node(_node(statics).get(family, {})).items()
    )
    texts = list(_addresses(_node(interfaces), vrf))
    known = [ip_interface(text) for text in texts if text not in _BY_SERVER]
    links = {one.network: None for one in known if one.network.prefixlen < one.max_prefixlen}
    own = frozenset(one.ip for one in known)
    return Answers(entries, None if len(known) < len(texts) else tuple(links), own)


def below(node: object, path: Sequence[str]) -> object:
    """The configuration at a path; an empty one where there is none.

    Raises:
        ValueError: it cannot be read.
    """
    for word in path:
        node = _node(node).get(word, {})
    return node


def lines_of(node: object) -> Iterator[Path]:
    """What a person would type to make ``node``, without what is before."""
    if isinstance(node, str):
        yield (node,)
    elif isinstance(node, list):
        for one in msgspec.convert(node, list[str]):
            yield (one,)
    else:
        children = _node(node)
        if not children:
            yield ()
        for name, child in children.items():
            yield from ((name, *line) for line in lines_of(child))


def _entry(cidr: str, node: object) -> Entry:
    lines = [line for line in lines_of(node) if line[:1] != (DESCRIPTION,) and line]
    description = _node(node).get(DESCRIPTION, "")
    return Entry(parse_cidr(cidr), tuple(sorted(lines)), str(description))


def _addresses(interfaces: Node, vrf: str) -> Iterator[str]:
    for kind in interfaces.values():
        for interface in _node(kind).values():
            yield from _addresses_of(_node(interface), vrf)


def _addresses_of(interface: Node, vrf: str) -> Iterator[str]:
    if interface.get("vrf", "") == vrf and "disable" not in interface:
        for line in lines_of(interface.get("address", [])):
            yield from line
    for name in _BELOW:
        for one in _node(interface.get(name, {})).values():
            yield from _addresses_of(_node(one), vrf)


def _node(node: object) -> Node:
    try:
        return msgspec.convert(node, dict[str, object])
    except msgspec.ValidationError as error:
        message = f"the configuration cannot be read: {error}"
        raise ValueError(message) from error
