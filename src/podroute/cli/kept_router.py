"""One router of a running controller: what is kept of it from one term to the next."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import time
from typing import Final

from prometheus_client import CollectorRegistry

from podroute.claims.rules import ClaimRules
from podroute.cli.again import spelt
from podroute.cli.by_hand import typed
from podroute.cli.options import LeaseName
from podroute.controllers.recorder import Announcer, RouterRecorder
from podroute.controllers.route_reports import Channels, RouteReports
from podroute.observe.board import Board
from podroute.observe.logs import Logger
from podroute.observe.route_metrics import RouteMetrics
from podroute.providers.interface import RouteProvider
from podroute.routing.brake import Brake
from podroute.routing.ledger import RouteLedger

UNTOLD: Final = "this controller has no leader election, so that no word reaches it"


@dataclass(frozen=True, slots=True)
class OpenRouter:
    """``name`` is "" for one that stands alone; ``provider`` is what its kind is called."""

    name: str
    provider: str
    routes: RouteProvider


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where it is told what the loops do; of several routers each has a registry of its own."""

    log: Logger
    recorder: Announcer
    lease: LeaseName | None  # None: there is no election


class KeptRouter:
    """``board`` and ``registry`` are its own; ledger and brake are those of the present term."""

    def __init__(
        self, router: OpenRouter, board: Board, registry: CollectorRegistry, outlets: Outlets
    ) -> None:
        self.router: Final = router
        self.board: Final = board
        self.brake: Brake = Brake()
        self.ledger: RouteLedger | None = None
        log, recorder = outlets.log, outlets.recorder
        if router.name:
            log, recorder = log.bind(router=router.name), RouterRecorder(recorder, router.name)
        metrics = RouteMetrics(
            registry,
            router.provider,
            lambda: {str(state): count for state, count in board.counts().items()},
            lambda: board.standing,
        )
        confirming = partial(next_step, outlets.lease, router)
        self.reports: Final = RouteReports(
            Channels(log, metrics, recorder, board, time, confirming)
        )

    @property
    def held_back(self) -> str:
        """The word for what waits for a person; "" where nothing does."""
        held = self.board.standing.held
        return held.confirmation if held else ""

    def commands(self, rules: ClaimRules, pod_cidr: str) -> Sequence[str]:
        """What a person would type for the routes to it."""
        if self.ledger is None:
            return ()
        lines = typed(self.ledger.observed, rules, self.router.routes, pod_cidr)
        return [f"# router {self.router.name}", *lines] if self.router.name else lines


def next_step(lease: LeaseName | None, router: OpenRouter, word: str) -> str:
    """What a person does to let pass what is held back; without a Lease no word is heard."""
    if lease is None:
        which = f"--only-router {router.name}" if router.name else f"--provider {router.provider}"
        return f"podroute apply by hand, with {which}: {UNTOLD}"
    return shlex.join(["podroute", "apply", *spelt(lease), "--confirm", word])
