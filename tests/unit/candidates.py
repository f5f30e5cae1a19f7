"""One who wants to lead, and the work of a term."""

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from podroute.controllers.election import Term, Timing
from podroute.controllers.leadership import Leadership
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.leases import LeaseStore
from podroute.kube.login import ClusterAccess
from podroute.observe.logs import make_logger
from tests.unit.kube_server import Server
from tests.waiting import until

QUICK = Timing(lease_duration=6.0, renew_deadline=4.0, retry_period=0.05, settle=40)


THEIRS: dict[str, object] = {
    "holderIdentity": "them",
    "leaseDurationSeconds": 1,
    "renewTime": "2026-01-01T00:00:00.000000Z",
    "leaseTransitions": 4,
}


@dataclass
class Work:
    """It goes on until it is told to end, or cancelled."""

    vouches: bool = False
    terms: list[Term] = field(default_factory=list[Term])
    over: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled_at: float = 0.0
    cancelled_with: float | None = None  # seconds that were left

    async def __call__(self, term: Term) -> None:
        self.terms.append(term)
        try:
            await self.over.wait()
        except asyncio.CancelledError:
            self.cancelled_at = monotonic()
            self.cancelled_with = term.time_left(self.cancelled_at)
            raise
        if self.vouches:
            term.vouch()


@dataclass
class Run:
    """One candidate at work."""

    leadership: Leadership
    log: io.StringIO
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def lead(self, work: Callable[[Term], Awaitable[None]]) -> None:
        async with asyncio.timeout(20):
            await self.leadership.lead(work, self.stopping)


@asynccontextmanager
async def candidate(
    server: Server, identity: str = "us", timing: Timing = QUICK
) -> AsyncGenerator[Run]:
    log = io.StringIO()
    async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
        store = LeaseStore(connection, "net", "podroute")
        logger = make_logger(stream=log)
        yield Run(Leadership(store, identity, timing, monotonic, logger), log)


async def has_term(work: Work) -> None:
    await until(lambda: work.terms)


@asynccontextmanager
async def in_term(
    server: Server, work: Work, identity: str = "us", timing: Timing = QUICK
) -> AsyncGenerator[Run]:
    """A candidate whose term has begun; afterwards the work ends by itself."""
    async with candidate(server, identity, timing) as run:
        task = asyncio.create_task(run.lead(work))
        await has_term(work)
        assert run.leadership.leads
        yield run
        work.over.set()
        await task
        assert not run.leadership.leads


async def led(server: Server, work: Work, identity: str = "us") -> str:
    """From a term's begin to its end by itself; what was logged."""
    async with in_term(server, work, identity) as run:
        pass
    return run.log.getvalue()
