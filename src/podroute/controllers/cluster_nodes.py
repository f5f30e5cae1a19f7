"""The API server that gives node IPAM what it needs."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from podroute.ipam.facts import Grant
from podroute.kube.connection import Connection
from podroute.kube.node_events import NodeEvent
from podroute.kube.node_patches import assign_pod_cidrs
from podroute.kube.nodes import parse_node
from podroute.kube.patch_answers import PatchAnswer
from podroute.kube.watching import follow_nodes


@dataclass(frozen=True, slots=True)
class ClusterNodes:
    """The Nodes of a cluster."""

    connection: Connection

    def follow(self, label_keys: Collection[str]) -> AsyncGenerator[Sequence[NodeEvent]]:
        parse = partial(parse_node, label_keys=label_keys, addresses=False)
        return follow_nodes(self.connection, parse=parse)

    async def turn(self) -> None:
        await self.connection.turn()

    async def assign(self, grant: Grant, within: float) -> PatchAnswer:
        return await assign_pod_cidrs(
            self.connection, grant.node, grant.uid, grant.pod_cidrs, within
        )
