"""The route loop in a running controller."""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from socket import gethostname
from time import time
from typing import Final

from prometheus_client import CollectorRegistry

from podroute.claims.rules import ClaimRules
from podroute.cli.again import spelt
from podroute.cli.by_hand import typed
from podroute.cli.options import ANY_LEASE, LeaseName
from podroute.cli.service import Service, run_until, silence, since_boot, standing_by
from podroute.controllers.cluster_nodes import ClusterRoutes
from podroute.controllers.election import Term
from podroute.controllers.leadership import Leadership
from podroute.controllers.recorder import Announcer
from podroute.controllers.route_reports import Channels, RouteReports
from podroute.controllers.routes import Rhythm, RouteLoop, Tools
from podroute.ipam.pools import AddressPlan
from podroute.kube.connection import Connection
from podroute.observe.board import Board, Standing
from podroute.observe.logs import Logger
from podroute.observe.route_metrics import RouteMetrics
from podroute.providers.interface import RouteProvider
from podroute.routing.attempts import Patience
from podroute.routing.brake import Brake
from podroute.routing.conditions import Whose
from podroute.routing.lately import Lately, spelled, understood
from podroute.routing.ledger import RouteLedger
from podroute.routing.policy import Policy

UNTOLD: Final = "this controller has no leader election, so that no word reaches it"


@dataclass(frozen=True, slots=True)
class RouteDuties:
    """How the routes of one router are kept; ``period`` is in seconds."""

    provider: str
    period: float
    at_once: int | None  # calls; None: as many as the router takes
    conditions: Whose


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the loop finds in the process around it."""

    connection: Connection
    provider: RouteProvider
    log: Logger
    recorder: Announcer
    registry: CollectorRegistry
    lease: LeaseName | None = ANY_LEASE  # None: there is no election


class RouteService:
    """It starts with an empty ledger, and again where the rules change."""

    def __init__(self, around: Surroundings, duties: RouteDuties, rules: ClaimRules) -> None:
        self.candidate: Leadership | None = None
        self.board: Final = Board()
        self._around = around
        self._duties = duties
        self._rules = rules
        self._again = asyncio.Event()
        self._loop: RouteLoop | None = None
        self._ledger: RouteLedger | None = None
        metrics = RouteMetrics(
            around.registry,
            duties.provider,
            lambda: {str(state): count for state, count in self.board.counts().items()},
            lambda: self.board.standing,
        )
        channels = Channels(
            around.log,
            metrics,
            around.recorder,
            self.board,
            time,
            partial(next_step, around.lease, duties),
        )
        self._reports = RouteReports(channels)
        self._stand(leads=False)

    async def lead(self, term: Term, stopping: asyncio.Event) -> None:
        self._stand(leads=True)
        self._reports.led(self.board.standing.leader, leads=True)
        brake = Brake(f"t{term.number}", _before(term))
        term.removals = lambda: spelled(brake.lately, _ahead())
        term.held_back = self._held_back
        term.when_confirmed(self._confirm)
        try:
            while not stopping.is_set():
                self._again.clear()
                brake.begin_anew()
                await self._keep(term, brake, stopping)
        finally:
            self._loop = self._ledger = None
            self._reports.led(self.board.standing.leader, leads=False)
            self._stand(leads=False)

    def _confirm(self, word: str) -> None:
        if self._loop is not None:
            self._loop.confirm(word)

    def _held_back(self) -> str:
        held = self.board.standing.held
        return held.confirmation if held else ""

    async def _keep(self, term: Term, brake: Brake, stopping: asyncio.Event) -> None:
        """Until ``stopping``, or until the rules are others."""
        around, duties = self._around, self._duties
        patience = Patience(lag=around.provider.limits.lag)
        policy = Policy(duties.period, patience, duties.conditions)
        dice = Random().random  # noqa: S311 -- spreads retries
        self._ledger = ledger = RouteLedger(self._rules, policy, dice, brake)
        rhythm = Rhythm(period=duties.period)
        api = ClusterRoutes(around.connection)
        tools = Tools(api, around.provider, self._reports, since_boot, rhythm, duties.at_once)
        self._loop = loop = RouteLoop(tools, ledger, term)
        await run_until(loop, stopping, self._again)

    def change(self, plan: AddressPlan, rules: ClaimRules) -> None:
        del plan
        if rules != self._rules:
            self._rules = rules
            self._again.set()
            self._stand(leads=self.board.standing.leads)
            self._around.log.info("the rules for routes are others now")

    def unready(self) -> str:
        loop = self._loop
        if loop is None:
            return standing_by(self.candidate)
        return loop.fault or silence("the Nodes are not listed yet", loop.heard)

    def commands(self, pod_cidr: str) -> Sequence[str]:
        """What a person would type for the routes to it."""
        ledger = self._ledger
        if ledger is None:
            return ()
        return typed(ledger.observed, self._rules, self._around.provider, pod_cidr)

    def _stand(self, *, leads: bool) -> None:
        standing = self.board.standing if leads else Standing()
        identity = self.candidate.identity if self.candidate else gethostname()
        self.board.stand(
            replace(
                standing,
                leader=identity if leads else "",
                leads=leads,
                lease=self._around.lease.title if self._around.lease else "",
                provider=self._duties.provider,
                server=self._around.connection.where,
                pools=self._rules.pools,
                reserved=self._rules.reserved,
                node_cidrs=self._rules.node_cidrs,
            )
        )


def next_step(lease: LeaseName | None, duties: RouteDuties, word: str) -> str:
    """What a person does to let pass what is held back; without a Lease no word is heard."""
    if lease is None:
        return f"podroute apply by hand, with --provider {duties.provider}: {UNTOLD}"
    return shlex.join(["podroute", "apply", *spelt(lease), "--confirm", word])


def _ahead() -> float:
    """Of Unix time before the loop's clock, in seconds."""
    return time() - since_boot()


def _before(term: Term) -> Lately:
    return understood(term.inherited, _ahead(), since_boot())


_: type[Service] = RouteService
