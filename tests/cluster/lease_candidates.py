"""Candidates for a real Lease, and what a test may ask of them."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from time import monotonic
from typing import Final

from podroute.controllers.election import Term, Timing
from podroute.controllers.leadership import Leadership
from podroute.kube.leases import LeaseStore
from podroute.observe.logs import make_logger
from tests.waiting import until

NAMESPACE: Final = "default"
TIMING: Final = Timing(lease_duration=4.0, renew_deadline=2.0, retry_period=0.4, settle=0.0)
LONG: Final = Timing(lease_duration=600.0, renew_deadline=300.0, retry_period=0.4, settle=0.0)
WITHIN: Final = 30.0  # seconds for one request
PATIENCE: Final = timedelta(seconds=30)


@dataclass
class Candidacy:
    """One candidate at work: it works until it is stopped."""

    name: str
    leadership: Leadership
    log: StringIO
    terms: list[Term] = field(default_factory=list[Term])
    vouches: bool = True
    ended: float | None = None  # when its work was cut short

    def __post_init__(self) -> None:
        self.stopping = asyncio.Event()
        self.task = asyncio.create_task(self.leadership.lead(self._work, self.stopping))

    async def _work(self, term: Term) -> None:
        self.terms.append(term)
        try:
            await self.stopping.wait()
        except asyncio.CancelledError:
            self.ended = monotonic()
            raise
        if self.vouches:
            term.vouch()

    async def leads(self) -> Term:
        await until(lambda: self.terms)
        return self.terms[-1]

    async def stop(self) -> None:
        self.stopping.set()
        await self.task

    async def dies(self) -> None:
        """Without another request, as by SIGKILL."""
        self.task.cancel()
        await asyncio.wait([self.task])


@dataclass
class Candidates:
    """Those of one test; none outlives it."""

    store: LeaseStore
    all: list[Candidacy] = field(default_factory=list[Candidacy])

    def enter(self, name: str, timing: Timing = TIMING) -> Candidacy:
        log = StringIO()
        leadership = Leadership(self.store, name, timing, monotonic, make_logger(stream=log))
        self.all.append(Candidacy(name, leadership, log))
        return self.all[-1]
