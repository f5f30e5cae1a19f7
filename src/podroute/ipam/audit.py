"""What is wrong among the podCIDRs in use? Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from podroute.model.cidr import Cidr, bounds
from podroute.model.node import NodeName, NodeUid

Fault: TypeAlias = Literal["duplicate", "overlap", "wrong size", "out of range", "reserved"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A podCIDR that a living Node shows."""

    node: NodeName
    uid: NodeUid
    cidr: Cidr


@dataclass(frozen=True, slots=True)
class Finding:
    """A podCIDR that breaks the address plan; ``other`` claims the same addresses."""

    fault: Fault
    claim: Claim
    other: Claim | None = None


def clash(one: Claim, other: Claim) -> Finding:
    """Two Nodes have the same addresses; the wider claim, or the first by name, is the other."""
    first, second = sorted((one, other), key=place)
    return Finding("duplicate" if one.cidr == other.cidr else "overlap", second, first)


def clashes(claims: Iterable[Claim]) -> Iterator[Finding]:
    """Each claim beside another Node's that is the widest around it, or its equal.

    ``claims`` come in the order of ``place``.
    """
    around: Claim | None = None
    end = (0, 0)
    for claim in claims:
        version, first, last = bounds(claim.cidr)
        if around is None or (version, first) > end:
            around, end = claim, (version, last)
        elif claim.uid != around.uid:
            yield clash(claim, around)


def place(claim: Claim) -> tuple[int, int, int, NodeName, NodeUid]:
    """By address, the wider first, equal ones by name."""
    version, first, last = bounds(claim.cidr)
    return version, first, -last, claim.node, claim.uid
