"""A Kubernetes Node, reduced to what Pod networking needs. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NewType, Self

from podroute.model.cidr import Address, Cidr
from podroute.model.condition import NetworkCondition

NodeName = NewType("NodeName", str)
NodeUid = NewType("NodeUid", str)


@dataclass(frozen=True, slots=True)
class Node:
    """A Node as it was last shown; every field but the name is its own claim."""

    name: NodeName
    internal_ips: tuple[Address, ...]
    pod_cidrs: tuple[Cidr, ...] = ()
    uid: NodeUid = NodeUid("")  # "" where the source gives none
    created: str = ""  # creationTimestamp in RFC 3339, which sorts as text; "" where not given
    deleting: bool = False
    labels: tuple[tuple[str, str], ...] = ()  # those that were asked for, by key
    provider_id: str = ""  # the machine's name at its cloud; "" where the source gives none
    network: NetworkCondition | None = None  # None: no such condition


def by_age(nodes: Iterable[Node]) -> list[Node]:
    """The oldest first, Nodes without a date last; the same for any order of ``nodes``."""
    return sorted(nodes, key=lambda node: (node.created or "~", node.uid, node.name))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A Node object that cannot be used, why, and what could be read of it all the same."""

    name: str
    reason: str
    internal_ips: tuple[Address, ...] = ()
    pod_cidrs: tuple[Cidr, ...] | None = None  # None: not even these could be read
    uid: NodeUid = NodeUid("")  # "" where the source gives none
    deleting: bool = False
    network: NetworkCondition | None = None  # None: no such condition


@dataclass(frozen=True, slots=True)
class Roster:
    """Every Node that exists, as one complete look at the cluster showed them."""

    nodes: tuple[Node, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @classmethod
    def of(cls, everybody: Iterable[Node | Unreadable]) -> Self:
        """Sorted out, each in the order given."""
        nodes: list[Node] = []
        unreadable: list[Unreadable] = []
        for one in everybody:
            if isinstance(one, Node):
                nodes.append(one)
            else:
                unreadable.append(one)
        return cls(tuple(nodes), tuple(unreadable))

    def everybody(self) -> tuple[Node | Unreadable, ...]:
        """Readable or not."""
        return (*self.nodes, *self.unreadable)
