"""What is wrong among the podCIDRs in use, and how full are the pools? Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from podroute.model.cidr import Cidr, contains, sort_key
from podroute.model.node import Node, NodeName
from podroute.model.pool import CidrPool

Fault: TypeAlias = Literal["duplicate", "overlap", "wrong size", "out of range", "reserved"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A podCIDR that breaks the address plan; ``other`` has the same addresses."""

    fault: Fault
    node: NodeName
    cidr: Cidr
    other: NodeName | None = None
    other_cidr: Cidr | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Blocks of a pool: ``used`` by a Node, ``free`` for a new one; the rest is withheld."""

    pool: CidrPool
    used: int
    free: int


def audit_pod_cidrs(
    nodes: Iterable[Node], pools: Sequence[CidrPool], reserved: Sequence[Cidr] = ()
) -> tuple[Finding, ...]:
    """Every finding, by address; an overlap is told once, with both Nodes."""
    held = sorted(
        ((cidr, node.name) for node in nodes for cidr in node.pod_cidrs),
        key=lambda pair: (*sort_key(pair[0]), pair[1]),
    )
    alone = (found for cidr, name in held for found in _alone(cidr, name, pools, reserved))
    return (*alone, *_shared(held))


def _alone(
    cidr: Cidr, name: NodeName, pools: Sequence[CidrPool], reserved: Sequence[Cidr]
) -> Iterator[Finding]:
    if any(one.overlaps(cidr) for one in reserved):
        yield Finding("reserved", name, cidr)
    if any(pool.is_block(cidr) for pool in pools):
        return
    inside = any(contains(pool.cidr, cidr) for pool in pools)
    yield Finding("wrong size" if inside else "out of range", name, cidr)


def _shared(held: Sequence[tuple[Cidr, NodeName]]) -> Iterator[Finding]:
    """Each podCIDR beside the widest one around it."""
    around: tuple[Cidr, NodeName] | None = None
    for cidr, name in held:
        if around is None or not contains(around[0], cidr):
            around = (cidr, name)
            continue
        fault: Fault = "duplicate" if cidr == around[0] else "overlap"
        yield Finding(fault, name, cidr, around[1], around[0])


def pool_usage(
    nodes: Iterable[Node], pools: Sequence[CidrPool], withheld: Sequence[Cidr] = ()
) -> tuple[Usage, ...]:
    """How many more Nodes fit into each pool."""
    cidrs = [cidr for node in nodes for cidr in node.pod_cidrs]
    return tuple(_usage(pool, cidrs, withheld) for pool in pools)


def _usage(pool: CidrPool, cidrs: Sequence[Cidr], withheld: Sequence[Cidr]) -> Usage:
    used = {number for cidr in cidrs if (number := pool.number_at(cidr)) is not None}
    ranges = [numbers for cidr in withheld if (numbers := pool.numbers_touched_by(cidr))]
    kept_back = _union_size(ranges)
    inside = sum(any(number in numbers for numbers in ranges) for number in used)
    return Usage(pool, len(used), pool.size() - kept_back - len(used) + inside)


def _union_size(ranges: Iterable[range]) -> int:
    size = end = 0
    for numbers in sorted(ranges, key=lambda one: (one.start, one.stop)):
        size += max(0, numbers.stop - max(end, numbers.start))
        end = max(end, numbers.stop)
    return size
