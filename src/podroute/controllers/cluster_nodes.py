"""The API server that gives the loops what they need."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from podroute.ipam.facts import Grant
from podroute.kube.connection import Connection
from podroute.kube.network_conditions import write_condition
from podroute.kube.node_events import NodeEvent
from podroute.kube.node_patches import assign_pod_cidrs
from podroute.kube.nodes import parse_node
from podroute.kube.patch_answers import PatchAnswer
from podroute.kube.watching import follow_nodes
from podroute.routing.conditions import ConditionWrite


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


@dataclass(frozen=True, slots=True)
class ClusterRoutes:
    """The Nodes of a cluster, with what routes need to know of them."""

    connection: Connection

    def follow(self) -> AsyncGenerator[Sequence[NodeEvent]]:
        return follow_nodes(self.connection, parse=parse_node)

    async def turn(self) -> None:
        await self.connection.turn()

    async def write(self, write: ConditionWrite, within: float) -> PatchAnswer:
        return await write_condition(self.connection, write, within)
