"""A ledger of routes, a router in memory, and a clock that a test moves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from podroute.claims.rules import ClaimRules
from podroute.model.node import Node, Roster, Unreadable
from podroute.model.route import InstalledRoute, Quota
from podroute.routing.brake import Brake
from podroute.routing.facts import Fact, Look
from podroute.routing.ledger import RouteLedger
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.patience import Patience
from podroute.routing.policy import Policy
from podroute.routing.states import RouteState
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import SEED_RULES, installed, table

PERIOD = 10.0
STEADY = Patience(first=1.0, longest=8.0, pointless=300.0, calm=60.0)


def words(change: Change) -> str:
    """As a plan prints it: + new, ~ replaced, - removed, = adopted."""
    match change:
        case Create(route=route):
            return f"+ {route.destination} via {route.next_hop}"
        case Replace(installed=was, route=route):
            return f"~ {route.destination} via {route.next_hop}, was {was.next_hop or was.kind}"
        case Delete(installed=was):
            return f"- {was.destination} via {was.next_hop or was.kind}"
        case Adopt(route=route):
            return f"= {route.destination} via {route.next_hop}"
        case _:
            assert_never(change)


@dataclass
class Run:
    """Dice always give 1: every pause is as long as it can be."""

    nodes: Sequence[Node | Unreadable] = ()
    routes: Iterable[InstalledRoute] = ()
    rules: ClaimRules = SEED_RULES
    policy: Policy = field(default_factory=lambda: Policy(PERIOD, STEADY))
    brake: Brake | None = None  # of the ledger before
    quota: int | None = None
    apart: bool = False  # IPv4 and IPv6 are counted apart
    links: str = ""  # where next hops can be
    now: float = 100.0
    facts: list[Fact] = field(default_factory=list[Fact])
    lines: dict[str, Sequence[RouteState]] = field(default_factory=dict[str, Sequence[RouteState]])

    def __post_init__(self) -> None:
        self.table = list(self.routes)
        self.ledger = RouteLedger(self.rules, self.policy, lambda: 1.0, self.brake)

    def start(self) -> "Run":
        """List and read; then a period passes, so that removals may be sent."""
        self.relist(*self.nodes)
        self.read()
        self.now += PERIOD
        self.look()
        return self

    def relist(self, *nodes: Node | Unreadable) -> None:
        self.ledger.relist(Roster.of(nodes), self.now)

    def see(self, *nodes: Node | Unreadable) -> None:
        """As the watch shows them."""
        for one in nodes:
            self.ledger.observe(one, self.now)

    def gone(self, *nodes: Node | Unreadable) -> None:
        for one in nodes:
            self.ledger.gone(one, self.now)

    def read(self, began: float | None = None) -> list[Fact]:
        """The router's table, as it is at this moment."""
        seen = replace(table(*self.table, on_link=self.links), quota=self._full())
        began = self.now if began is None else began
        facts = [*self.ledger.installed(seen, began, self.now)]
        self.facts += facts
        return facts

    def _full(self) -> Quota | None:
        if self.quota is None:
            return None
        if not self.apart:
            return Quota(len(self.table), self.quota)
        v4 = sum(one.destination.version == 4 for one in self.table)
        return Quota.by_version(v4, len(self.table) - v4, self.quota)

    def look(self) -> list[Fact]:
        """Until there is nothing to look at."""
        facts: list[Fact] = []
        while self.ledger.next_moment() <= self.now:
            look: Look = self.ledger.look(self.now)
            facts += look.facts
            self.lines.update(look.lines)
        self.facts += facts
        return facts

    def take(self, count: int = 1000) -> list[Change]:
        """What is to be sent now."""
        self.look()
        return [*self.ledger.take(count, self.now)]

    def sent(self, count: int = 1000) -> list[str]:
        """The same in words; nobody answers."""
        return [words(one) for one in self.take(count)]

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def answer(self, *outcomes: Outcome) -> list[Fact]:
        facts = [*self.ledger.answered(outcomes, self.now)]
        self.facts += facts
        return facts

    def fail(
        self, changes: Iterable[Change], reason: str = "busy", *, pointless: bool = False
    ) -> list[Fact]:
        """The router refuses them."""
        return self.answer(*(self.failed(one, reason, pointless=pointless) for one in changes))

    def failed(self, change: Change, reason: str = "busy", *, pointless: bool = False) -> Failed:
        return Failed(change, reason, "pointless" if pointless else "worth it")

    def carry(self, changes: Iterable[Change]) -> None:
        """The router does it, and says so."""
        for change in changes:
            self.put(change)
            self.answer(Done(change))

    def put(self, change: Change) -> None:
        """The router does it, and says nothing."""
        if not isinstance(change, Create):
            self.table = [one for one in self.table if one != change.installed]
        if not isinstance(change, Delete):
            self.table.append(installed(str(change.route.destination), str(change.route.next_hop)))

    def settle(self) -> list[str]:
        """Everything is sent, done and read, until nothing is left; what was sent."""
        told: list[str] = []
        while changes := self.take():
            told += map(words, changes)
            self.carry(changes)
            self.read()
        return told

    def state(self, destination: str) -> str:
        """As in the table: the state and the reason."""
        return "; ".join(f"{one.state}: {one.reason}" for one in self.lines[destination])

    def conditions(self) -> list[str]:
        """Those that are to be written; all are written."""
        self.look()
        told: list[str] = []
        for write in self.ledger.conditions.take(1000, self.now):
            self.ledger.conditions.answered(write, done=True, until=self.now, now=self.now)
            what = write.condition
            told.append(f"{write.node} {what.status} {what.reason}: {what.message}")
        return told
