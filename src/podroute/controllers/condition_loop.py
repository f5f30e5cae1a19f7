"""The Nodes' condition NetworkUnavailable is written as all routers together say."""

import asyncio
from math import inf

from podroute.controllers.election import Term
from podroute.controllers.routes import Tools
from podroute.controllers.waiting import within
from podroute.kube.patch_answers import Applied, PatchAnswer, Throttled
from podroute.routing.conditions import Conditions, ConditionWrite


class ConditionLoop:
    """One term of it: from winning the lease to losing it, or to ``stop``."""

    def __init__(self, tools: Tools, conditions: Conditions, term: Term) -> None:
        self._tools = tools
        self._conditions = conditions
        self._term = term
        self._tasks = asyncio.TaskGroup()
        self._changed = asyncio.Event()
        self._writes = 0
        self._waits_until = inf  # as far as is known
        self._stopping = False

    async def run(self) -> None:
        """Until it is cancelled, or until ``stop``."""
        async with self._tasks:
            while not self._stopping or self._writes:
                await within(self._patience(), self._changed)
                self._changed.clear()
                if not self._stopping:
                    self._send()

    def stop(self) -> None:
        """Nothing new is sent; ``run`` ends when what is under way is answered."""
        self._stopping = True
        self._changed.set()

    def noted(self) -> None:
        """Something else may be to be written, now or at another moment than was known."""
        if self._conditions.next_moment() < self._waits_until:
            self._changed.set()

    def _patience(self) -> float | None:
        """Until there is something to do, in seconds; None: not before something happens."""
        rhythm = self._tools.rhythm
        self._waits_until = -inf  # for an answer, whatever comes
        if self._stopping or self._writes >= rhythm.conditions:
            return None
        now = self._tools.clock()
        self._waits_until = moment = self._conditions.next_moment()
        if self._term.time_left(now) < rhythm.shortest_send:
            moment = max(moment, now + rhythm.shortest_send)
        return None if moment == inf else max(0.0, moment - now)

    def _send(self) -> None:
        rhythm, now = self._tools.rhythm, self._tools.clock()
        if self._term.time_left(now) < rhythm.shortest_send:
            return
        for write in self._conditions.take(rhythm.conditions - self._writes, now):
            self._writes += 1
            self._tasks.create_task(self._write(write))

    async def _write(self, write: ConditionWrite) -> None:
        tools, answer = self._tools, None
        try:
            await tools.api.turn()
            left = self._term.time_left(tools.clock())
            wished = not self._stopping and self._conditions.is_wished(write)
            if wished and left >= tools.rhythm.shortest_send:
                answer = await tools.api.write(write, min(tools.rhythm.longest_send, left))
        finally:
            self._writes -= 1
            self._judge(write, answer)
            self._changed.set()

    def _judge(self, write: ConditionWrite, answer: PatchAnswer | None) -> None:
        now = self._tools.clock()
        until = now + answer.retry_after if isinstance(answer, Throttled) else now
        done = isinstance(answer, Applied)
        self._conditions.answered(write, done=done, until=until, now=now)
        if answer is not None:
            self._tools.reports.wrote(write, answer)
