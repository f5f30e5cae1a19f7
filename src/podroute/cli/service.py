"""What a loop of a running controller is to the process around it."""

import asyncio
from functools import partial
from time import CLOCK_BOOTTIME, clock_gettime
from typing import Protocol

from podroute.claims.rules import ClaimRules
from podroute.controllers.election import Term
from podroute.controllers.leadership import Leadership
from podroute.ipam.pools import AddressPlan

since_boot = partial(clock_gettime, CLOCK_BOOTTIME)  # it goes on while the machine sleeps
STALE = 180.0  # seconds without a word from the API server, after which a leader is not ready


class Loop(Protocol):
    """What works for a term."""

    async def run(self) -> None:
        """Until it is cancelled, or until ``stop``."""
        ...

    def stop(self) -> None:
        """Nothing new is begun; ``run`` ends when what is under way is answered."""
        ...


async def run_until(loop: Loop, *ends: asyncio.Event) -> None:
    """Runs it until it ends, or one of these is set; then what is under way is waited for."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(loop.run())
        waiting = [tasks.create_task(one.wait()) for one in ends]
        await asyncio.wait((running, *waiting), return_when=asyncio.FIRST_COMPLETED)
        loop.stop()
        await running
        for one in waiting:
            one.cancel()


class Service(Protocol):
    """One loop, and what is asked about it from outside."""

    candidate: Leadership | None  # None: there is no election

    async def lead(self, term: Term, stopping: asyncio.Event) -> None:
        """Until it is cancelled, or until ``stopping``."""
        ...

    def change(self, plan: AddressPlan, rules: ClaimRules) -> None:
        """The address plan is another one."""
        ...

    def unready(self) -> str:
        """Why not; a process that does not lead is ready to, while it can. "": it is."""
        ...


def silence(nothing: str, heard: float | None) -> str:
    """What is wrong, if the API server was ``heard`` last at this moment."""
    if heard is None:
        return nothing
    lasts = since_boot() - heard
    return "" if lasts < STALE else f"the API server is silent for {lasts:.0f} s"


def standing_by(candidate: Leadership | None) -> str:
    """The same for one that does not lead."""
    return silence("the API server has told nothing yet", candidate.heard if candidate else None)
