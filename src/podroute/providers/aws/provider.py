"""RouteProvider for the route tables of a VPC."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.providers.aws.client import AwsClient
from podroute.providers.aws.reader import LAG
from podroute.providers.aws.session import AwsSession
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import (
    CheckedRouter,
    Limits,
    ProviderKind,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.unwaited import answered
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change

BURST: Final = 100  # EC2's own bucket for each kind of call
GATHER: Final = 10.0  # seconds; a call looks and writes marks, however many routes it carries
PAUSES: Final = (0.25, 0.5, 1.0, 2.0)  # seconds before a late answer is asked for again

AnswerT = TypeVar("AnswerT")


class AwsRoutes:
    """botocore blocks, so it runs in threads; one thing at a time."""

    def __init__(
        self, client: AwsClient, options: AwsOptions, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.limits = Limits(batch=BURST, rate=options.rate, burst=BURST, gather=GATHER, lag=LAG)
        self._client = client
        self._pauses = pauses
        self._turn = asyncio.Lock()
        self._idle = asyncio.Event()  # no thread is at work, not even one that was given up
        self._idle.set()

    async def read(self) -> RouteTable:
        async with self._turn:
            for pause in self._pauses:
                table, late = await self._in_thread(self._client.read)
                if not late:
                    return table
                await asyncio.sleep(pause)
            table, _ = await self._in_thread(self._client.read)
            return table

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        async with self._turn:
            return await self._in_thread(lambda: self._client.apply(changes), changes=True)

    async def checks(self, question: Question) -> Sequence[Check]:
        async with self._turn:
            return await self._in_thread(lambda: self._client.checks(question))

    async def changed(self) -> None:
        await asyncio.Event().wait()

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return self._client.commands(changes)

    async def _in_thread(self, work: Callable[[], AnswerT], *, changes: bool = False) -> AnswerT:
        """Cancelled, no more calls are begun: a thread would go on, and send all others.

        Whoever has lost the lease, or was interrupted, changes nothing any more, and knows when the
        changes under way have ended. A read that hangs is waited for by the next call alone.
        """
        await self._idle.wait()
        self._idle.clear()
        self._client.stopped.clear()
        working = asyncio.ensure_future(answered(work))
        working.add_done_callback(self._heard)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            self._client.stopped.set()
            if changes:
                await asyncio.wait((working,))
            raise

    def _heard(self, working: "asyncio.Future[AnswerT]") -> None:
        """Whoever was cancelled asks no more how it has ended."""
        self._idle.set()
        if not working.cancelled():
            working.exception()


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(AwsOptions, texts)
    yield AwsRoutes(AwsClient(AwsSession(options), options, time.monotonic), options)


KIND = ProviderKind("aws", _connect, marks_cluster=True)
_: tuple[type[RouteProvider], type[CheckedRouter]] = (AwsRoutes, AwsRoutes)
