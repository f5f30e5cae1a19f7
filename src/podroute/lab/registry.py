"""The lab's Nodes behind the interface of an API server: node IPAM runs on them as in a cluster."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from random import Random
from time import monotonic

from prometheus_client import CollectorRegistry
from typing_extensions import override

from podroute.controllers.election import Claim, Term
from podroute.controllers.ipam_reports import Reports
from podroute.controllers.node_ipam import NodeIpam, Tools
from podroute.controllers.recorder import Recorder, Severity
from podroute.ipam.facts import Grant
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.kube.node_events import Changed, NodeEvent, Relisted
from podroute.kube.patch_answers import Applied, PatchAnswer, Refused
from podroute.lab.topology import BLOCK_PREFIXES, Topology
from podroute.model.cidr import Cidr
from podroute.model.node import Node, NodeName, NodeUid, Roster
from podroute.model.pool import CidrPool
from podroute.observe.logs import make_logger
from podroute.observe.metrics import IpamMetrics


class Registry:
    """Nodes in memory; a podCIDR that a Node has got it keeps."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.served = asyncio.Event()
        self._nodes = {node.uid: node for node in nodes}
        self._news: asyncio.Queue[NodeEvent] = asyncio.Queue()

    def pod_cidrs(self) -> Mapping[NodeUid, tuple[Cidr, ...]]:
        """Who has what."""
        return {uid: node.pod_cidrs for uid, node in self._nodes.items()}

    async def follow(self, label_keys: Collection[str]) -> AsyncGenerator[Sequence[NodeEvent]]:
        """The lab's Nodes have no labels."""
        del label_keys
        yield (Relisted(Roster(tuple(self._nodes.values())), "1"),)
        while True:
            yield (await self._news.get(),)

    async def turn(self) -> None:
        """Nobody waits."""

    async def assign(self, grant: Grant, within: float) -> PatchAnswer:
        """At once."""
        del within
        node = self._nodes.get(grant.uid)
        if node is None or node.pod_cidrs not in {(), grant.pod_cidrs}:
            return Refused(f"{grant.node} is gone, or has other podCIDRs")
        self._nodes[grant.uid] = changed = replace(node, pod_cidrs=grant.pod_cidrs)
        self._news.put_nowait(Changed(changed))
        if all(one.pod_cidrs for one in self._nodes.values()):
            self.served.set()
        return Applied()


class _Nobody(Recorder):
    """Reads no Events."""

    @override
    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        """Nothing is kept: the lab's screen shows what is there."""
        return True


def assigned(topology: Topology) -> Topology:
    """The same workers, each with the blocks that podroute's node IPAM gives it."""
    pod_cidrs = asyncio.run(_assign(topology))
    return topology.given(pod_cidrs[NodeUid(one.uid)] for one in topology.workers)


async def _assign(topology: Topology) -> Mapping[NodeUid, tuple[Cidr, ...]]:
    families = tuple(
        CidrPool(cidr, prefix)
        for cidr, prefix in zip(topology.cluster_cidrs(), BLOCK_PREFIXES, strict=False)
    )
    registry = Registry(
        Node(NodeName(one.name), one.internal_ips, uid=NodeUid(one.uid)) for one in topology.workers
    )
    ledger = Ledger(AddressPlan((Pool("lab", families),)))
    metrics = IpamMetrics(CollectorRegistry(), lambda: ledger.usage(monotonic()), tuple)
    reports = Reports(make_logger(stream=StringIO()), metrics, _Nobody())
    term = Term(Claim("fresh", 0), monotonic(), endless=True)
    loop = NodeIpam(Tools(registry, reports, monotonic, Random()), ledger, term)  # noqa: S311 -- spreads retries
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(loop.run())
        await registry.served.wait()
        loop.stop()
        await running
    return registry.pod_cidrs()
