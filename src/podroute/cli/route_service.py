"""The route loops in a running controller."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from socket import gethostname
from time import time

from prometheus_client import CollectorRegistry

from podroute.claims.rules import ClaimRules
from podroute.cli.kept_router import KeptRouter, OpenRouter, Outlets
from podroute.cli.late_router import LateRoutes
from podroute.cli.options import ANY_LEASE, LeaseName
from podroute.cli.service import Service, run_until, silence, since_boot, standing_by
from podroute.controllers.cluster_nodes import ClusterRoutes
from podroute.controllers.cluster_reports import ClusterReports
from podroute.controllers.election import Term
from podroute.controllers.leadership import Leadership
from podroute.controllers.recorder import Announcer
from podroute.controllers.route_keeping import RouteKeeping
from podroute.controllers.routes import Rhythm, Target, Tools
from podroute.controllers.telling import Telling
from podroute.ipam.pools import AddressPlan
from podroute.kube.connection import Connection
from podroute.observe.board import Board, Standing
from podroute.observe.joint_board import JointBoard
from podroute.observe.joint_metrics import JointMetrics
from podroute.observe.logs import Logger
from podroute.observe.route_metrics import ConditionMetrics
from podroute.routing.agreement import Agreement
from podroute.routing.brake import Brake, mark_of
from podroute.routing.conditions import Conditions, Whose
from podroute.routing.lately import by_router, of_others, spelled, together, understood
from podroute.routing.ledger import RouteLedger
from podroute.routing.patience import Patience
from podroute.routing.policy import Policy


@dataclass(frozen=True, slots=True)
class RouteDuties:
    """How the routes are kept; ``period`` is in seconds."""

    period: float
    at_once: int | None  # calls to each router; None: as many as it takes
    conditions: Whose
    needed: int = 1  # routers that must have a Node's routes


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the loops find in the process around them."""

    connection: Connection
    routers: Sequence[OpenRouter]
    log: Logger
    recorder: Announcer
    registry: CollectorRegistry
    lease: LeaseName | None = ANY_LEASE  # None: there is no election


class RouteService:
    """It starts with empty ledgers, and again where the rules change, or a router is open late."""

    def __init__(self, around: Surroundings, duties: RouteDuties, rules: ClaimRules) -> None:
        self.candidate: Leadership | None = None
        self._around = around
        self._duties = duties
        self._rules = rules
        self._again = asyncio.Event()
        self._keeping: RouteKeeping | None = None
        for one in around.routers:
            if isinstance(one.routes, LateRoutes):
                one.routes.opened = self._again.set
        self.board, self._kept = _kept(around)
        self._reports = ClusterReports(
            Telling(around.log, self.board, time),
            around.recorder,
            ConditionMetrics(around.registry).written,
        )
        self._stand(leads=False)

    async def lead(self, term: Term, stopping: asyncio.Event) -> None:
        self._stand(leads=True)
        self._reports.led(self.board.standing.leader, leads=True)
        for one in self._kept:
            one.brake = _brake(one.router.name, term)
        term.removals = partial(self._removals, term.inherited)
        term.held_back = self._held_back
        term.when_confirmed(self._confirm)
        try:
            while not stopping.is_set():
                self._again.clear()
                await self._keep(term, stopping)
        finally:
            self._keeping = None
            for one in self._kept:
                one.ledger = None
            self._reports.led(self.board.standing.leader, leads=False)
            self._stand(leads=False)

    def _confirm(self, words: str) -> None:
        """Of several routers one word each."""
        if self._keeping is not None:
            for word in words.split():
                self._keeping.confirm(word)

    def _held_back(self) -> str:
        return " ".join(filter(None, (one.held_back for one in self._kept)))

    def _removals(self, inherited: str) -> str:
        """With those at routers that are left out for a while, or were called so."""
        ahead = _ahead()
        texts = {one.router.name: spelled(one.brake.lately, ahead) for one in self._kept}
        if "" in texts:
            return texts[""]
        return together({**of_others(inherited, texts, ahead, since_boot()), **texts})

    async def _keep(self, term: Term, stopping: asyncio.Event) -> None:
        """Until ``stopping``, or until the rules are others."""
        around, duties = self._around, self._duties
        conditions = Conditions(duties.conditions)
        names = [one.router.name for one in self._kept]
        agreement = Agreement(conditions, names, duties.needed)
        targets = [self._target(one, agreement) for one in self._kept]
        rhythm = Rhythm(period=duties.period)
        tools = Tools(ClusterRoutes(around.connection), self._reports, since_boot, rhythm)
        self._keeping = keeping = RouteKeeping(tools, term, conditions, targets)
        await run_until(keeping, stopping, self._again)

    def _target(self, kept: KeptRouter, agreement: Agreement) -> Target:
        duties, router = self._duties, kept.router
        patience = Patience(lag=router.routes.limits.lag)
        policy = Policy(duties.period, patience, duties.conditions, router.name)
        dice = Random().random  # noqa: S311 -- spreads retries
        kept.brake.begin_anew()
        kept.ledger = RouteLedger(self._rules, policy, dice, kept.brake, agreement)
        return Target(router.routes, kept.reports, kept.ledger, duties.at_once)

    def change(self, plan: AddressPlan, rules: ClaimRules) -> None:
        del plan
        if rules != self._rules:
            self._rules = rules
            self._again.set()
            self._stand(leads=self.board.standing.leads)
            self._around.log.info("the rules for routes are others now")

    def unready(self) -> str:
        """As long as one router is reached there is something that can be done."""
        keeping = self._keeping
        if keeping is None:
            return standing_by(self.candidate)
        faults = [one.fault for one in keeping.loops]
        named = zip(self._kept, faults, strict=True)
        told = [f"{one.router.name}: {why}" if one.router.name else why for one, why in named]
        if all(faults):
            return "; ".join(told)
        return silence("the Nodes are not listed yet", keeping.watch.heard)

    def commands(self, pod_cidr: str) -> Sequence[str]:
        """What a person would type for the routes to it."""
        return tuple(line for one in self._kept for line in one.commands(self._rules, pod_cidr))

    def _stand(self, *, leads: bool) -> None:
        around = self._around
        identity = self.candidate.identity if self.candidate else gethostname()
        for one in self._kept:
            one.board.stand(
                replace(
                    one.board.standing if leads else Standing(),
                    leader=identity if leads else "",
                    leads=leads,
                    lease=around.lease.title if around.lease else "",
                    provider=one.router.provider,
                    server=around.connection.where,
                    pools=self._rules.pools,
                    reserved=self._rules.reserved,
                    node_cidrs=self._rules.node_cidrs,
                )
            )


def _kept(around: Surroundings) -> tuple[Board, Sequence[KeptRouter]]:
    """Each router, and the board of all."""
    outlets = Outlets(around.log, around.recorder, around.lease)
    if len(around.routers) == 1:
        board = Board()
        return board, [KeptRouter(around.routers[0], board, around.registry, outlets)]
    joint = JointBoard([one.name for one in around.routers])
    registries: Mapping[str, CollectorRegistry] = {
        one.name: CollectorRegistry() for one in around.routers
    }
    around.registry.register(JointMetrics(registries))
    return joint, [
        KeptRouter(one, joint.boards[one.name], registries[one.name], outlets)
        for one in around.routers
    ]


def _brake(router: str, term: Term) -> Brake:
    """It counts on where the last leader was; a word for one router is none for another."""
    parts = by_router(term.inherited)
    text = f"{parts['']} {parts.get(router, '')}" if router else term.inherited
    return Brake(mark_of(router, term.number), understood(text, _ahead(), since_boot()))


def _ahead() -> float:
    """Of Unix time before the loop's clock, in seconds."""
    return time() - since_boot()


_: type[Service] = RouteService
