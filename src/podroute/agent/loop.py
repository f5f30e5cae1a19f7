"""The agent's loop: read, desire, plan, apply; at each event, and at each period as a net."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from podroute.agent.nodes import Known, NodesUnreadable, Source
from podroute.agent.peers import Peers
from podroute.agent.reports import Reports
from podroute.agent.worker import Done, Failed, Worker, WorkerUnreadable
from podroute.bridge.claims import refused
from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.plan import Plan, plan_host
from podroute.bridge.seen import Host
from podroute.claims.rules import ClaimRules
from podroute.host.service_manager import ServiceManager
from podroute.model.cidr import Cidr
from podroute.providers.interface import ProviderUnreachable

FIRST_PAUSE: Final = 0.02  # seconds between two passes in a row
LAST_PAUSE: Final = 5.0

Outcomes: TypeAlias = Sequence[Done | Failed]


@dataclass(frozen=True, slots=True)
class Duties:
    """What the agent keeps in step; ``period`` in seconds."""

    settings: AgentSettings
    rules: ClaimRules
    period: float
    bridge: bool = True  # bridge, addresses, forwarding, firewall and CNI
    follow: bool = True  # a podCIDR that changes


@dataclass(frozen=True, slots=True)
class Tools:
    """What a loop works with; ``changed`` is set when anything may be another."""

    worker: Worker
    source: Source
    peers: Peers | None
    reports: Reports
    manager: ServiceManager
    changed: asyncio.Event


class Agent:
    """One worker, from start to stop."""

    def __init__(self, tools: Tools, duties: Duties) -> None:
        self._tools = tools
        self._duties = duties
        self._pod_cidrs: tuple[Cidr, ...] = ()
        self._busy = 0  # passes in a row that had something to do

    async def run(self, stopping: asyncio.Event) -> None:
        """Until ``stopping``."""
        tools = self._tools
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(self._follow())]
            if tools.peers is not None:
                background.append(tasks.create_task(self._hear_routes(tools.peers)))
            await self._keep(stopping)
            for task in background:
                task.cancel()
        tools.manager.tell(STOPPING="1")

    async def _keep(self, stopping: asyncio.Event) -> None:
        changed, manager = self._tools.changed, self._tools.manager
        period = min(self._duties.period, manager.pulse or self._duties.period)
        while not stopping.is_set():
            changed.clear()
            quiet = await self.turn()
            self._busy = 0 if quiet else self._busy + 1
            state = "in step" if quiet else "not in step yet"
            manager.tell(READY="1", WATCHDOG="1", STATUS=state)
            if self._busy:
                pause = min(LAST_PAUSE, period, FIRST_PAUSE * 2 ** min(self._busy, 10))
                await _first_of(pause, stopping)
            else:
                await _first_of(period, stopping, changed)

    async def turn(self) -> bool:
        """One pass; whether there was nothing to do."""
        reports = self._tools.reports
        try:
            known = await asyncio.to_thread(self._tools.source.known)
            quiet = known is None or await self._pass(known)
        except (NodesUnreadable, WorkerUnreadable, ProviderUnreachable) as error:
            reports.unreadable(str(error))
            return False
        reports.unreadable("")
        reports.waiting("for the API server" if known is None else known.missing)
        return quiet

    async def _pass(self, known: Known) -> bool:
        quiet, peers = True, self._tools.peers
        if self._duties.bridge and not known.missing:
            quiet = await asyncio.to_thread(self._bridge, known)
        if peers is not None:
            report = await peers.keep(known.others)
            self._tools.reports.peers(report)
            quiet = quiet and not (report.done or report.again)
        return quiet

    def plan(self, known: Known, host: Host) -> Plan:
        """What is to be done about the machine's own network."""
        duties = self._duties
        refusals = tuple(refused(known.pod_cidrs, host, duties.settings.bridge, duties.rules))
        if refusals:
            return Plan(blocked=refusals)
        if not self._pod_cidrs or duties.follow:
            self._pod_cidrs = known.pod_cidrs
        wish = desire(self._pod_cidrs, host, duties.settings, known.internal_ips)
        return plan_host(wish, host)

    def apply(self, plan: Plan, host: Host) -> Outcomes:
        """Step by step."""
        self._tools.reports.planned(plan)
        outcomes = self._tools.worker.apply(plan.steps, host)
        self._tools.reports.applied(outcomes)
        return outcomes

    def _bridge(self, known: Known) -> bool:
        host = self._tools.worker.read()
        return not self.apply(self.plan(known, host), host)

    async def _follow(self) -> None:
        await self._tools.source.run(self._tools.changed.set, self._tools.reports.lost)

    async def _hear_routes(self, peers: Peers) -> None:
        while True:
            await peers.changed()
            self._tools.changed.set()


async def _first_of(seconds: float, *events: asyncio.Event) -> None:
    """Returns when one of ``events`` is set, or after ``seconds``."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    with suppress(TimeoutError):
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
