"""What node IPAM needs of an API server, and the API server that gives it."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from podroute.ipam.facts import Grant
from podroute.kube.connection import Connection
from podroute.kube.node_patches import PatchAnswer, assign_pod_cidrs
from podroute.kube.watching import NodeEvent, follow_nodes


class NodeApi(Protocol):
    """Nodes to be read for ever, and podCIDRs to be written."""

    def follow(self, label_keys: Collection[str]) -> AsyncGenerator[Sequence[NodeEvent]]:
        """A consistent list first, then what changes; of the labels, those that are named."""
        ...

    async def turn(self) -> None:
        """Returns when the rate limit lets one more patch go."""
        ...

    async def assign(self, grant: Grant, within: float) -> PatchAnswer:
        """One patch of the Node with the grant's UID; nothing is sent after so many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class ClusterNodes:
    """The Nodes of a cluster."""

    connection: Connection

    def follow(self, label_keys: Collection[str]) -> AsyncGenerator[Sequence[NodeEvent]]:
        return follow_nodes(self.connection, label_keys=label_keys)

    async def turn(self) -> None:
        await self.connection.turn()

    async def assign(self, grant: Grant, within: float) -> PatchAnswer:
        return await assign_pod_cidrs(
            self.connection, grant.node, grant.uid, grant.pod_cidrs, within
        )
