"""The loop of one router: it asks the ledger what to change, sends that, and reads what is so."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, assert_never

from podroute.controllers.cluster_reports import ClusterReports
from podroute.controllers.election import Term
from podroute.controllers.pace import Pace
from podroute.controllers.route_api import RouteApi
from podroute.controllers.route_reports import RouteReports
from podroute.controllers.waiting import within
from podroute.kube.node_events import Changed, Relisted, Removed
from podroute.observe.route_metrics import Method, Trigger
from podroute.providers.interface import FinishingRouter, ProviderUnreachable, RouteProvider
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
    """What the loops of all routers work with."""

    api: RouteApi
    reports: ClusterReports
    clock: Callable[[], float]
    rhythm: Rhythm


@dataclass(frozen=True, slots=True)
class Target:
    """One router; ``ledger`` is for one term."""

    provider: RouteProvider
    reports: RouteReports
    ledger: RouteLedger
    at_once: int | None = None  # calls to the router; None: as many as it takes


class RouteLoop:
    """One term of the loop: from winning the lease to losing it, or to ``stop``.

    ``looked`` is told after each look.
    """

    def __init__(
        self, tools: Tools, target: Target, term: Term, looked: Callable[[], object]
    ) -> None:
        self.fault = "the router is not read yet"  # why it cannot be read; "" where it can
        self._tools = tools
        self._provider = target.provider
        self._reports = target.reports
        self._ledger = target.ledger
        self._term = term
        self._looked = looked
        self._pace = Pace(target.provider.limits, target.at_once)
        self._tasks = asyncio.TaskGroup()
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()  # a read has, since the router was heard
        self._stirred = False  # the router may have changed since the last read began
        self._calls = 0  # of apply
        self._read_began = -inf
        self._read_took = 0.0
        self._closed_until = -inf  # the router is not reached
        self._failures: dict[Method, int] = {"read": 0, "apply": 0}  # in a row
        self._trigger: Trigger = "periodic"
        self._stopping = False

    async def run(self) -> None:
        """Keeps the routes until it is cancelled, or until ``stop``."""
        async with self._tasks:
            hearing = self._tasks.create_task(self._hear())
            while not (self._stopping and self._is_quiet()):
                await within(self._patience(), self._changed)
                self._changed.clear()
                self._turn()
            hearing.cancel()

    def stop(self) -> None:
        """Nothing new is sent; ``run`` ends when what was sent is answered.

        A read changes nothing, and a router that is slow to answer one holds nobody up.
        """
        self._stopping = True
        if self._reading is not None:
            self._reading.cancel()
        self._changed.set()

    def confirm(self, word: str) -> None:
        """A person lets pass what is held back under this name."""
        if self._ledger.confirm(word):
            self._changed.set()

    def _is_quiet(self) -> bool:
        return not self._calls and self._reading is None

    def _turn(self) -> None:
        now = self._tools.clock()
        if self._ledger.next_moment() <= now:
            waiting = self._ledger.ready
            look = self._ledger.look(now)
            self._reports.looked(look, self._ledger, self._trigger, waiting)
            self._trigger = "periodic"
            self._looked()
        if self._stopping:
            return
        self._send(now)
        if self._read_at(now) <= now:
            self._reading = self._tasks.create_task(self._read())
            self._reading.add_done_callback(self._has_read)

    def _patience(self) -> float | None:
        """Until there is something to do, in seconds; None: not before something happens."""
        if self._stopping:
            return None
        now = self._tools.clock()
        moment = min(self._ledger.next_moment(), self._read_at(now))
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

    def take_in(self, event: Relisted | Changed | Removed) -> None:
        """What is new about Nodes; it is looked at after ``noted``."""
        ledger, now = self._ledger, self._tools.clock()
        match event:
            case Relisted(roster=roster):
                ledger.relist(roster, now)
                self._trigger = "node_change"
            case Changed(node=node):
                ledger.observe(node, now)
            case Removed(node=node):
                ledger.gone(node, now)
            case _:
                assert_never(event)

    def noted(self) -> None:
        """All that came at once is taken in; heartbeats change nothing."""
        if self._ledger.next_moment() <= self._tools.clock():
            self._trigger = "node_change"
            self._changed.set()

    async def _hear(self) -> None:
        """Whoever has said that the router changed is heard again after it is read."""
        while True:
            try:
                await self._provider.changed()
                self._reports.heard()
            except ProviderUnreachable as error:
                self._reports.deaf(str(error))
                await asyncio.sleep(self._tools.rhythm.period)
            self._begun.clear()
            self._stirred = True
            self._changed.set()
            await self._begun.wait()

    def _read_at(self, now: float) -> float:
        """When the router is to be read next; never two reads at once."""
        if self._reading is not None:
            return inf
        rhythm, since = self._tools.rhythm, self._read_began
        moment = since + rhythm.period
        if self._stirred or self.fault or self._ledger.unproven:
            sending = self._calls or (self._ledger.ready and self._may_send(now))
            gap = max(rhythm.gather, self._provider.limits.lag / PROOFS)
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
            table = await self._provider.read()
        except ProviderUnreachable as error:
            self._stirred |= stirred
            self._put_off("read", error)
        else:
            self._failures["read"], self.fault = 0, ""
            now = tools.clock()
            self._read_took = now - began
            facts = self._ledger.installed(table, began, now)
            self._reports.read(table, facts)
            if stirred:
                self._trigger = "router_change"
            if not (self._stopping or self._calls or self._ledger.ready) and self._may_send(now):
                self._calls += 1
                self._tasks.create_task(self._finish())

    def _has_read(self, _: asyncio.Task[None]) -> None:
        """Also where it was given up before it began."""
        self._reading = None
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
            if self._stopping or not self._may_send(began):  # this task has waited for its turn
                self._ledger.unreached(changes)
                return
            outcomes = await self._provider.apply(changes)
        except ProviderUnreachable as error:
            self._ledger.unreached(changes)
            self._put_off("apply", error)
        else:
            now, self._failures["apply"] = tools.clock(), 0
            failed = (one for one in outcomes if isinstance(one, Failed))
            slower = [one.after for one in failed if one.retry == "slower"]
            if slower:
                self._reports.throttled(self._pace.slower(max(slower), now))
            else:
                self._pace.answered()
            self._reports.applied(outcomes, self._ledger.answered(outcomes, now), now - began)
        finally:
            self._calls -= 1
            self._changed.set()

    async def _finish(self) -> None:
        """What is read may have to be saved; as a change it is not given up half done."""
        why = ""
        try:
            if isinstance(self._provider, FinishingRouter):
                await self._provider.finish()
        except ProviderUnreachable as error:
            why = str(error)
        finally:
            self._calls -= 1
            self._changed.set()
        self._reports.unfinished(why)

    def _put_off(self, method: Method, error: ProviderUnreachable) -> None:
        """Nothing is asked of the router for a while; what it has stays.

        Of calls that were under way together one counts.
        """
        rhythm, now, pause = self._tools.rhythm, self._tools.clock(), 0.0
        if now >= self._closed_until:
            longest = rhythm.first_pause * (1 << min(self._failures[method], 16))
            pause = min(rhythm.last_pause, longest)
            self._failures[method] += 1
        self.fault = str(error)
        self._closed_until = max(self._closed_until, now + max(pause, error.after))
        self._reports.unreached(method, error)
