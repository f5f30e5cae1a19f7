"""Node IPAM in a running controller."""

import asyncio
from collections.abc import Sequence
from random import Random

from prometheus_client import CollectorRegistry

from podroute.claims.rules import ClaimRules
from podroute.cli.service import Service, run_until, silence, since_boot, standing_by
from podroute.controllers.cluster_nodes import ClusterNodes
from podroute.controllers.election import Term
from podroute.controllers.ipam_reports import Reports
from podroute.controllers.leadership import Leadership
from podroute.controllers.node_ipam import NodeIpam, Tools
from podroute.controllers.recorder import Recorder
from podroute.ipam.audit import Finding
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan
from podroute.ipam.usage import PoolUsage
from podroute.kube.connection import Connection
from podroute.observe.logs import Logger
from podroute.observe.metrics import IpamMetrics


class IpamService:
    """It starts with an empty ledger."""

    def __init__(
        self,
        connection: Connection,
        plan: AddressPlan,
        log: Logger,
        recorder: Recorder,
        registry: CollectorRegistry,
    ) -> None:
        self.candidate: Leadership | None = None
        self._connection = connection
        self._plan = plan
        self._wanted = plan
        self._log = log
        self._reports = Reports(log, IpamMetrics(registry, self._usage, self._findings), recorder)
        self._ledger: Ledger | None = None
        self._loop: NodeIpam | None = None

    async def lead(self, term: Term, stopping: asyncio.Event) -> None:
        ledger = Ledger(self._plan)
        api, dice = ClusterNodes(self._connection), Random()  # noqa: S311 -- spreads retries
        tools = Tools(api, self._reports, since_boot, dice)
        loop = NodeIpam(tools, ledger, term)
        loop.change(self._wanted)
        self._ledger, self._loop = ledger, loop
        try:
            await run_until(loop, stopping)
        finally:
            self._plan, self._loop = ledger.plan, None
        if not loop.in_doubt():
            term.vouch()

    def change(self, plan: AddressPlan, rules: ClaimRules) -> None:
        """Whether it takes blocks from Nodes only a leader can say."""
        del rules
        before, self._wanted = self._wanted, plan
        if self._loop is not None:
            self._loop.change(plan)  # again, where it was refused: Nodes may be gone since
        elif plan != before:
            self._log.info("another address plan: looked at when this process leads")

    def unready(self) -> str:
        loop = self._loop
        if loop is None:
            return standing_by(self.candidate)
        if loop.halted:
            return "somebody else writes podCIDRs: nothing is assigned; the log says what to do"
        return silence("the Nodes are not listed yet", loop.heard)

    def _findings(self) -> Sequence[Finding]:
        return self._ledger.findings() if self._ledger else ()

    def _usage(self) -> Sequence[PoolUsage]:
        return self._ledger.usage(since_boot()) if self._ledger else ()


_: type[Service] = IpamService
