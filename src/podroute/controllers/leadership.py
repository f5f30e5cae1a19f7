"""Leads by a Lease: one term after the other, each cancelled at once when it ends."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from random import Random, SystemRandom
from typing import Final, Protocol

import msgspec

from podroute.controllers.election import (
    USUAL,
    Candidate,
    Claim,
    Origin,
    Record,
    Term,
    Timing,
    Wait,
)
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.leases import Conflict, Lease, LeaseMetadata, LeaseSpec
from podroute.observe.logs import Logger

__all__ = ["Leadership", "Leases", "Office", "Senses", "Standing", "Term", "Timing", "Unelected"]

MARK: Final = "podroute/nothing-in-flight"
"""Annotation of a released Lease: the number of the term whose leader says so."""


class Leases(Protocol):
    """One Lease; each call ends within the seconds given, and raises ApiUnreachable."""

    async def get(self, within: float) -> Lease | None:
        """None where there is none."""
        ...

    async def create(self, spec: LeaseSpec, within: float) -> Lease | Conflict:
        """With this content, if there is none."""
        ...

    async def update(self, lease: Lease, within: float) -> Lease | Conflict:
        """If it is still that version."""
        ...


@dataclass(frozen=True, slots=True)
class Senses:
    """Whatever is not a function of what was read."""

    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time  # Unix seconds, for people: nothing is decided by it
    dice: Random = field(default_factory=SystemRandom)


@dataclass(frozen=True, slots=True)
class Standing:
    """For metrics and people."""

    leading: bool = False
    holder: str = ""  # "" where nobody leads, or nobody knows
    transitions: int = 0
    fault: str = ""  # why the Lease could not be read or written; "" where it could


class Office(Protocol):
    """Where terms come from."""

    def term(self) -> AbstractAsyncContextManager[Term]:
        """Waits for a term; when the term ends, the block is cancelled and left quietly."""
        ...


class Unelected:
    """Leads at once and for ever (``--leader-elect=false``).

    Nobody knows who wrote before, so that the one term "took over" unless told otherwise.
    """

    def __init__(
        self, timing: Timing = USUAL, origin: Origin = "took over", senses: Senses | None = None
    ) -> None:
        began = (senses or Senses()).clock()
        self._term = Term(Claim(origin, 0), began, timing, endless=True)

    @asynccontextmanager
    async def term(self) -> AsyncGenerator[Term]:
        yield self._term


@dataclass(slots=True)
class _Holding:
    """A term and the Lease as last seen."""

    term: Term
    lease: Lease


class _Lost(Exception):  # noqa: N818 -- an event
    """The Lease is another's, or gone."""


class Leadership:
    """Elected by one Lease; ``identity`` is this process's alone, as ``<host>_<uuid>``.

        async with leadership.term() as term:
            ...  # the work, which asks term.time_left(now) before each send
            term.vouch()  # if nothing can land any more

    A term whose block is left in time releases the Lease, so that another may lead at once; a
    process that dies leaves it to expire.
    """

    def __init__(
        self,
        leases: Leases,
        identity: str,
        logger: Logger,
        timing: Timing = USUAL,
        senses: Senses | None = None,
    ) -> None:
        self.standing = Standing()
        self._leases = leases
        self._identity = identity
        self._log = logger
        self._timing = timing
        self._senses = senses or Senses()
        self._candidate = Candidate(identity, timing)

    @asynccontextmanager
    async def term(self) -> AsyncGenerator[Term]:
        """Waits for a term; when the term ends, the block is cancelled and left quietly."""
        holding = await self._win()
        try:
            async with asyncio.timeout(self._time_left(holding.term)) as scope:
                keeping = asyncio.create_task(self._keep(holding, scope))
                try:
                    yield holding.term
                finally:
                    keeping.cancel()
                    await asyncio.wait([keeping])
        except TimeoutError:
            if not scope.expired():
                raise
        finally:
            await self._leave(holding)

    async def _win(self) -> _Holding:
        failures = 0
        while True:
            jitter = self._senses.dice.random()
            try:
                self._note(await self._leases.get(self._timing.request))
                match self._candidate.move(self._senses.clock(), jitter):
                    case Wait(seconds):
                        pause = seconds
                    case Claim() as claim:
                        holding = await self._claim(claim)
                        if holding is not None:
                            return holding
                        pause = self._timing.pause(jitter)
                failures = 0
            except ApiUnreachable as error:
                self._fail(error)
                pause = self._timing.pause(jitter, failures)
                failures += 1
            await asyncio.sleep(pause)

    async def _claim(self, claim: Claim) -> _Holding | None:
        began, stamp = self._senses.clock(), self._stamp()
        spec = self._spec(stamp, stamp, claim.number)
        ...
