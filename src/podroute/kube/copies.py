"""A Node that one input gives several times: what of it can be believed? Pure."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import msgspec

from podroute.kube.nodes import NodeList, NodeObject, parse_node
from podroute.model.cidr import Address, Cidr, sort_key
from podroute.model.node import Node, NodeUid, Unreadable

REASON: Final = "it is there twice, with different contents: give each Node once"

Copy: TypeAlias = NodeObject | Unreadable


def listed(found: Iterable[tuple[str, Copy]], origin: str, version: str = "") -> NodeList:
    """Each Node once; with each copy the place that names it where it has no name of its own."""
    kept = [one for copies in _by_name(found) for one in _distinct(copies)]
    return NodeList(
        tuple(one for one in kept if isinstance(one, NodeObject)),
        tuple(one for one in kept if isinstance(one, Unreadable)),
        origin,
        version,
    )


def _by_name(found: Iterable[tuple[str, Copy]]) -> Iterable[Sequence[Copy]]:
    """All with the same name together; each that has none stands alone."""
    together: dict[str | int, list[Copy]] = {}
    for place, copy in found:
        name = copy.name if isinstance(copy, Unreadable) else copy.metadata.name
        together.setdefault(len(together) if name in {"", place} else name, []).append(copy)
    return together.values()


def _distinct(copies: Sequence[Copy]) -> Sequence[Copy]:
    """What stands under one name, reduced: as it is where all are alike, else one that says so.

    Several that are no Node objects stay as they are: none of them would be believed.
    """
    if len(copies) == 1:
        return copies
    different = list({_content(one): one for one in copies}.values())
    objects = [one for one in different if isinstance(one, NodeObject)]
    if not objects or len(different) == 1:
        return different
    misshapen = [one for one in different if isinstance(one, Unreadable)]
    return (_common(objects[0].metadata.name, [*map(parse_node, objects), *misshapen]),)


def _content(copy: Copy) -> bytes:
    if isinstance(copy, Unreadable):
        return copy.reason.encode()
    return msgspec.json.encode(copy, order="deterministic")


def _common(name: str, copies: Sequence[Node | Unreadable]) -> Unreadable:
    """Only what all of ``copies`` say, the same for any order of them."""
    addresses = set(copies[0].internal_ips).intersection(*(one.internal_ips for one in copies))
    uids = {one.uid for one in copies if one.uid}
    return Unreadable(
        name,
        REASON,
        tuple(sorted(addresses, key=_address_key)),
        _common_cidrs(copies),
        uids.pop() if len(uids) == 1 else NodeUid(""),
        all(one.deleting for one in copies),
    )


def _common_cidrs(copies: Sequence[Node | Unreadable]) -> tuple[Cidr, ...] | None:
    """None where it is not clear which routes are those of the Node.

    Without a podCIDR they are those to its addresses.
    """
    said = {None if one.pod_cidrs is None else frozenset(one.pod_cidrs) for one in copies}
    cidrs = said.pop()
    if said or cidrs is None:
        return None
    if not cidrs and len({frozenset(one.internal_ips) for one in copies}) > 1:
        return None
    return tuple(sorted(cidrs, key=sort_key))


def _address_key(address: Address) -> tuple[int, int]:
    return address.version, int(address)
