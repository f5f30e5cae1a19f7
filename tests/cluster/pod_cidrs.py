"""What must be true of podCIDRs, whatever has happened: in range, of one size, nobody else's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import pairwise
from typing import Final, TypeAlias

import msgspec

from podroute.model.cidr import Cidr

CLUSTER_CIDR: Final = "10.200.0.0/16"


class NodeView(msgspec.Struct, frozen=True):
    """A Node as the API server has it."""

    name: str
    uid: str
    pod_cidrs: tuple[str, ...]


Nodes: TypeAlias = Mapping[str, NodeView]


@dataclass(frozen=True, slots=True)
class Family:
    """A range, and the length of one Node's block in it."""

    cidr: str = CLUSTER_CIDR
    size: int = 24


V4: Final = (Family(),)
WIDE: Final = (Family("10.192.0.0/11"),)  # 8,192 blocks


def assert_sound(
    nodes: Nodes,
    *,
    before: Nodes | None = None,
    families: Sequence[Family] = V4,
    reserved: Sequence[str] = (),
    besides: Collection[str] = (),
) -> None:
    """Every Node has its blocks, of the right size, in range, nobody else's; none has moved.

    ``besides`` may show anything, and take nothing from the others.
    """
    found = faults(nodes, families=families, reserved=reserved, besides=besides)
    assert found == [], found
    moved = [
        (old.name, old.pod_cidrs, nodes[old.name].pod_cidrs)
        for old in (before or {}).values()
        if old.pod_cidrs
        and old.name in nodes
        and nodes[old.name].uid == old.uid
        and nodes[old.name].pod_cidrs != old.pod_cidrs
    ]
    assert moved == [], moved


def unserved(nodes: Nodes) -> set[str]:
    """Nodes without a podCIDR."""
    return {node.name for node in nodes.values() if not node.pod_cidrs}


def faults(
    nodes: Nodes,
    *,
    families: Sequence[Family] = V4,
    reserved: Sequence[str] = (),
    besides: Collection[str] = (),
) -> Sequence[str]:
    """In words."""
    good = [node for node in nodes.values() if node.name not in besides]
    found: list[str] = []
    blocks: list[tuple[Cidr, str]] = []
    for node in good:
        cidrs = [ip_network(text) for text in node.pod_cidrs]
        blocks += [(cidr, node.name) for cidr in cidrs]
        if len(cidrs) != len(families):
            found.append(f"{node.name}: has {node.pod_cidrs}")
        found += [
            f"{node.name}: {cidr} is no /{family.size} of {family.cidr}"
            for cidr, family in zip(cidrs, families, strict=False)
            if cidr.prefixlen != family.size or not within_range(cidr, ip_network(family.cidr))
        ]
        found += [
            f"{node.name}: {cidr} is reserved"
            for cidr in cidrs
            if any(cidr.overlaps(ip_network(text)) for text in reserved)
        ]
    return [*found, *doubles(blocks)]


def within_range(inner: Cidr, outer: Cidr) -> bool:
    """Whether all addresses of the one are the other's."""
    return (
        inner.version == outer.version
        and inner.overlaps(outer)
        and (inner.prefixlen >= outer.prefixlen)
    )


def doubles(blocks: Sequence[tuple[Cidr, str]]) -> Sequence[str]:
    """Two Nodes with the same addresses."""
    ordered = sorted(blocks, key=lambda block: (block[0].version, int(block[0].network_address)))
    return [
        f"{one} {cidr} and {other} {second}"
        for (cidr, one), (second, other) in pairwise(ordered)
        if cidr.overlaps(second)
    ]
