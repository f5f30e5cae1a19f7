"""What is wrong among the podCIDRs in use? Pure."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from podroute.model.cidr import Cidr, bounds
from podroute.model.node import NodeName, NodeUid

Fault: TypeAlias = Literal["duplicate", "overlap", "wrong size", "out of range", "reserved"]

CROWD: Final = 16  # so many claims inside a loose one are told pair by pair


@dataclass(frozen=True, slots=True)
class Claim:
    """A podCIDR that a living Node shows."""

    node: NodeName
    uid: NodeUid
    cidr: Cidr


@dataclass(frozen=True, slots=True)
class Finding:
    """A podCIDR that breaks the address plan; ``other`` claims the same addresses.

    Of two Nodes, ``claim`` is the narrower, or the second by name. With ``more``, it is the wider,
    has that many claims of other Nodes inside besides ``other``, and concerns its own Node only.
    """

    fault: Fault
    claim: Claim
    other: Claim | None = None
    more: int = 0

    def concerns(self) -> tuple[Claim, ...]:
        """The claims whose Nodes are to be told: one, or two."""
        return (self.claim,) if self.other is None or self.more else (self.claim, self.other)


def place(claim: Claim) -> tuple[int, int, int, NodeName, NodeUid]:
    """By address, the wider first, equal ones by name."""
    version, first, last = bounds(claim.cidr)
    return version, first, -last, claim.node, claim.uid
