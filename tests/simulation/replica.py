"""One podroute process: its election, its ledger and its loop, with ports that are watched."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import structlog

from podroute.claims.rules import ClaimRules
from podroute.controllers.cluster_reports import ClusterReports
from podroute.controllers.election import Term
from podroute.controllers.route_keeping import RouteKeeping
from podroute.controllers.route_reports import Channels, RouteReports
from podroute.controllers.routes import Rhythm, Target, Tools
from podroute.controllers.telling import Telling
from podroute.kube.node_events import NodeEvent
from podroute.kube.patch_answers import PatchAnswer
from podroute.model.node import NodeName, NodeUid
from podroute.model.route import RouteTable
from podroute.observe.board import Board
from podroute.observe.logs import Logger
from podroute.observe.route_metrics import RouteMetrics
from podroute.providers.interface import Limits
from podroute.routing.brake import Brake
from podroute.routing.conditions import ConditionWrite
from podroute.routing.lately import spelled, understood
from podroute.routing.ledger import RouteLedger
from podroute.routing.outcome import Outcome
from podroute.routing.patience import Patience
from podroute.routing.policy import Policy
from podroute.routing.steps import Change, destination_of
from tests.simulation.cluster import Cluster
from tests.simulation.laws import Laws, Watched
from tests.simulation.lease import Campaign, Lease, LeaseLost
from tests.simulation.router import Router
from tests.simulation.virtual_time import Process, VirtualLoop
from tests.simulation.weather import Weather

UNIX: Final = 1_700_000_000.0  # at the start of the loop's clock
SILENT: Final[Logger] = structlog.wrap_logger(
    None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
)


class Mute:
    """Events that nobody reads."""

    def record(
        self, node: NodeName, uid: NodeUid, severity: str, reason: str, message: str
    ) -> bool:
        del node, uid, severity, reason, message
        return True

    def announce(self, severity: str, reason: str, message: str) -> bool:
        del severity, reason, message
        return True


Dice: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Parts:
    """Which code a process runs; a sabotage replaces one of these."""

    ledger: Callable[[ClaimRules, Policy, Dice, Brake], RouteLedger] = RouteLedger
    rhythm: Rhythm = field(default_factory=Rhythm)
    rules: ClaimRules | None = None  # None: those that were given
    trusted: Callable[[Term], Term] = lambda term: term


@dataclass(frozen=True)
class Surroundings:
    """What all processes share."""

    loop: VirtualLoop
    weather: Weather
    cluster: Cluster
    router: Router
    lease: Lease
    laws: Laws
    metrics: RouteMetrics
    rules: ClaimRules
    hears: bool  # of changes at the router
    parts: Parts


class Api:
    """The API server, as one process reaches it."""

    def __init__(self, around: Surroundings, process: Process, watched: Watched) -> None:
        self._around, self._process, self._watched = around, process, watched

    async def follow(self) -> AsyncGenerator[Sequence[NodeEvent]]:
        async with aclosing(self._around.cluster.follow()) as stream:
            async for events in stream:
                self._watched.seen.note(events, self._around.loop.time())
                yield events

    async def turn(self) -> None:
        if self._around.weather.strikes("late watch"):
            await self._around.weather.passes()

    async def write(self, write: ConditionWrite, within: float) -> PatchAnswer:
        del within
        if self._process.cut:
            await asyncio.Event().wait()
        self._around.laws.writes(self._watched, write)
        return await self._around.cluster.patch(write)


class Port:
    """The router, as one process reaches it."""

    def __init__(self, around: Surroundings, process: Process, watched: Watched) -> None:
        self.limits: Limits = around.router.limits
        self._around, self._process, self._watched = around, process, watched
        self._heard = asyncio.Event()
        around.router.told.append(self._heard.set)

    def close(self) -> None:
        """It hears nothing any more."""
        self._around.router.told.remove(self._heard.set)

    async def read(self) -> RouteTable:
        self._heard.clear()
        table = await self._around.router.read()
        self._around.laws.read(self._watched, table.routes)
        self._watched.seen.read(table, self._around.loop.time())
        return table

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if self._process.cut:
            await asyncio.Event().wait()
        laws, watched = self._around.laws, self._watched
        laws.sends(watched, changes)
        outcomes: Sequence[Outcome] = ()
        try:
            outcomes = await self._around.router.apply(changes)
        finally:
            laws.answered(watched, changes, outcomes)
        return outcomes

    async def changed(self) -> None:
        await (self._heard if self._around.hears else asyncio.Event()).wait()

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return tuple(map(str, changes))


class Replica:
    """From its start to its end, whatever that is; another start is another replica."""

    def __init__(self, around: Surroundings, name: str) -> None:
        self.process = Process(name)
        self.ledger: RouteLedger | None = None
        self.term: Term | None = None
        self.stopping = asyncio.Event()
        self._around = around
        self._loop: RouteKeeping | None = None
        self.task = around.loop.start(self.process, self._live())

    @property
    def leads(self) -> bool:
        """Whether it works now."""
        return self._loop is not None and not self.task.done()

    def kill(self) -> None:
        """As by ``kill -9``: what it has sent goes on, and nothing else leaves it."""
        self.process.cut = True
        self._around.loop.go_on(self.process)
        self.task.cancel()

    def suspend(self) -> None:
        """As by SIGSTOP."""
        self.process.stopped = True

    def confirm(self) -> str:
        """A person lets pass what it holds back: the word, "" where there is nothing."""
        if self.term is None or self.ledger is None:
            return ""
        verdict = self.ledger.verdict
        if verdict.held:
            now = self._around.loop.time()
            for change in verdict.held:
                self._watched.allowed[destination_of(change)] = now
            self.term.confirm(verdict.confirmation)
        return verdict.confirmation

    async def _live(self) -> None:
        around, name = self._around, self.process.name
        campaign = Campaign(name, around.lease, around.loop, around.weather, self.stopping)
        term = await campaign.win()
        if term is None:
            return
        self.term = term
        working = asyncio.create_task(self._work(term))
        renewing = asyncio.create_task(campaign.renew(term))
        try:
            await asyncio.wait((working, renewing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            term.end()
            for task in (working, renewing):
                task.cancel()
            ends = await asyncio.gather(working, renewing, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, LeaseLost):
                raise end
        await campaign.release(term)

    async def _work(self, term: Term) -> None:
        around, parts = self._around, self._around.parts
        limits, rhythm = around.router.limits, parts.rhythm
        self._watched = watched = Watched(self.process.name, 10.0, around.rules, term=term)
        port = Port(around, self.process, watched)
        policy = Policy(10.0, Patience(lag=limits.lag))
        dice = around.weather.dice.random
        rules, brake = parts.rules or around.rules, self._brake(term)
        self.ledger = parts.ledger(rules, policy, dice, brake)
        self._loop = loop = self._keeping(term, rhythm, port, self.ledger)
        term.when_confirmed(loop.confirm)
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(loop.run())
                asked = tasks.create_task(self.stopping.wait())
                await asyncio.wait((running, asked), return_when=asyncio.FIRST_COMPLETED)
                loop.stop()
                await running
                asked.cancel()
            term.vouch()
        finally:
            port.close()
            self._loop = None

    def _keeping(self, term: Term, rhythm: Rhythm, port: Port, ledger: RouteLedger) -> RouteKeeping:
        around, board, clock = self._around, Board(), self._around.loop.time
        channels = Channels(SILENT, around.metrics, Mute(), board, clock, str)
        told = ClusterReports(Telling(SILENT, board, clock), Mute(), str)
        tools = Tools(Api(around, self.process, self._watched), told, clock, rhythm)
        target = Target(port, RouteReports(channels), ledger)
        term = around.parts.trusted(term)
        return RouteKeeping(tools, term, ledger.conditions, [target])

    def _brake(self, term: Term) -> Brake:
        """It counts on where the last leader was."""
        brake = Brake(f"t{term.number}", understood(term.inherited, UNIX, self._around.loop.time()))
        term.removals = lambda: spelled(brake.lately, UNIX)
        return brake
