"""The node IPAM loop: it asks the ledger who gets what, sends that, and tells it how that ended."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final, assert_never

from podroute.controllers.election import Term
from podroute.controllers.ipam_reports import Reports
from podroute.controllers.node_api import NodeApi
from podroute.controllers.waiting import within
from podroute.ipam.facts import Foreign, Grant
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, label_keys
from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed
from podroute.kube.patch_answers import Applied, Denied, PatchAnswer, Refused, Throttled, Unknown
from podroute.model.node import Roster, Unreadable


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, and how long until when, in seconds."""

    at_once: int = 64  # patches under way
    shortest_send: float = 0.2  # less than this until the lease's end is not worth a try
    longest_send: float = 5.0
    first_retry: float = 0.5
    last_retry: float = 30.0
    look_again: float = 5.0  # while Nodes wait for a block


USUAL: Final = Pace()


@dataclass(frozen=True, slots=True)
class Tools:
    """What every term of the loop works with."""

    api: NodeApi
    reports: Reports
    clock: Callable[[], float]
    dice: Random
    pace: Pace = USUAL


@dataclass(slots=True)
class _Attempt:
    """A grant on its way."""

    grant: Grant
    begun: float
    tries: int = 0


class NodeIpam:
    """One term of the loop: from winning the lease to losing it, or to ``stop``."""

    def __init__(self, tools: Tools, ledger: Ledger, term: Term) -> None:
        self.heard: float | None = None  # when the API server has told something
        self._tools = tools
        self._ledger = ledger
        self._term = term
        self._tasks = asyncio.TaskGroup()
        self._observing: asyncio.Task[None] | None = None
        self._keys: frozenset[str] = frozenset()  # of the labels that the ledger knows
        self._queued: set[asyncio.Timeout] = set()  # of patches before their turn
        self._changed = asyncio.Event()
        self._due: deque[_Attempt] = deque()  # sent before, to be sent again
        self._under_way = 0
        self._settled = term.origin == "handed over"
        self._wanted: AddressPlan | None = None
        self._told_to_wait = False
        self._stopping = False

    @property
    def halted(self) -> bool:
        """Whether nothing is assigned because somebody else does."""
        return bool(self._term.halted)

    async def run(self) -> None:
        """Assigns until it is cancelled, or until ``stop``."""
        self._tools.reports.halted(self._term.halted)
        self._term.when_halted(lambda: self._tools.reports.halted(self._term.halted))
        async with self._tasks:
            self._observing = self._tasks.create_task(self._observe())
            await self._hand_out()
            self._observing.cancel()

    def stop(self) -> None:
        """No new patch; ``run`` ends when those under way are answered."""
        if self._stopping:
            return
        self._stopping = True
        for limit in self._queued:
            limit.reschedule(0)
        self._changed.set()

    def in_doubt(self) -> bool:
        """Whether a patch, ours or another writer's, may still land after the end."""
        unsure = self.halted or not self._settled or self._ledger.in_doubt()
        return bool(unsure or self._under_way or self._due)

    def change(self, plan: AddressPlan) -> None:
        """Another address plan, as soon as the Nodes are known; not if some would lose blocks."""
        self._wanted = plan
        if self._ledger.listed:
            self._adopt()

    def _adopt(self) -> None:
        plan = self._wanted
        if plan is not None and not label_keys(plan) <= self._keys:
            self._observe_anew()
            return
        self._wanted = None
        if plan is None or plan == self._ledger.plan:
            return
        try:
            self._ledger.update(plan, self._tools.clock())
        except ValueError as error:
            self._tools.reports.plan_refused(str(error))
            return
        self._tools.reports.plan_changed(plan)
        self._changed.set()

    def _observe_anew(self) -> None:
        """By the labels of the wanted plan too: it takes effect when these are known."""
        if self._observing is not None:
            self._observing.cancel()
            self._observing = self._tasks.create_task(self._observe())

    async def _observe(self) -> None:
        """For ever; nothing is granted before the first list, and that must not come too early."""
        if self._term.origin == "took over":
            await self._let_others_writes_land()
        while await self._follow():
            await self._let_others_writes_land()

    async def _let_others_writes_land(self) -> None:
        """A patch of a former writer can land for as long as the API server lets it live."""
        rest = self._term.quiet_at - self._tools.clock()
        if rest > 0:
            self._tools.reports.settling(rest)
            await asyncio.sleep(rest)
        self._settled = True

    async def _follow(self) -> bool:
        """Tells the ledger what happens; returns where somebody may still be writing."""
        keys = label_keys(self._ledger.plan) | label_keys(self._wanted or self._ledger.plan)
        async with aclosing(self._tools.api.follow(keys)) as stream:
            async for events in stream:
                for event in events:
                    if isinstance(event, Relisted):
                        if not self._settled and _has_blocks(event.roster):
                            return True
                        self._settled, self._keys = True, keys
                    self._take_in(event)
                self._changed.set()
        return True

    def _take_in(self, event: NodeEvent) -> None:
        ledger, reports, now = self._ledger, self._tools.reports, self._tools.clock()
        match event:
            case Relisted(roster=roster, rewound=rewound):
                facts = ledger.relist(roster.everybody(), now)
                reports.unreadable(roster.unreadable)
                self._adopt()
                reports.listed(len(roster.nodes), ledger.findings(), rewound=rewound)
            case Changed(node=node):
                facts = ledger.observe(node, now)
                if isinstance(node, Unreadable):
                    reports.unreadable([node])
            case Removed(node=node):
                facts = ledger.gone(node.uid, now)
            case Alive():
                self.heard = now
                return
            case Lost(reason=reason):
                reports.lost(reason)
                return
            case _:
                assert_never(event)
        self.heard = now
        reports.tell(facts)
        others = [one for one in facts if isinstance(one, Foreign) and not one.at_birth]
        if others:
            self._term.halt(_says(others[0]))

    async def _hand_out(self) -> None:
        while not (self._stopping and self._under_way == 0):
            patience = self._tools.pace.look_again if self._told_to_wait else None
            await within(patience, self._changed)
            self._changed.clear()
            if self._stopping:
                continue
            for attempt in self._next_attempts():
                self._under_way += 1
                self._tasks.create_task(self._send(attempt))

    def _next_attempts(self) -> list[_Attempt]:
        if self.halted:
            return []
        free = self._tools.pace.at_once - self._under_way
        attempts = [self._due.popleft() for _ in range(min(free, len(self._due)))]
        if len(attempts) == free:
            return attempts
        now = self._tools.clock()
        assignments = self._ledger.grant(now, free - len(attempts))
        self._tools.reports.waiting(assignments.waiting, partial(self._ledger.usage, now), now)
        self._told_to_wait = bool(assignments.waiting)
        self._tools.reports.granted(assignments.granted, self._ledger.plan)
        return [*attempts, *(_Attempt(grant, now) for grant in assignments.granted)]

    async def _send(self, attempt: _Attempt) -> None:
        pace, clock = self._tools.pace, self._tools.clock
        try:
            if not await self._has_turn():
                self._ledger.answered(attempt.grant, "refused", clock())
                return
            left = self._term.time_left(clock())
            if left < pace.shortest_send:  # until the lease is renewed, or lost
                self._ledger.answered(attempt.grant, "unknown", clock())
                self._later(attempt, pace.first_retry)
                return
            answer = await self._tools.api.assign(attempt.grant, min(pace.longest_send, left))
            self._judge(attempt, answer)
        finally:
            self._under_way -= 1
            self._changed.set()

    async def _has_turn(self) -> bool:
        """False where the end or a halt comes first: what is not sent yet stays so."""
        limit = asyncio.timeout(0 if self._stopping else None)
        try:
            async with limit:
                self._queued.add(limit)
                await self._tools.api.turn()
        except TimeoutError:
            return False
        finally:
            self._queued.discard(limit)
        return not self._stopping and not self.halted

    def _judge(self, attempt: _Attempt, answer: PatchAnswer) -> None:
        grant, now = attempt.grant, self._tools.clock()
        match answer:
            case Applied():
                self._ledger.answered(grant, "applied", now)
                self._tools.reports.assigned(grant, now - attempt.begun)
            case Refused(reason=reason):
                self._ledger.answered(grant, "refused", now)
                self._tools.reports.not_assigned(grant, "refused", reason)
                self._later(attempt, self._tools.pace.last_retry)  # if an earlier try is in doubt
            case Throttled(retry_after=pause, reason=reason):
                self._try_again(attempt, "throttled", reason, at_least=pause)
            case Denied(reason=reason):
                self._try_again(attempt, "denied", reason)
            case Unknown(reason=reason):
                self._try_again(attempt, "unknown", reason)
            case _:
                assert_never(answer)

    def _try_again(
        self, attempt: _Attempt, answer: str, reason: str, *, at_least: float = 0.0
    ) -> None:
        """The same block to the same Node: that is settled whatever became of the first try."""
        grant, pace = attempt.grant, self._tools.pace
        self._ledger.answered(grant, "unknown", self._tools.clock())
        self._tools.reports.not_assigned(grant, answer, reason)
        attempt.tries += 1
        longest = min(pace.last_retry, pace.first_retry * 2**attempt.tries)
        self._later(attempt, max(at_least, self._tools.dice.uniform(longest / 2, longest)))

    def _later(self, attempt: _Attempt, pause: float) -> None:
        asyncio.get_running_loop().call_later(pause, self._again, attempt)

    def _again(self, attempt: _Attempt) -> None:
        if self._ledger.again(attempt.grant):
            self._due.append(attempt)
            self._changed.set()


def _says(fact: Foreign) -> str:
    """Why to stop: two writers would give one block twice."""
    return f"{' '.join(map(str, fact.pod_cidrs))} of Node {fact.node} is from another writer"


def _has_blocks(roster: Roster) -> bool:
    return bool(roster.unreadable) or any(node.pod_cidrs for node in roster.nodes)
