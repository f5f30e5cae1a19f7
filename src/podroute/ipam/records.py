"""What the ledger remembers of one Node, and of one grant under way. Pure."""

from dataclasses import dataclass

from podroute.ipam.audit import Claim
from podroute.ipam.facts import Grant
from podroute.ipam.stock import NOTHING, Holding, Labels
from podroute.model.cidr import Cidr
from podroute.model.node import Node, NodeName, Unreadable


@dataclass(slots=True)
class Record:
    """A living Node. What it has shown once is its own, whatever it shows later."""

    node: Node | Unreadable
    pod_cidrs: tuple[Cidr, ...] = ()
    claims: tuple[Claim, ...] = ()  # the same, each once
    holding: Holding = NOTHING
    labels: Labels = ()
    unseen: bool = False  # its podCIDRs were written by us, and not shown yet
    lost: bool = False  # it does not show its podCIDRs: the API server may have lost them

    @property
    def name(self) -> NodeName:
        """Under which it is known."""
        return NodeName(self.node.name)

    def wants(self) -> Node | None:
        """The Node, where it is to get a podCIDR."""
        node = self.node
        if isinstance(node, Unreadable) or node.deleting:
            return None
        return node if self.lost or not self.pod_cidrs else None


@dataclass(slots=True)
class Sent:
    """A grant from the moment on in which it may be sent, until it is seen or void."""

    grant: Grant
    holding: Holding
    unanswered: int = 1  # how many times it was sent and not answered for
    doubtful: bool = False  # an answer was unknown: it may land yet
    missed: bool = False  # a list has not shown it, from before it landed or after it was lost

    @property
    def name(self) -> NodeName:
        """To which Node."""
        return self.grant.node
