"""Two routers that a test plays, and one controller's loops for both."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from io import StringIO
from time import monotonic
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from podroute.cli.kept_router import KeptRouter, OpenRouter, Outlets
from podroute.controllers.cluster_reports import ClusterReports
from podroute.controllers.election import Claim, Term
from podroute.controllers.recorder import Severity
from podroute.controllers.route_keeping import RouteKeeping
from podroute.controllers.routes import Rhythm, Target, Tools
from podroute.controllers.telling import Telling
from podroute.model.node import NodeName, NodeUid
from podroute.observe.joint_board import JointBoard
from podroute.observe.joint_metrics import JointMetrics
from podroute.observe.logs import make_logger
from podroute.observe.route_metrics import ConditionMetrics
from podroute.providers.interface import RouteProvider
from podroute.routing.agreement import Agreement
from podroute.routing.conditions import Conditions
from podroute.routing.ledger import RouteLedger
from podroute.routing.policy import Policy
from tests.builders import SEED_RULES
from tests.unit.played_router import HASTY, QUICK, Api

NAMES: Final = ("left", "right")


class Pair:
    """The loops of two routers, and what they have said."""

    def __init__(
        self, api: Api, routers: Sequence[RouteProvider], rhythm: Rhythm, needed: int
    ) -> None:
        self.log = StringIO()
        self.events: list[str] = []
        self.board = JointBoard(NAMES)
        self.registry = CollectorRegistry()
        log, registries = make_logger(stream=self.log), {one: CollectorRegistry() for one in NAMES}
        self.registry.register(JointMetrics(registries))
        outlets = Outlets(log, self, None)
        conditions = Conditions("own")
        agreement = Agreement(conditions, NAMES, needed)
        self.kept: Mapping[str, KeptRouter] = {}
        targets: list[Target] = []
        for name, routes in zip(NAMES, routers, strict=True):
            router = OpenRouter(name, "played", routes)
            kept = KeptRouter(router, self.board.boards[name], registries[name], outlets)
            policy = Policy(rhythm.period, replace(HASTY, lag=routes.limits.lag), router=name)
            ledger = RouteLedger(SEED_RULES, policy, lambda: 1.0, kept.brake, agreement)
            targets.append(Target(routes, kept.reports, ledger))
            self.kept = {**self.kept, name: kept}
        telling = Telling(log, self.board, lambda: 1000.0)
        told = ClusterReports(telling, self, ConditionMetrics(self.registry).written)
        term = Term(Claim("fresh", 1), monotonic(), endless=True)
        tools = Tools(api, told, monotonic, rhythm)
        self.keeping = RouteKeeping(tools, term, conditions, targets)
        self.loops = dict(zip(NAMES, self.keeping.loops, strict=True))

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

    def states(self) -> list[str]:
        return [f"{one.pod_cidr} {one.router} {one.state}" for one in self.board.rows()]


@asynccontextmanager
async def running_pair(
    api: Api,
    *routers: RouteProvider,
    rhythm: Rhythm = QUICK,
    needed: int = 2,
    within: float = 20.0,
) -> AsyncGenerator[Pair]:
    """Ended by ``stop`` afterwards; ``within`` is in seconds."""
    pair = Pair(api, routers, rhythm, needed)
    async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(pair.keeping.run())
        yield pair
        pair.keeping.stop()
        await task
