"""A router and an API server that a test plays, and a route loop between them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from time import monotonic

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from podroute.claims.rules import ClaimRules
from podroute.controllers.cluster_reports import ClusterReports
from podroute.controllers.election import Claim, Term
from podroute.controllers.recorder import Severity
from podroute.controllers.route_keeping import RouteKeeping
from podroute.controllers.route_reports import Channels, RouteReports
from podroute.controllers.routes import Rhythm, Target, Tools
from podroute.controllers.telling import Telling
from podroute.kube.node_events import NodeEvent, Relisted
from podroute.kube.patch_answers import Applied, PatchAnswer
from podroute.model.condition import NetworkCondition
from podroute.model.node import Node, NodeName, NodeUid, Roster, Unreadable
from podroute.model.route import InstalledRoute, Quota, RouteTable
from podroute.observe.board import Board
from podroute.observe.logs import make_logger
from podroute.observe.route_metrics import ConditionMetrics, RouteMetrics
from podroute.providers.interface import Limits, ProviderUnreachable, RouteProvider
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.conditions import ConditionWrite
from podroute.routing.ledger import RouteLedger
from podroute.routing.outcome import Failed, Outcome
from podroute.routing.patience import Patience
from podroute.routing.policy import Policy
from podroute.routing.steps import Change
from tests.builders import SEED_RULES
from tests.unit.route_ledgers import words

QUICK = Rhythm(
    period=0.05,
    shortest_send=0.01,
    longest_send=1.0,
    first_pause=0.01,
    last_pause=0.02,
    patience=0.02,
    gather=0.001,
)
HASTY = Patience(first=0.002, longest=0.01, pointless=60.0, calm=0.0)


def listed(*nodes: Node | Unreadable, rewound: bool = False) -> Relisted:
    return Relisted(Roster.of(nodes), "1", rewound)


@dataclass
class Api:
    """What the watch tells, and how patches end: in turn, then Applied."""

    first: NodeEvent
    answers: list[PatchAnswer] = field(default_factory=list[PatchAnswer])
    written: list[ConditionWrite] = field(default_factory=list[ConditionWrite])
    hold: asyncio.Event | None = None
    queue: asyncio.Event | None = None  # where set, patches wait for their turn

    def __post_init__(self) -> None:
        self.news: asyncio.Queue[NodeEvent] = asyncio.Queue()
        self.waiting = 0

    async def follow(self) -> AsyncGenerator[Sequence[NodeEvent]]:
        yield (self.first,)
        while True:
            yield (await self.news.get(),)

    async def turn(self) -> None:
        if self.queue:
            self.waiting += 1
            await self.queue.wait()

    async def write(self, write: ConditionWrite, within: float) -> PatchAnswer:
        assert 0 < within <= QUICK.longest_send
        self.written.append(write)
        if self.hold:
            await self.hold.wait()
        return self.answers.pop(0) if self.answers else Applied()


class Router:
    """Routes in memory; ``answer`` may refuse a change, ``down`` and ``deaf`` say why it is."""

    def __init__(self, routes: Iterable[InstalledRoute] = (), limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.routes = MemoryRoutes(routes)
        self.answer: Callable[[Change], Outcome | None] = lambda _: None
        self.down = self.shut = self.deaf = ""
        self.after = 0.0
        self.quota: Quota | None = None
        self.reads: list[float] = []
        self.calls: list[list[str]] = []
        self.begun: list[float] = []  # of each call
        self.busy = self.most = 0
        self.hold: asyncio.Event | None = None
        self.hold_read: asyncio.Event | None = None

    async def read(self) -> RouteTable:
        self.reads.append(monotonic())
        if self.hold_read:
            await self.hold_read.wait()
        if self.down:
            raise ProviderUnreachable(self.down, self.after)
        return replace(await self.routes.read(), quota=self.quota)

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        self.calls.append([words(one) for one in changes])
        self.begun.append(monotonic())
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            if self.hold:
                await self.hold.wait()
            if self.down or self.shut:
                raise ProviderUnreachable(self.down or self.shut, self.after)
            return [self.answer(one) or (await self.routes.apply([one]))[0] for one in changes]
        finally:
            self.busy -= 1

    async def changed(self) -> None:
        if self.deaf:
            raise ProviderUnreachable(self.deaf)
        await self.routes.changed()

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return self.routes.commands(changes)

    def sent(self) -> list[str]:
        """All changes in their order."""
        return [one for call in self.calls for one in call]


def refusing(
    reason: str, times: int = 1, after: float = -1.0
) -> Callable[[Change], Outcome | None]:
    """The first ``times`` changes; ``after`` seconds it asks for fewer."""
    left = [times]

    def answer(change: Change) -> Outcome | None:
        if not left[0]:
            return None
        left[0] -= 1
        if after < 0:
            return Failed(change, reason, "worth it")
        return Failed(change, reason, "slower", after)

    return answer


class World:
    """A loop and what it has said."""

    def __init__(
        self,
        api: Api,
        router: RouteProvider,
        term: Term,
        rhythm: Rhythm,
        *,
        rules: ClaimRules = SEED_RULES,
        patience: Patience = HASTY,
        at_once: int | None = None,
    ) -> None:
        self.api = api
        self.log = StringIO()
        self.registry = CollectorRegistry()
        self.board = Board()
        self.events: list[str] = []
        metrics = RouteMetrics(
            self.registry,
            "played",
            lambda: {str(state): count for state, count in self.board.counts().items()},
            lambda: self.board.standing,
        )
        log = make_logger(stream=self.log)
        confirming = "podroute apply --confirm {}".format
        channels = Channels(log, metrics, self, self.board, lambda: 1000.0, confirming)
        policy = Policy(rhythm.period, replace(patience, lag=router.limits.lag))
        self.ledger = RouteLedger(rules, policy, lambda: 1.0)
        self.reports = RouteReports(channels)
        telling = Telling(log, self.board, channels.wall)
        written = ConditionMetrics(self.registry).written
        self.cluster_reports = ClusterReports(telling, self, written)
        tools = Tools(api, self.cluster_reports, monotonic, rhythm)
        target = Target(router, self.reports, self.ledger, at_once=at_once)
        self.keeping = RouteKeeping(tools, term, self.ledger.conditions, [target])
        (self.loop,) = self.keeping.loops

    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        self.events.append(f"{node} {uid} {severity} {reason}: {message}")
        return True

    def announce(self, severity: Severity, reason: str, message: str) -> bool:
        self.events.append(f"lease {severity} {reason}: {message}")
        return True

    def metric(self, line: str) -> bool:
        return f"{line}\n" in generate_latest(self.registry).decode()

    def told(self, name: str) -> NetworkCondition | None:
        """What the Node was told last."""
        written = (one.condition for one in reversed(self.api.written) if one.node == name)
        return next(written, None)

    def states(self) -> list[str]:
        return [f"{one.pod_cidr or one.node} {one.state}" for one in self.board.rows()]


@asynccontextmanager
async def running(
    api: Api,
    router: RouteProvider,
    *,
    term: Term | None = None,
    rhythm: Rhythm = QUICK,
    within: float = 20.0,
    rules: ClaimRules = SEED_RULES,
    patience: Patience = HASTY,
    at_once: int | None = None,
) -> AsyncGenerator[World]:
    """Ended by ``stop`` afterwards; ``within`` is in seconds."""
    term = term or Term(Claim("fresh", 1), monotonic(), endless=True)
    world = World(api, router, term, rhythm, rules=rules, patience=patience, at_once=at_once)
    async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(world.keeping.run())
        yield world
        world.keeping.stop()
        await task
