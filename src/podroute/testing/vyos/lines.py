"""Which lines may stand below ``protocols static``, and how are they set and deleted? Pure."""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Final, TypeAlias, cast

import msgspec

Tree: TypeAlias = dict[str, object]

_NAMED: Final = frozenset(("route", "route6", "next-hop", "interface"))
_LONGEST: Final = 255  # characters of a description
_LAST_DISTANCE: Final = 255


class Command(msgspec.Struct, frozen=True):
    """What a request asks for; several are one commit."""

    op: str
    path: list[str] = []


class Refused(Exception):  # noqa: N818 -- named for the state
    """In VyOS's words."""


def check(path: Sequence[str]) -> None:
    """A line that is set.

    Raises:
        Refused: it is not one that VyOS knows.
    """
    family, prefix, *rest = path
    version = {"route": 4, "route6": 6}.get(family)
    try:
        known = version is not None and ip_network(prefix).version == version
    except ValueError:
        known = False
    if not known or not _is_known(rest, version):
        message = f"\n\nConfiguration path: [{' '.join(path)}] is not valid\nSet failed\n\n"
        raise Refused(message)


def _is_known(rest: Sequence[str], version: int | None) -> bool:
    match rest:
        case ["next-hop", hop, *more]:
            return _is_address(hop, version) and _is_way(more)
        case ["interface", _, *more] | ["blackhole" | "reject", *more]:
            return _is_way(more)
        case ["description", text]:
            return len(text) <= _LONGEST
        case ["dhcp-interface", _]:
            return version == 4  # noqa: PLR2004
        case _:
            return False


def _is_way(more: Sequence[str]) -> bool:
    match more:
        case [] | ["disable"] | ["tag" | "interface" | "vrf", _]:
            return True
        case ["distance", number]:
            return number.isdecimal() and 1 <= int(number) <= _LAST_DISTANCE
        case _:
            return False


def _is_address(text: str, version: int | None) -> bool:
    try:
        return ip_address(text).version == version
    except ValueError:
        return False


def put(tree: Tree, path: Sequence[str]) -> None:
    """Sets a line; values of leaves are texts, everything else has children."""
    *above, last = path
    if above and above[-1] in {"description", "distance", "tag", "dhcp-interface", "table", "vrf"}:
        node = _descended(tree, above[:-1])
        node[above[-1]] = last
    else:
        _descended(tree, path)


def _descended(tree: Tree, path: Sequence[str]) -> Tree:
    for word in path:
        tree = cast("Tree", tree.setdefault(word, {}))
    return tree


def cut(tree: Tree, path: Sequence[str]) -> None:
    """Deletes a line and what is below it; one that is not there is no mistake.

    With the last of several that have names, such as next hops, goes what they are.
    """
    word, *rest = path
    child = tree.get(word)
    if child is None or (rest and isinstance(child, str) and rest != [child]):
        return
    if not rest or isinstance(child, str):
        del tree[word]
        return
    cut(cast("Tree", child), rest)
    if word in _NAMED and not child:
        del tree[word]


def found(tree: Mapping[str, object], path: Sequence[str]) -> object:
    """What is at a path; None: nothing."""
    node: object = tree
    for word in path:
        node = children(node).get(word)
    return node


def children(node: object) -> Tree:
    """Those of ``node``; none where it is a leaf."""
    try:
        return msgspec.convert(node, Tree)
    except msgspec.ValidationError:
        return {}


OPERATIONS: Final[Mapping[str, Callable[[Tree, Sequence[str]], None]]] = {"set": put, "delete": cut}
