"""What the ledger says: who gets which blocks, who waits, what has happened. Pure."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from podroute.ipam.audit import Finding
from podroute.model.cidr import Cidr
from podroute.model.node import NodeName, NodeUid

# applied: the API server said so. refused: for good, as when the Node is gone, is another one of
# that name, or has a podCIDR. unknown: anything else, such as no answer, a time-out, a 5xx.
Outcome: TypeAlias = Literal["applied", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Grant:
    """Blocks of one pool for the Node with this UID; to be sent, then answered for."""

    node: NodeName
    uid: NodeUid
    pool: str
    pod_cidrs: tuple[Cidr, ...]  # in the order of the pool's families
    passed_over: tuple[int, ...]  # how many blocks the search of each went past; () without one


@dataclass(frozen=True, slots=True)
class Waiting:
    """A Node for which there is no room; ``pool`` is the one that it would go to first."""

    node: NodeName
    uid: NodeUid
    pool: str  # "": no pool's selector matches its labels


@dataclass(frozen=True, slots=True)
class Assignments:
    """The grants of this call, and everybody who has to wait."""

    granted: tuple[Grant, ...] = ()
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """A Node shows podCIDRs that this ledger did not grant.

    ``at_birth``: it had them when it was seen for the first time, as a kubelet can do that
    registers its own Node; otherwise somebody wrote them later. A Node that is first seen in a
    later list may have been written to between the two lists as well: its creation time does not
    tell when the podCIDRs came, so it counts as registered with them.
    """

    node: NodeName
    uid: NodeUid
    pod_cidrs: tuple[Cidr, ...]
    at_birth: bool


@dataclass(frozen=True, slots=True)
class Freed:
    """A Node is gone, and no other one has these blocks: they rest, then they are given again."""

    node: NodeName
    uid: NodeUid
    pod_cidrs: tuple[Cidr, ...]


Fact: TypeAlias = Foreign | Freed | Finding
