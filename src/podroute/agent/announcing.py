"""A worker's own podCIDRs at a BGP daemon beside the agent, by the same decisions.

Whatever the daemon does, the bridge is not waited for: the two have loops of their own.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from podroute.agent.loop import AT_ONCE, Pace, Pass
from podroute.agent.nodes import Known
from podroute.agent.peers import PeerReport, Peers
from podroute.model.cidr import Address, Cidr
from podroute.model.node import Node, NodeName, Roster
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.guardrails import Verdict

MARK: Final = "64512:201"  # the owner mark of an agent's paths, beside the 200 of a controller's


class Announcer:
    """``paths`` are the daemon's; of its own Node alone it ever wishes any."""

    def __init__(self, name: str, paths: Peers) -> None:
        self._name = name
        self._paths = paths
        self._own = Roster()
        self._news = asyncio.Event()

    def wish(self, pod_cidrs: Sequence[Cidr], internal_ips: Sequence[Address]) -> None:
        """From now on; before the first wish nothing is asked of the daemon."""
        own = own_roster(self._name, Known(tuple(pod_cidrs), tuple(internal_ips)))
        if own != self._own:
            self._own = own
            self._news.set()

    async def look(self, known: Known) -> Verdict:
        """What would be done, all of it.

        Raises:
            ProviderUnreachable: the daemon is not reached.
        """
        self.wish(known.pod_cidrs, known.internal_ips)
        return await self._paths.look(self._own)

    async def keep(self) -> PeerReport:
        """One pass; a daemon that is not reached is part of the report."""
        self._news.clear()
        try:
            return await self._paths.keep(self._own)
        except ProviderUnreachable as error:
            return PeerReport(failed=(str(error),))

    async def run(self, tell: Callable[[PeerReport], object], period: float) -> None:
        """For ever, from the first wish on; ``period``, in seconds, is the net."""
        await self._news.wait()
        pace = Pace()
        while True:
            report = await self.keep()
            tell(report)
            ended = _ended(report)
            await self._pause(ended, pace.pause(ended, period))

    async def withdraw(self) -> int:
        """All that is ours; how many there were.

        Raises:
            ProviderUnreachable: the daemon is not reached, or refuses.
        """
        return await self._paths.remove_all()

    async def _pause(self, ended: Pass, seconds: float) -> None:
        """A daemon that does not answer is asked less and less often, whatever is heard of it."""
        if ended == "failed":
            await asyncio.sleep(seconds)
            return
        waiting: list[asyncio.Task[bool]] = [asyncio.create_task(self._news.wait())]
        if ended == "quiet":
            waiting.append(asyncio.create_task(self._heard()))
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    async def _heard(self) -> bool:
        try:
            await self._paths.changed()
        except ProviderUnreachable:
            return await asyncio.Event().wait()  # the period brings what is new
        await asyncio.sleep(AT_ONCE)  # for what comes along with it
        return True


def own_roster(name: str, known: Known) -> Roster:
    """The worker's own Node, and no other."""
    return Roster((Node(NodeName(name), known.internal_ips, known.pod_cidrs),))


def _ended(report: PeerReport) -> Pass:
    if report.failed:
        return "failed"
    return "repaired" if report.done or report.again else "quiet"
