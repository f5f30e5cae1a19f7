"""The agent's loop: read, desire, plan, apply; at each event, and at each period as a net."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from typing import Final, Literal, TypeAlias

from podroute.agent.memory import Memory
from podroute.agent.nodes import Known, NodesUnreadable, Source
from podroute.agent.peers import Peers
from podroute.agent.plugin_chain import PluginChain
from podroute.agent.rarely import Rarely
from podroute.agent.reports import AWAITED, Reports
from podroute.agent.ways_out import WaysOut
from podroute.agent.worker import Done, Failed, Worker, WorkerUnreadable
from podroute.bridge.decision import NodeClaim, decide
from podroute.bridge.desired import AgentSettings, Wish
from podroute.bridge.plan import Plan
from podroute.bridge.seen import Host
from podroute.bridge.steps import Blocked
from podroute.claims.rules import ClaimRules
from podroute.host.service_manager import ServiceManager
from podroute.model.cidr import Address, Cidr
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


def breath(took: float, rested: float) -> float:
    """Seconds of peace after a look that ``took`` so many, ``rested`` seconds after a quiet one.

    A flood of events takes half a core at most; who comes alone, or second, waits for nothing.
    """
    least = min(max(took, AT_ONCE), SLOWLY)
    return least if rested < 2 * least else 0.0


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

    ``listen`` makes sure, before each look, that it will be. ``announce`` is told of podCIDRs, and
    the Node's addresses, whenever a look finds that Pods can be reached there.
    """

    worker: Worker
    source: Source
    memory: Memory
    peers: Peers | None
    reports: Reports
    manager: ServiceManager
    changed: asyncio.Event
    listen: Callable[[], object]
    announce: Callable[[Sequence[Cidr], Sequence[Address]], object] | None = None


class Agent:
    """One worker, from start to stop."""

    def __init__(self, tools: Tools, duties: Duties) -> None:
        self._tools = tools
        self._duties = duties
        self._ways = WaysOut()
        self._chain = PluginChain()
        self._counts = Rarely(duties.period)
        self._first: tuple[Cidr, ...] = ()
        self._believed: tuple[Cidr, ...] = ()  # at the last look
        self._reached: tuple[Cidr, ...] = ()  # where nothing was to be done then

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
        clock, rested = asyncio.get_running_loop().time, inf
        while not stopping.is_set():
            self._tools.listen()
            changed.clear()
            began = clock()
            ended = await self.turn()
            looked = clock()
            state = self._tools.reports.state(in_step=ended == "quiet")
            manager.tell(READY="1", WATCHDOG="1", STATUS=state)
            peace = breath(looked - began, rested) if ended == "quiet" else SLOWLY
            await rest(peace, pace.pause(ended, period), stopping, changed)
            rested = clock() - looked if ended == "quiet" else inf

    async def turn(self) -> Pass:
        """One pass; what the worker was in step with is repaired whatever is told of its Node."""
        reports = self._tools.reports
        known, untold, ended = await asyncio.to_thread(self._own)
        self._announce()
        try:
            if known is not None:
                ended = await self._with_peers(known, ended)
        except ProviderUnreachable as error:
            untold = untold or str(error)
        reports.unreadable(untold)
        reports.waiting("" if untold else self._lacking(known))
        return "failed" if untold else ended

    def _own(self) -> tuple[Known | None, str, Pass]:
        """What is known, what cannot be read, and what has become of the machine's own network."""
        known, untold = None, ""
        try:
            known = self._tools.source.known()
        except NodesUnreadable as error:
            untold = str(error)
        try:
            return known, untold, self._bridge(known)
        except WorkerUnreadable as error:
            return known, str(error), "failed"

    async def _with_peers(self, known: Known, ended: Pass) -> Pass:
        peers = self._tools.peers
        if peers is None:
            return ended
        report = await peers.keep(known.others, known.pod_cidrs)
        self._tools.reports.peers(report)
        if report.failed or ended == "failed":
            return "failed"
        return "repaired" if report.done or report.again else ended

    def _announce(self) -> None:
        """From when Pods can be reached; a bridge that is being repaired withdraws nothing."""
        last = self._tools.memory.last() if self._reached else None
        if last is not None and self._tools.announce is not None:
            self._tools.announce(self._reached, last.internal_ips)

    def look(self, known: Known | None) -> tuple[Plan, Host]:
        """What is to be done about the machine's own network, and what that was made for.

        Where the Node claims nothing that can be, that is to stay as the agent last believed it.

        Raises:
            WorkerUnreadable: a part of it cannot be read.
        """
        host = self._read()
        plan, kept = self._plan(known, host)
        if plan.unsure or (plan.short and self._counts.is_time()):
            host = self._read(thorough=True)
            plan, kept = self._plan(known, host)
        if kept is not None:
            known, wish = kept
            mac = wish.mac if plan.served else host.former_mac
            self._tools.memory.keep(known, wish.retained, wish.released, mac)
        return plan, host

    def _read(self, *, thorough: bool = False) -> Host:
        seen = self._chain.kept(self._ways.kept(self._tools.worker.read(thorough=thorough)))
        return replace(seen, former_mac=self._tools.memory.mac())

    def _plan(self, known: Known | None, host: Host) -> tuple[Plan, tuple[Known, Wish] | None]:
        """Beside it, what is believed and what is wished with it; None: nothing is."""
        duties, memory = self._duties, self._tools.memory
        blocked: tuple[Blocked, ...] = ()
        self._believed = ()
        claimed = self._claimed(known)
        for one in (claimed, memory.last()):
            if one is None:
                continue
            claim = NodeClaim(one.pod_cidrs, one.internal_ips, memory.former(), memory.released())
            decision = decide(claim, host, duties.settings, duties.rules)
            plan, wish = decision.plan, decision.wish
            if wish is None:
                blocked = blocked or plan.blocked
                continue
            self._believed = one.pod_cidrs
            self._first = self._first or (one.pod_cidrs if one is claimed else ())
            served = () if blocked else plan.served
            plan = replace(plan, blocked=(*blocked, *plan.blocked), served=served)
            return plan, (one, wish)
        return Plan(blocked=blocked), None

    def _claimed(self, known: Known | None) -> Known | None:
        """What the Node wants to have; without ``follow``, what it was the first to have."""
        if known is None or known.missing:
            return None
        kept = self._first if not self._duties.follow else ()
        return replace(known, pod_cidrs=kept or known.pod_cidrs)

    def apply(self, plan: Plan, host: Host) -> Outcomes:
        """Step by step."""
        self._tools.reports.planned(plan)
        outcomes = self._tools.worker.apply(plan.steps, host)
        self._tools.reports.applied(outcomes)
        return outcomes

    def _bridge(self, known: Known | None) -> Pass:
        something = self._claimed(known) or self._tools.memory.last()
        if not self._duties.bridge or something is None:
            return "quiet"
        plan, host = self.look(known)
        outcomes = self.apply(plan, host)
        self._reached = () if outcomes else plan.served
        if any(isinstance(one, Failed) for one in outcomes):
            return "failed"
        return "repaired" if outcomes else "quiet"

    def _lacking(self, known: Known | None) -> str:
        """What is waited for, in words; "" for nothing."""
        why = AWAITED if known is None else known.missing
        if not why or not self._believed:
            return why
        return f"{why}; meanwhile {', '.join(map(str, self._believed))} is kept"

    async def _follow(self) -> None:
        await self._tools.source.run(self._tools.changed.set, self._tools.reports.lost)

    async def _hear_routes(self, peers: Peers) -> None:
        while True:
            await peers.changed()
            self._tools.changed.set()


async def rest(
    peace: float, seconds: float, stopping: asyncio.Event, changed: asyncio.Event
) -> None:
    """For so many seconds, or until something is heard, which nothing is in the first ``peace``.

    That may be what was done; one thing that fails for good makes no other repair wait for long.
    """
    deaf = min(seconds, peace)
    if deaf:
        await _first_of(deaf, stopping)
    if seconds > deaf:
        await _first_of(seconds - deaf, stopping, changed)


async def _first_of(seconds: float, *events: asyncio.Event) -> None:
    """Returns when one of ``events`` is set, or after ``seconds``."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    with suppress(TimeoutError):
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
