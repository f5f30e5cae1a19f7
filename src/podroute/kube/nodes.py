"""Nodes as the API server and kubectl write them, and what podroute reads out of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

import msgspec

from podroute.model.cidr import Cidr, parse_address, parse_cidr, parse_meant_cidr
from podroute.model.condition import TYPE, NetworkCondition
from podroute.model.node import Node, NodeName, NodeUid, Roster, Unreadable

INTERNAL_IP: Final = "InternalIP"


class Metadata(msgspec.Struct, gc=False):
    """``metadata``, as far as it concerns routes."""

    name: str
    uid: str = ""
    creation_timestamp: str | None = msgspec.field(name="creationTimestamp", default=None)
    deletion_timestamp: str | None = msgspec.field(name="deletionTimestamp", default=None)
    labels: dict[str, str] | None = None


class Spec(msgspec.Struct, gc=False):
    """``spec``, as far as it concerns routes."""

    pod_cidr: str | None = msgspec.field(name="podCIDR", default=None)
    pod_cidrs: list[str] | None = msgspec.field(name="podCIDRs", default=None)
    provider_id: str | None = msgspec.field(name="providerID", default=None)


class NodeAddress(msgspec.Struct, gc=False):
    """One of ``status.addresses``."""

    type: str
    address: str


class Condition(msgspec.Struct, gc=False):
    """One of ``status.conditions``."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class Status(msgspec.Struct, gc=False):
    """``status``, as far as it concerns routes."""

    addresses: list[NodeAddress] | None = None
    conditions: list[Condition] | None = None


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
    version: str = ""  # of the cluster, as of which this is the whole list


FIELDS: Final = frozenset(
    field.encode_name
    for struct in (NodeObject, Metadata, Spec, Status, NodeAddress)
    for field in msgspec.structs.fields(struct)
) - {"conditions"}  # of files: there they are many, and nobody asks for them


def to_roster(
    listed: NodeList, label_keys: Collection[str] = (), *, addresses: bool = True
) -> Roster:
    """Every Node of the list, parsed or with the reason why not."""
    parsed = (parse_node(item, label_keys, addresses=addresses) for item in listed.objects)
    return Roster.of((*parsed, *listed.misshapen))


def parse_node(
    item: NodeObject, label_keys: Collection[str] = (), *, addresses: bool = True
) -> Node | Unreadable:
    """From here on, no text is an address any more.

    Labels are kept where their key is given; InternalIPs, the condition and the machine's name at
    its cloud where ``addresses`` are asked for.
    """
    metadata = item.metadata
    internal = _internal_ip_texts(item) if addresses else ()
    ips, bad_ip = _parse_each(internal, parse_address, "status.addresses[{}]")
    texts, path = _pod_cidr_texts(item.spec)
    cidrs, bad_cidr = _parse_each(texts, parse_cidr, path)
    fault = bad_cidr or _contradiction(item.spec, cidrs) or _two_of_a_family(cidrs) or bad_ip
    if not metadata.name:
        fault = "metadata.name is empty"
    deleting = metadata.deletion_timestamp is not None
    network = network_condition(item) if addresses else None
    if fault:
        name, uid = metadata.name or "(no name)", NodeUid(metadata.uid)
        return Unreadable(name, fault, ips, _meant(texts), uid, deleting, network)
    return Node(
        NodeName(metadata.name),
        ips,
        cidrs,
        NodeUid(metadata.uid),
        metadata.creation_timestamp or "",
        deleting,
        _kept_labels(metadata.labels or {}, label_keys),
        (item.spec.provider_id or "") if addresses and item.spec else "",
        network,
    )


def network_condition(item: NodeObject) -> NetworkCondition | None:
    """The one that says whether its Pods are reached."""
    for one in (item.status.conditions if item.status else None) or ():
        if one.type == TYPE:
            return NetworkCondition(one.status, one.reason, one.message)
    return None


def forget_conditions(item: NodeObject) -> NodeObject:
    """All but that one: of thousands of Nodes they would take most of the memory."""
    if item.status and item.status.conditions:
        item.status.conditions = [one for one in item.status.conditions if one.type == TYPE]
    return item


def _kept_labels(labels: Mapping[str, str], keys: Collection[str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, labels[key]) for key in keys if key in labels)) if keys else ()


def seed_line(item: NodeObject) -> str:
    """What ``kubectl get nodes`` prints for the seed's jsonpath, from the texts as written."""
    cidr = item.spec.pod_cidr if item.spec else None
    return f"{' '.join(text for _, text in _internal_ip_texts(item))} {cidr or ''} \n"


PlacedText: TypeAlias = tuple[int, str]


def _internal_ip_texts(item: NodeObject) -> list[PlacedText]:
    addresses = item.status.addresses if item.status else None
    return [
        (place, one.address) for place, one in enumerate(addresses or ()) if one.type == INTERNAL_IP
    ]


def _pod_cidr_texts(spec: Spec | None) -> tuple[Iterable[PlacedText], str]:
    """``podCIDRs``, or ``podCIDR`` where the list is missing; and the path to each."""
    if spec is None:
        return (), ""
    if spec.pod_cidrs:
        return tuple(enumerate(spec.pod_cidrs)), "spec.podCIDRs[{}]"
    return ((0, spec.pod_cidr),) if spec.pod_cidr else (), "spec.podCIDR"


ParsedT = TypeVar("ParsedT")


def _parse_each(
    texts: Iterable[PlacedText], parse: Callable[[str], ParsedT], path: str
) -> tuple[tuple[ParsedT, ...], str]:
    """What could be parsed, and the first fault."""
    parsed: list[ParsedT] = []
    fault = ""
    for place, text in texts:
        try:
            parsed.append(parse(text))
        except ValueError as error:
            fault = fault or f"{path.format(place)}: {error}"
    return tuple(parsed), fault


def _meant(texts: Iterable[PlacedText]) -> tuple[Cidr, ...] | None:
    """The networks that the texts name, host bits or not; None where not all can be read."""
    cidrs, fault = _parse_each(texts, parse_meant_cidr, "{}")
    return None if fault else cidrs


def _contradiction(spec: Spec | None, cidrs: Sequence[Cidr]) -> str:
    """Whether ``podCIDR`` is another network than the first of ``podCIDRs``."""
    if spec is None or not spec.pod_cidr or not spec.pod_cidrs:
        return ""
    one, first = spec.pod_cidr, spec.pod_cidrs[0]
    if one == first or _meant([(0, one)]) == tuple(cidrs[:1]):
        return ""
    return f"spec.podCIDR {one!r} is not spec.podCIDRs[0] {first!r}"


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
        what, _, path = str(error).partition(" - at `$.")
        reason = f"{path.rstrip('`')}: {what}" if path else what
        return Unreadable(_name_of(raw) or place, reason)


def _name_of(raw: object) -> str:
    class Name(msgspec.Struct):
        name: str

    class Named(msgspec.Struct):
        metadata: Name

    try:
        return msgspec.convert(raw, Named).metadata.name
    except msgspec.ValidationError:
        return ""
