"""The route loop: it asks the ledger what to change, sends that, and reads what has come of it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from math import inf
from typing import Final, assert_never

from podroute.controllers.election import Term
from podroute.controllers.pace import Pace
from podroute.controllers.route_api import RouteApi
from podroute.controllers.route_reports import RouteReports
from podroute.controllers.waiting import within
from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed
from podroute.kube.patch_answers import Applied, PatchAnswer, Throttled
from podroute.observe.route_metrics import Method, Trigger
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.conditions import ConditionWrite
from podroute.routing.ledger import RouteLedger
from podroute.routing.outcome import Failed
from podroute.routing.steps import Change

PROOFS: Final = 10  # reads, while one may still show what was before a change
SHARE: Final = 5  # a router that changes all the time is read for a fifth of the time at most


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How much at once, and how long until when, in seconds."""

    period: float = 10.0  # between two reads where nothing happens
    conditions: int = 64  # patches under way
    shortest_send: float = 0.2  # less than this until the lease's end is not worth a try
    longest_send: float = 5.0
    first_pause: float = 0.5  # of a router that is not reached, twice as long each time
    last_pause: float = 30.0
    patience: float = 2.0  # a change is read back so soon, though others are under way
    gather: float = 0.01  # between two reads, so that a burst is one


@dataclass(frozen=True, slots=True)
class Tools:
    """What every term of the loop works with."""

    api: RouteApi
    provider: RouteProvider
    reports: RouteReports
    clock: Callable[[], float]
    rhythm: Rhythm
    at_once: int | None = None  # calls to the router; None: as many as it takes


class RouteLoop:
    """One term of the loop: from winning the lease to losing it, or to ``stop``."""

    def __init__(self, tools: Tools, ledger: RouteLedger, term: Term) -> None:
        self.heard: float | None = None  # when the API server has told something
        self.fault = "the router is not read yet"  # why it cannot be read; "" where it can
        self._tools = tools
        self._ledger = ledger
        self._term = term
        self._pace = Pace(tools.provider.limits, tools.at_once)
        self._tasks = asyncio.TaskGroup()
        self._changed = asyncio.Event()
        self._reading = asyncio.Event()  # set while a read is under way
        self._begun = asyncio.Event()  # a read has, since the router was heard
        self._stirred = False  # the router may have changed since the last read began
        self._calls = 0  # of apply
        self._writes = 0
        self._read_began = -inf
        self._read_took = 0.0
        self._closed_until = -inf  # the router is not reached
        self._failures: dict[Method, int] = {"read": 0, "apply": 0}  # in a row
        self._trigger: Trigger = "periodic"
        self._stopping = False

    async def run(self) -> None:
        """Keeps the routes until it is cancelled, or until ``stop``."""
        async with self._tasks:
            listening = [
                self._tasks.create_task(self._observe()),
                self._tasks.create_task(self._hear()),
            ]
            while not (self._stopping and self._is_quiet()):
                await within(self._patience(), self._changed)
                self._changed.clear()
                self._turn()
            for task in listening:
                task.cancel()

    def stop(self) -> None:
        """Nothing new is sent; ``run`` ends when what is under way is answered."""
        self._stopping = True
        self._changed.set()

    def confirm(self, word: str) -> None:
        """A person lets pass what is held back under this name."""
        if self._ledger.confirm(word):
            self._changed.set()

    def _is_quiet(self) -> bool:
        return not (self._calls or self._writes or self._reading.is_set())

    def _turn(self) -> None:
        now = self._tools.clock()
        if self._ledger.next_moment() <= now:
            waiting = self._ledger.ready
            look = self._ledger.look(now)
            self._tools.reports.looked(look, self._ledger, self._trigger, waiting)
            self._trigger = "periodic"
        if self._stopping:
            return
        self._send(now)
        self._write_conditions(now)
        if self._read_at(now) <= now:
            self._reading.set()
            self._tasks.create_task(self._read())

    def _patience(self) -> float | None:
        """Until there is something to do, in seconds; None: not before something happens."""
        if self._stopping:
            return None
        now = self._tools.clock()
        moment = min(self._ledger.next_moment(), self._read_at(now))
        if self._writes < self._tools.rhythm.conditions:
            moment = min(moment, self._ledger.conditions.next_moment())
        if self._ledger.ready:
            moment = min(moment, self._send_at(now))
        if self._term.time_left(now) < self._tools.rhythm.shortest_send:
            moment = max(moment, now + self._tools.rhythm.shortest_send)
        return None if moment == inf else max(0.0, moment - now)

    def _send_at(self, now: float) -> float:
        """When more can be sent, as far as that depends on time."""
        open_at = max(self._closed_until, self._pace.next_moment(now))
        if self.fault or (open_at <= now and not self._pace.room(self._calls, now)):
            return inf  # a read, or an answer, comes first
        return open_at

    async def _observe(self) -> None:
        async with aclosing(self._tools.api.follow()) as stream:
            async for events in stream:
                for event in events:
                    self._take_in(event)
                if self._is_due(self._tools.clock()):  # heartbeats change nothing
                    self._trigger = "node_change"
                    self._changed.set()

    def _is_due(self, now: float) -> bool:
        ledger = self._ledger
        return min(ledger.next_moment(), ledger.conditions.next_moment()) <= now

    def _take_in(self, event: NodeEvent) -> None:
        ledger, now = self._ledger, self._tools.clock()
        match event:
            case Relisted(roster=roster, rewound=rewound):
                ledger.relist(roster, now)
                self._trigger = "node_change"
                self._tools.reports.listed(roster, rewound=rewound)
            case Changed(node=node):
                ledger.observe(node, now)
                self._tools.reports.seen(node)
            case Removed(node=node):
                ledger.gone(node, now)
            case Alive():
                self.heard = now
                return
            case Lost(reason=reason):
                self._tools.reports.lost(reason)
                return
            case _:
                assert_never(event)
        self.heard = now

    async def _hear(self) -> None:
        """Whoever has said that the router changed is heard again after it is read."""
        while True:
            try:
                await self._tools.provider.changed()
                self._tools.reports.heard()
            except ProviderUnreachable as error:
                self._tools.reports.deaf(str(error))
                await asyncio.sleep(self._tools.rhythm.period)
            self._begun.clear()
            self._stirred = True
            self._changed.set()
            await self._begun.wait()

    def _read_at(self, now: float) -> float:
        """When the router is to be read next; never two reads at once."""
        if self._reading.is_set():
            return inf
        rhythm, since = self._tools.rhythm, self._read_began
        moment = since + rhythm.period
        if self._stirred or self.fault or self._ledger.unproven:
            sending = self._calls or (self._ledger.ready and self._may_send(now))
            gap = max(rhythm.gather, self._tools.provider.limits.lag / PROOFS)
            if not self._ledger.unproven:
                gap = max(gap, min(SHARE * self._read_took, rhythm.period))
            moment = min(moment, since + (max(gap, rhythm.patience) if sending else gap))
        return max(moment, self._closed_until)

    async def _read(self) -> None:
        tools, began = self._tools, self._tools.clock()
        self._read_began = began
        stirred, self._stirred = self._stirred, False
        self._begun.set()
        try:
            table = await tools.provider.read()
        except ProviderUnreachable as error:
            self._stirred |= stirred
            self._put_off("read", error)
        else:
            self._failures["read"], self.fault = 0, ""
            now = tools.clock()
            self._read_took = now - began
            facts = self._ledger.installed(table, began, now)
            tools.reports.read(table, facts)
            if stirred:
                self._trigger = "router_change"
        finally:
            self._reading.clear()
            self._changed.set()

    def _may_send(self, now: float) -> bool:
        in_time = self._term.time_left(now) >= self._tools.rhythm.shortest_send
        return in_time and not self.fault and now >= self._closed_until

    def _send(self, now: float) -> None:
        while self._ledger.ready and self._may_send(now):
            changes = self._ledger.take(self._pace.room(self._calls, now), now)
            if not changes:
                return
            self._pace.spend(len(changes))
            self._calls += 1
            self._tasks.create_task(self._apply(changes))

    async def _apply(self, changes: Sequence[Change]) -> None:
        tools, began = self._tools, self._tools.clock()
        try:
            if not self._may_send(began):  # any more: this task has waited for its turn
                self._ledger.unreached(changes)
                return
            outcomes = await tools.provider.apply(changes)
        except ProviderUnreachable as error:
            self._ledger.unreached(changes)
            self._put_off("apply", error)
        else:
            now, self._failures["apply"] = tools.clock(), 0
            failed = (one for one in outcomes if isinstance(one, Failed))
            slower = [one.after for one in failed if one.retry == "slower"]
            if slower:
                tools.reports.throttled(self._pace.slower(max(slower), now))
            else:
                self._pace.answered()
            tools.reports.applied(outcomes, self._ledger.answered(outcomes, now), now - began)
        finally:
            self._calls -= 1
            self._changed.set()

    def _put_off(self, method: Method, error: ProviderUnreachable) -> None:
        """Nothing is asked of the router for a while; what it has stays."""
        rhythm, now = self._tools.rhythm, self._tools.clock()
        pause = min(rhythm.last_pause, rhythm.first_pause * (1 << min(self._failures[method], 16)))
        self._failures[method] += 1
        self.fault = str(error)
        self._closed_until = now + max(pause, error.after)
        self._tools.reports.unreached(method, error)

    def _write_conditions(self, now: float) -> None:
        rhythm = self._tools.rhythm
        if self._term.time_left(now) < rhythm.shortest_send:
            return
        for write in self._ledger.conditions.take(rhythm.conditions - self._writes, now):
            self._writes += 1
            self._tasks.create_task(self._write(write))

    async def _write(self, write: ConditionWrite) -> None:
        tools, answer = self._tools, None
        try:
            await tools.api.turn()
            left = self._term.time_left(tools.clock())
            wished = not self._stopping and self._ledger.conditions.is_wished(write)
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
        self._ledger.conditions.answered(write, done=done, until=until, now=now)
        if answer is not None:
            self._tools.reports.wrote(write, answer)
