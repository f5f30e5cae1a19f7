"""Nodes as the API server and kubectl write them, and what podroute reads out of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from typing import TypeVar

import msgspec

from podroute.model.cidr import Cidr, parse_address, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid, Roster, Unreadable

INTERNAL_IP = "InternalIP"


class Metadata(msgspec.Struct, gc=False):
    """``metadata``, as far as it concerns routes."""

    name: str
    uid: str = ""
    creation_timestamp: str | None = msgspec.field(name="creationTimestamp", default=None)
    deletion_timestamp: str | None = msgspec.field(name="deletionTimestamp", default=None)


class Spec(msgspec.Struct, gc=False):
    """``spec``, as far as it concerns routes."""

    pod_cidr: str | None = msgspec.field(name="podCIDR", default=None)
    pod_cidrs: list[str] | None = msgspec.field(name="podCIDRs", default=None)


class NodeAddress(msgspec.Struct, gc=False):
    """One of ``status.addresses``."""

    type: str
    address: str


class Status(msgspec.Struct, gc=False):
    """``status``, as far as it concerns routes."""

    addresses: list[NodeAddress] | None = None


class NodeObject(msgspec.Struct, gc=False):
    """A Node with its texts as written."""

    metadata: Metadata
    spec: Spec | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class NodeList:
    """All Nodes of a source, in its order; ``misshapen`` are items that are no Node objects."""

    objects: tuple[NodeObject, ...]
    misshapen: tuple[Unreadable, ...]
    origin: str  # where they come from, for messages


def to_roster(listed: NodeList) -> Roster:
    """Every Node of the list, parsed or with the reason why not."""
    parsed = [parse_node(item) for item in listed.objects]
    nodes = tuple(one for one in parsed if isinstance(one, Node))
    spoilt = tuple(one for one in parsed if isinstance(one, Unreadable))
    return Roster(nodes, (*spoilt, *listed.misshapen))


def parse_node(item: NodeObject) -> Node | Unreadable:
    """From here on, no text is an address any more."""
    metadata = item.metadata
    ips, bad_ip = _parse_each(_internal_ip_texts(item), parse_address, "status.addresses")
    texts, contradiction = _pod_cidr_texts(item)
    cidrs, bad_cidr = _parse_each(texts, parse_cidr, "spec.podCIDRs")
    fault = contradiction or bad_cidr or _two_of_a_family(cidrs) or bad_ip
    if not metadata.name:
        fault = "metadata.name is empty"
    if fault:
        return Unreadable(metadata.name or "(no name)", fault, ips, _meant(texts))
    return Node(
        NodeName(metadata.name),
        ips,
        cidrs,
        NodeUid(metadata.uid),
        metadata.creation_timestamp or "",
        metadata.deletion_timestamp is not None,
    )


def seed_line(item: NodeObject) -> str:
    """What ``kubectl get nodes`` prints for the seed's jsonpath, from the texts as written."""
    cidr = item.spec.pod_cidr if item.spec else None
    return f"{' '.join(_internal_ip_texts(item))} {cidr or ''} \n"


def _internal_ip_texts(item: NodeObject) -> list[str]:
    addresses = item.status.addresses if item.status else None
    return [one.address for one in addresses or () if one.type == INTERNAL_IP]


def _pod_cidr_texts(item: NodeObject) -> tuple[Sequence[str], str]:
    """``podCIDRs``, or ``podCIDR`` where the list is missing; and how they contradict."""
    if item.spec is None:
        return (), ""
    one, several = item.spec.pod_cidr, item.spec.pod_cidrs or ()
    if not several:
        return ((one,) if one else ()), ""
    if one and one != several[0]:
        return several, f"spec.podCIDR {one!r} is not spec.podCIDRs[0] {several[0]!r}"
    return several, ""


ParsedT = TypeVar("ParsedT")


def _parse_each(
    texts: Iterable[str], parse: Callable[[str], ParsedT], field: str
) -> tuple[tuple[ParsedT, ...], str]:
    """What could be parsed, and the first fault."""
    parsed: list[ParsedT] = []
    fault = ""
    for number, text in enumerate(texts):
        try:
            parsed.append(parse(text))
        except ValueError as error:
            fault = fault or f"{field}[{number}]: {error}"
    return tuple(parsed), fault


def _meant(texts: Iterable[str]) -> tuple[Cidr, ...]:
    """The networks that the texts name, host bits or not: their routes are not stale."""
    return _parse_each(texts, partial(ip_network, strict=False), "")[0]


def _two_of_a_family(cidrs: Sequence[Cidr]) -> str:
    versions = [cidr.version for cidr in cidrs]
    if len(versions) == len(set(versions)):
        return ""
    return f"spec.podCIDRs has two of one family: {', '.join(map(str, cidrs))}"


def decode_item(raw: object, place: str) -> NodeObject | Unreadable:
    """One item of plain data; ``place`` names it where it has no name of its own."""
    try:
        return msgspec.convert(raw, NodeObject)
    except msgspec.ValidationError as error:
        return Unreadable(_name_of(raw) or place, str(error))


def _name_of(raw: object) -> str:
    class Named(msgspec.Struct):
        metadata: Metadata

    try:
        return msgspec.convert(raw, Named).metadata.name
    except msgspec.ValidationError:
        return ""
