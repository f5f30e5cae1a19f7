"""The laws that every run is held against, with each call that leaves a process.

Each is judged by what that process had been shown: what it could not know, it need not obey.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from math import inf
from typing import Final, NamedTuple

from podroute.claims.rules import ClaimRules
from podroute.controllers.election import Term
from podroute.model.cidr import Cidr, contains
from podroute.model.condition import CREATED
from podroute.model.node import Node
from podroute.model.route import InstalledRoute, Route, RouteTable
from podroute.routing.conditions import OURS, ConditionWrite
from podroute.routing.outcome import Done, Failed, Outcome, confirm
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of
from tests.simulation.seen import Nodes, Seen

ROUNDING: Final = 1e-6  # seconds
SOON: Final = 0.2  # seconds: nothing that has failed is tried again so soon
LATELY: Final = 540.0  # seconds: the brake's, but for the time of a call that has to wait
OFTEN: Final = 24  # calls for one destination within ten seconds


class Attempt(NamedTuple):
    """One that has failed; ``there`` was shown at its destination."""

    change: Change
    when: float
    there: AbstractSet[InstalledRoute]


@dataclass
class Watched:
    """One process, as far as the laws know it."""

    name: str
    period: float
    rules: ClaimRules
    seen: Seen = field(default_factory=Seen)
    term: Term | None = None
    busy: set[Cidr] = field(default_factory=set[Cidr])
    failed: dict[Cidr, Attempt] = field(default_factory=dict[Cidr, Attempt])
    sent: list[tuple[float, Change]] = field(default_factory=list[tuple[float, Change]])
    allowed: dict[Cidr, float] = field(default_factory=dict[Cidr, float])  # by a person, when
    owned: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])


class Laws:
    """``broken`` says what has been broken, and how; nothing is there while all is well."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.broken: list[str] = []
        self.calls: Counter[str] = Counter()
        self._clock = clock

    def hold(self, law: str, *, what: object, holds: bool) -> None:
        """Notes it where it does not."""
        if not holds:
            self.broken.append(f"{self._clock():.3f} {law}: {what}")

    def read(self, one: Watched, routes: Sequence[InstalledRoute]) -> None:
        """A table was shown to it."""
        self.calls["reads"] += 1
        now = self._clock()
        owned = sum(route.ownership == "ours" for route in routes)
        one.owned = [(when, count) for when, count in one.owned if now - when < LATELY]
        one.owned.append((now, owned))
        for where, (change, _, there) in list(one.failed.items()):
            if _is_shown(change, routes) or _to(where, routes) != there:
                del one.failed[where]  # what comes is not the same again

    def sends(self, one: Watched, changes: Sequence[Change]) -> None:
        """It asks the router for these."""
        self.calls["applies"] += 1
        self._in_term(one, changes)
        for change in changes:
            where = destination_of(change)
            self.hold("one call for a destination", what=change, holds=where not in one.busy)
            one.busy.add(where)
            self._not_again_at_once(one, change)
            match change:
                case Create(route=route):
                    self._claimed(one, route)
                case Replace(installed=installed, route=route):
                    self._claimed(one, route)
                    self._names_ours(one, installed)
                    self._incumbent_stays(one, installed, route)
                case Delete(installed=installed):
                    self._names_ours(one, installed)
                    self._deletes(one, change)
                case Adopt():
                    self.hold("nothing foreign is taken over", what=change, holds=False)
            one.sent.append((self._clock(), change))
        self._within_limits(one)

    def harmed(self, change: Change) -> None:
        """A foreign route is another, or gone, after this change of ours."""
        self.hold("no foreign route is touched", what=change, holds=False)

    def answered(
        self, one: Watched, changes: Iterable[Change], outcomes: Iterable[Outcome]
    ) -> None:
        """The router's word; none at all where it was not reached."""
        one.busy -= {destination_of(change) for change in changes}
        for outcome in outcomes:
            where = destination_of(outcome.step)
            one.failed.pop(where, None)
            shown = any(_is_shown(outcome.step, table) for table in one.seen.tables[:1])
            if isinstance(outcome, Failed) and not shown:
                there = _to(where, next(iter(one.seen.tables), ()))
                one.failed[where] = Attempt(outcome.step, self._clock(), there)

    def writes(self, one: Watched, write: ConditionWrite) -> None:
        """It asks the API server for this condition."""
        self.calls["patches"] += 1
        self._in_term(one, write)
        views = list(one.seen.views(self._clock()))
        shown = [view.get(write.node) for view in views]
        ours = [
            node is None or node.network is None or node.network.reason in OURS for node in shown
        ]
        self.hold("another's condition stays", what=write, holds=any(ours))
        if write.condition.reason == CREATED:
            true = any(_is_served(node, one.seen.tables) for node in shown)
            self.hold("a condition says what was read", what=write, holds=true)

    def _in_term(self, one: Watched, what: object) -> None:
        left = one.term.time_left(self._clock()) if one.term else 0.0
        self.hold("nothing is sent after the term", what=(one.name, what), holds=left > 0)

    def _not_again_at_once(self, one: Watched, change: Change) -> None:
        now, where = self._clock(), destination_of(change)
        before, when, _ = one.failed.get(where, (None, -inf, None))
        again = before == change and now - when < SOON
        self.hold("what has failed waits", what=change, holds=not again)
        lately = sum(destination_of(past) == where for when, past in one.sent if now - when < 10)
        self.hold("nothing is tried without end", what=change, holds=lately < OFTEN)

    def _claimed(self, one: Watched, route: Route) -> None:
        """A route leads to a Node that has shown this block and this address."""
        where = route.destination
        planned = any(
            where.prefixlen == pool.block_prefix and contains(pool.cidr, where)
            for pool in one.rules.pools
        )
        at_home = any(route.next_hop in network for network in one.rules.node_cidrs)
        # outside the plan only what has been installed already
        self.hold("only what is planned", what=route, holds=planned and at_home)
        views = one.seen.views(self._clock())
        shown = any(_claims(view, route) for view in views)
        self.hold("only what a Node claims", what=route, holds=shown)

    def _names_ours(self, one: Watched, installed: InstalledRoute) -> None:
        ours = installed.ownership == "ours"
        self.hold("no foreign route is touched", what=installed, holds=ours)
        shown = one.seen.shown(installed)
        self.hold("only what was read is removed", what=installed, holds=shown)

    def _incumbent_stays(self, one: Watched, installed: InstalledRoute, route: Route) -> None:
        """Who has the route of its block keeps it, unless others claim its address."""
        for view in one.seen.views(self._clock()):
            holders = [node for node in view.values() if installed.next_hop in node.internal_ips]
            if len(holders) != 1 or holders[0].name == route.node or installed.deviation:
                return
            holder = holders[0]
            if route.destination not in (holder.pod_cidrs or ()) or not isinstance(holder, Node):
                return
        self.hold("the incumbent stays", what=(installed, route), holds=False)

    def _deletes(self, one: Watched, change: Delete) -> None:
        now, where = self._clock(), change.installed.destination
        late_enough = now - one.seen.listed > one.period - ROUNDING
        self.hold("no removal soon after a list", what=change, holds=late_enough)
        for view in one.seen.views(now):
            if change.node is None:
                if not any(where in (node.pod_cidrs or ()) for node in view.values()):
                    return
            elif _is_enough(view, change, one.seen.tables):
                return
        self.hold("a living Node keeps its route", what=change, holds=False)

    def _within_limits(self, one: Watched) -> None:
        now = self._clock()
        one.sent = [(when, change) for when, change in one.sent if now - when < LATELY]
        disruptive = {
            destination_of(change)
            for when, change in one.sent
            if isinstance(change, Delete | Replace)
            and when - one.allowed.get(destination_of(change), -inf) > 2 * LATELY
        }
        most = max((count for _, count in one.owned), default=0) + len(disruptive)
        limit = max(3, most * 20 // 100)
        holds = len(disruptive) <= limit
        self.hold("removals stay within limits", what=(limit, disruptive), holds=holds)
        fresh = {destination_of(change) for when, change in one.sent if when == now} & disruptive
        views = one.seen.views(now)
        holds = not fresh or any(view for view in views)
        self.hold("an empty list removes nothing", what=fresh, holds=holds)


def _is_shown(change: Change, routes: Sequence[InstalledRoute]) -> bool:
    """Whether it was done all the same, for all that can be known."""
    (shown,) = confirm([Done(change)], RouteTable(tuple(routes)))
    return isinstance(shown, Done)


def _to(where: Cidr, routes: Iterable[InstalledRoute]) -> AbstractSet[InstalledRoute]:
    return frozenset(one for one in routes if one.destination == where)


def _claims(view: Nodes, route: Route) -> bool:
    node = view.get(route.node)
    if not isinstance(node, Node):
        return False
    return route.destination in node.pod_cidrs and route.next_hop in node.internal_ips


def _is_enough(view: Nodes, change: Delete, tables: Sequence[Sequence[InstalledRoute]]) -> bool:
    """Another route to the destination leads to the Node."""
    node = view.get(change.node or "")
    if node is None:
        return False
    where = change.installed.destination
    others = (one for table in tables for one in table if one != change.installed)
    return any(one.destination == where and one.next_hop in node.internal_ips for one in others)


def _is_served(node: object, tables: Sequence[Sequence[InstalledRoute]]) -> bool:
    if not isinstance(node, Node):
        return False
    return any(
        all(
            any(one.destination == cidr and one.next_hop in node.internal_ips for one in table)
            for cidr in node.pod_cidrs
        )
        for table in tables
    )
