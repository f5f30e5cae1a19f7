"""A Lease at the API server, and a candidate that campaigns, renews and releases as podroute does.

The decisions are the real ones, of ``election``; the requests are a compare and swap.
"""

import asyncio
from dataclasses import dataclass, replace

from podroute.controllers.election import Candidate, Claim, Record, Term, Timing
from podroute.controllers.waiting import within
from tests.simulation.virtual_time import VirtualLoop
from tests.simulation.weather import Weather

TIMING = Timing()


class Away(Exception):  # noqa: N818 -- a state
    """The API server has not answered."""


class LeaseLost(Exception):  # noqa: N818 -- as in ``leadership``
    """Not renewed in time, or somebody else has it."""


class Lease:
    """One record; each write names the version that it replaces."""

    def __init__(self, loop: VirtualLoop, weather: Weather) -> None:
        self._loop = loop
        self._weather = weather
        self._record: Record | None = None
        self._version = 0
        self.removals = ""  # the annotation

    async def get(self) -> Record | None:
        """As it is now."""
        await self._weather.passes()
        if self._weather.strikes("lease away"):
            raise Away
        return self._record

    async def put(
        self, over: Record | None, wanted: Record, removals: str | None = None
    ) -> Record | None:
        """What was written; None: somebody was faster. The annotation stays where None is given."""
        return await self._loop.ask(self._put(over, wanted, removals))

    async def _put(
        self, over: Record | None, wanted: Record, removals: str | None
    ) -> Record | None:
        await self._weather.passes()
        if self._weather.strikes("lease away"):
            raise Away
        if (over and over.version) != (self._record and self._record.version):
            return None
        self._version += 1
        self.removals = self.removals if removals is None else removals
        self._record = replace(wanted, version=str(self._version))
        written = self._record
        if self._weather.strikes("lease unheard"):
            raise Away
        return written


@dataclass
class Campaign:
    """One process's part in the election."""

    identity: str
    lease: Lease
    loop: VirtualLoop
    weather: Weather
    stopping: asyncio.Event
    held: Record | None = None

    async def win(self) -> Term | None:
        """A term; None: it is stopping."""
        candidate, failures = Candidate(self.identity, TIMING), 0
        while not self.stopping.is_set():
            pause = TIMING.pause(self.weather.dice.random())
            try:
                async with asyncio.timeout(TIMING.request):
                    record = await self.lease.get()
                candidate.note(record, self.loop.time())
                move = candidate.move(self.loop.time(), self.weather.dice.random())
                if isinstance(move, Claim):
                    if (term := await self._claim(record, move)) is not None:
                        return term
                else:
                    pause = move.seconds
                failures = 0
            except (Away, TimeoutError):
                failures += 1
                pause = TIMING.pause(self.weather.dice.random(), failures)
            await within(pause, self.stopping)
        return None

    async def renew(self, term: Term) -> None:
        """Until it is lost.

        Raises:
            LeaseLost: always, in the end.
        """
        while (left := term.time_left(self.loop.time())) > 0:
            await asyncio.sleep(min(left, TIMING.retry_period))
            sent = self.loop.time()
            left = term.time_left(sent)
            if left == 0:
                break
            try:
                async with asyncio.timeout(min(left, TIMING.request)):
                    await self._renew(term)
            except (Away, TimeoutError):
                continue
            term.extend(sent, self.loop.time())
        raise LeaseLost

    async def release(self, term: Term) -> None:
        """The successor need not wait."""
        try:
            async with asyncio.timeout(TIMING.request):
                record = await self.lease.get()
                if record is not None and record.is_of(self.identity, term):
                    now = self.loop.time()
                    free = replace(record, holder="", duration=term.stays(now), mark=term.mark(now))
                    await self.lease.put(record, free, term.removals())
        except (Away, TimeoutError):
            return

    async def _claim(self, record: Record | None, claim: Claim) -> Term | None:
        term = Term(claim, self.loop.time(), TIMING)
        mark = record.mark if record else ""
        duration = TIMING.lease_duration
        wanted = Record("", self.identity, duration, claim.number, mark)
        async with asyncio.timeout(TIMING.request):
            self.held = await self.lease.put(record, wanted)
        if self.held is None or term.time_left(self.loop.time()) == 0:
            return None
        term.inherited = self.lease.removals
        return term

    async def _renew(self, term: Term) -> None:
        held = self.held
        if held is None:
            raise LeaseLost
        usual, removals = TIMING.lease_duration, term.removals()
        written = await self.lease.put(held, replace(held, duration=usual), removals)
        if written is None:
            found = await self.lease.get()
            if found is None or not found.is_of(self.identity, term):
                raise LeaseLost
            written = await self.lease.put(found, replace(found, duration=usual), removals)
            if written is None:
                raise Away
        self.held = written
