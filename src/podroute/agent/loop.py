"""The agent's loop: read, desire, plan, apply; at each event, and at each period as a net."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

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

AT_ONCE: Final = 0.02  # seconds between a repair and the look at what has become of it
FIGHT: Final = 20  # repairs in a row, behind which somebody else must be
SLOWLY: Final = 1.0  # seconds between two repairs from then on
LAST_PAUSE: Final = 5.0  # after many failures

Outcomes: TypeAlias = Sequence[Done | Failed]
Pass: TypeAlias = Literal["quiet", "repaired", "failed"]


@dataclass(slots=True)
class Pace:
    """How long until the next pass; in a row, ``repairs`` and ``failures``."""

    repairs: int = 0
    failures: int = 0

    def pause(self, last: Pass, period: float) -> float:
        """Seconds, after a pass that ended so."""
        self.repairs = self.repairs + 1 if last == "repaired" else 0
        self.failures = self.failures + 1 if last == "failed" else 0
        if last == "quiet":
            return period
        if last == "repaired":
            return min(period, SLOWLY if self.repairs > FIGHT else AT_ONCE)
        return min(period, LAST_PAUSE, AT_ONCE * (1 << min(self.failures, 10)))


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
    """What a loop works with; ``changed`` is set when anything may be another.

    ``listen`` makes sure, before each look, that it will be.
    """

    worker: Worker
    source: Source
    peers: Peers | None
    reports: Reports
    manager: ServiceManager
    changed: asyncio.Event
    listen: Callable[[], object]


class Agent:
    """One worker, from start to stop."""

    def __init__(self, tools: Tools, duties: Duties) -> None:
        self._tools = tools
        self._duties = duties
        self._pod_cidrs: tuple[Cidr, ...] = ()

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
        changed, manager, pace = self._tools.changed, self._tools.manager, Pace()
        period = min(self._duties.period, manager.pulse or self._duties.period)
        while not stopping.is_set():
            self._tools.listen()
            changed.clear()
            ended = await self.turn()
            state = "in step" if ended == "quiet" else "not in step yet"
            manager.tell(READY="1", WATCHDOG="1", STATUS=state)
            sooner = (changed,) if ended == "quiet" else ()
            await _first_of(pace.pause(ended, period), stopping, *sooner)

    async def turn(self) -> Pass:
        """One pass."""
        reports = self._tools.reports
        try:
            known, ended = await asyncio.to_thread(self._own)
            if known is not None:
                ended = await self._with_peers(known, ended)
        except (NodesUnreadable, WorkerUnreadable, ProviderUnreachable) as error:
            reports.unreadable(str(error))
            return "failed"
        reports.unreadable("")
        reports.waiting(_lacking(known))
        return ended

    def _own(self) -> tuple[Known | None, Pass]:
        """What is known, and what has become of the machine's own network."""
        known = self._tools.source.known()
        if known is None or known.missing or not self._duties.bridge:
            return known, "quiet"
        return known, self._bridge(known)

    async def _with_peers(self, known: Known, ended: Pass) -> Pass:
        peers = self._tools.peers
        if peers is None or known.remembered:
            return ended
        report = await peers.keep(known.others)
        self._tools.reports.peers(report)
        if report.failed or ended == "failed":
            return "failed"
        return "repaired" if report.done or report.again else ended

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

    def _bridge(self, known: Known) -> Pass:
        host = self._tools.worker.read()
        outcomes = self.apply(self.plan(known, host), host)
        if any(isinstance(one, Failed) for one in outcomes):
            return "failed"
        return "repaired" if outcomes else "quiet"

    async def _follow(self) -> None:
        await self._tools.source.run(self._tools.changed.set, self._tools.reports.lost)

    async def _hear_routes(self, peers: Peers) -> None:
        while True:
            await peers.changed()
            self._tools.changed.set()


def _lacking(known: Known | None) -> str:
    """What is waited for, in words; "" for nothing."""
    if known is None:
        return "for the API server"
    return (
        "for the API server, with the podCIDRs it told last" if known.remembered else known.missing
    )


async def _first_of(seconds: float, *events: asyncio.Event) -> None:
    """Returns when one of ``events`` is set, or after ``seconds``."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    with suppress(TimeoutError):
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
