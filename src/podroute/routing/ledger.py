"""Which routes are to be changed next, and what is true of each? Pure.

The ledger is told what is seen, what was sent and how that was answered; it looks at what has
changed and at nothing else. Everything is decided by what is seen: an event only says where to
look, and what a router has answered counts when a read shows it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import Final, assert_never

from podroute.claims.rules import ClaimRules
from podroute.model.cidr import Bounds, bounds
from podroute.model.node import Node, NodeName, Roster
from podroute.model.route import Quota, RouteTable
from podroute.routing.agenda import Agenda
from podroute.routing.agreement import Agreement
from podroute.routing.attempts import Attempts
from podroute.routing.brake import Brake
from podroute.routing.causes import Causes
from podroute.routing.conditions import Conditions, condition_of
from podroute.routing.drift import Drift
from podroute.routing.facts import Disproven, Fact, HeldBack, Look
from podroute.routing.filling import Fullness
from podroute.routing.guardrails import Verdict
from podroute.routing.lines import ASTRAY, HELD, MENDABLE, by_subject
from podroute.routing.observed import Key, Observed, Someone
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.policy import Policy
from podroute.routing.proposal import propose
from podroute.routing.sequence import first_of_each
from podroute.routing.states import RouteState, route_states
from podroute.routing.steps import Change, Delete, Step, destination_of, is_disruptive
from podroute.routing.stops import Stops


class RouteLedger:
    """Moments are seconds of one clock; ``dice`` are from 0 to 1; ``brake``: the last ledger's.

    ``agreement``: with the ledgers of other routers, about the Nodes' conditions.
    """

    def __init__(
        self,
        rules: ClaimRules,
        policy: Policy,
        dice: Callable[[], float],
        brake: Brake | None = None,
        agreement: Agreement | None = None,
    ) -> None:
        self.observed: Final = Observed(rules)
        self._agreement = agreement or Agreement(Conditions(policy.conditions))
        self.conditions: Final = self._agreement.conditions
        self._causes = Causes(self.observed)
        self._rules = rules
        self._policy = policy
        self._dice = dice
        self._attempts = Attempts(policy.patience)
        self._brake = brake or Brake()
        self._listed = self._read = self._is_list_read = False
        self._agenda = Agenda()
        self._everything = False  # is due
        self._asked = False  # a person has, to let something pass
        self._removals_from = 0.0
        self._drift = Drift()
        self._stops = Stops()
        self._fullness = Fullness()

    @property
    def complete(self) -> bool:
        """Whether both the Nodes and the router are known."""
        return self._listed and self._read

    @property
    def verdict(self) -> Verdict:
        """What waits for a person's word."""
        return self._brake.verdict

    @property
    def unproven(self) -> int:
        """How many changes wait for a read."""
        return self._attempts.unproven

    @property
    def ready(self) -> int:
        """How many changes may be sent now."""
        return self._agenda.ready

    def relist(self, roster: Roster, now: float) -> None:
        """All Nodes; what is not among them goes after a second look, a period later."""
        keys = self.observed.relist(roster.everybody())
        for name in [key for key in keys if isinstance(key, str)]:
            if not isinstance(self.observed.node(name), Node):
                self._agreement.gone(name)
        self._removals_from, self._is_list_read = now + self._policy.period, False
        self._everything |= not self._listed
        self._listed = True
        self._touch(keys, now)
        self._agenda.due((*self._agenda.disruptive, *self._brake.wanted))
        for node in roster.nodes:
            self.conditions.listed(node)

    def observe(self, node: Someone, now: float) -> None:
        """A Node is new, or another than before."""
        self._touch(self.observed.observe(node), now)
        if isinstance(node, Node):
            self.conditions.shown(node)
        else:
            self._agreement.gone(NodeName(node.name))

    def gone(self, node: Someone, now: float) -> None:
        """The API server says that a Node is no more."""
        keys = self.observed.gone(node)
        self._touch(keys, now)
        if keys:
            self._agreement.gone(NodeName(node.name))

    def installed(self, table: RouteTable, began: float, now: float) -> Sequence[Fact]:
        """What a read that ``began`` then has shown."""
        keys = self.observed.install(table)
        blocks = {key for key in keys if isinstance(key, tuple)}
        outcomes = list(self._attempts.read(self.observed.routes, began, self._dice()))
        ours = {bounds(destination_of(one.step)) for one in outcomes}
        self._drift.stir(one for one in blocks - ours if not self._attempts.is_busy(one))
        self._everything |= not self._read
        self._read = True
        if self._listed and not self._is_list_read:
            self._removals_from, self._is_list_read = now + self._policy.period, True
            self._agenda.due(self._agenda.disruptive)
        self._attempts.tidy(now)
        self._agenda.due(keys | ours)
        facts = [*self._fullness.note(table.quota), *(self._proof(one, now) for one in outcomes)]
        self._agenda.due(self._stops.with_room(self._room(())))
        if table.quota is not None:
            self._agenda.due(self._attempts.crowded_out(table.quota, began))
        for block in blocks - ours:
            self._causes.seen(block, now)
        return facts

    def confirm(self, word: str) -> bool:
        """A person lets pass what is held back under this name; whether that is new."""
        new = self._brake.confirm(word)
        self._asked |= new
        return new

    def answered(self, outcomes: Iterable[Outcome], now: float) -> Sequence[Fact]:
        """The router's word for changes that were taken."""
        facts: list[Fact] = []
        for outcome in outcomes:
            failed = self._attempts.answered(outcome, now, self._dice())
            if failed is not None:
                self._agenda.due([bounds(destination_of(failed.step))])
                facts.append(self._failure(failed))
        return facts

    def unreached(self, changes: Iterable[Change]) -> None:
        """Nothing was changed."""
        for change in changes:
            self._attempts.unsent(change)
            self._agenda.due([bounds(destination_of(change))])

    def take(self, count: int, now: float) -> Sequence[Change]:
        """Up to ``count`` changes, no two of one destination, that are to be sent now."""
        changes = self._agenda.take(count)
        for change in changes:
            self._attempts.sent(change)
        disruptive = filter(is_disruptive, changes)
        self._brake.count_from({bounds(destination_of(one)) for one in disruptive}, now)
        return changes

    def next_moment(self) -> float:
        """When there is something to look at: 0 for now, or a moment, or infinity."""
        if not self.complete:
            return inf
        if self._everything or self._asked:
            return 0.0
        return min(self._agenda.next_moment(), self._brake.next_moment())

    def look(self, now: float) -> Look:
        """Decides about all that has changed since the last look."""
        if not self.complete:
            return Look({})
        self._brake.count_from(self._agenda.disruptive, now)  # as long as it waits to be sent
        if self._asked or self._brake.next_moment() <= now:
            self._agenda.due(self._brake.wanted)
        whole, self._everything, self._asked = self._everything, False, False
        if self.observed.dark or not self.observed.nodes():
            self._agenda.due(self._agenda.disruptive)  # what was let through before waits as well
        keys = self._agenda.open(now)
        everything = self.observed.everything() if whole else ()
        part = self.observed.neighbourhood((*keys, *everything))
        table = replace(part.table, quota=self._room(part.blocks))
        proposal = propose(part.roster, table, self._rules)
        states = route_states(proposal, table, self._rules)
        facts: list[Fact] = [*self._drift.strayed(states)]
        facts += [*self._decide(part.blocks, proposal.steps, now)]
        facts += self._let_pass(now)
        lines = [self._explained(state) for state in states]
        self._drift.note(part.blocks, lines)
        self._wish_conditions(part.roster.nodes, lines)
        return Look(by_subject(lines, part.blocks, part.names), facts, whole)

    def _touch(self, keys: Collection[Key], now: float) -> None:
        self._agenda.due(keys)
        for key in keys:
            if isinstance(key, tuple):
                self._causes.seen(key, now)

    def _decide(
        self, blocks: Iterable[Bounds], steps: Sequence[Step], now: float
    ) -> Sequence[Fact]:
        """The first change of each destination is for now; the others follow by another look."""
        changes, stops = first_of_each(steps)
        facts: list[Fact] = []
        for block in blocks:
            self._place(block, changes.get(block), now)
            facts += map(self._causes.stopped, self._stops.note(block, stops.get(block, ())))
        return facts

    def _place(self, block: Bounds, change: Change | None, now: float) -> None:
        held = self._brake.holds(block)
        self._agenda.queue(block, None)
        self._brake.want(block, None)
        if change is None:
            self._attempts.settled(block, self.observed.routes(block))
            self._brake.settled(block)
            if not self._attempts.is_busy(block):
                self._causes.settled(block)
            return
        self._causes.seen(block, now)
        self._attempts.wished(change, self.observed.routes(block))
        rests = self._attempts.rests_until(change, now)
        if rests is None:
            return
        until = max(rests, self._removals_from) if isinstance(change, Delete) else rests
        if until > now:
            self._agenda.wake(block, until)
        if rests > now or (until > now and not held):
            return
        if is_disruptive(change):
            self._brake.want(block, change)
        else:
            self._agenda.queue(block, change)

    def _let_pass(self, now: float) -> Iterator[Fact]:
        before = self._brake.verdict
        scale, until = self.observed.scale, self._removals_from
        for block, change in self._brake.release(scale, now, certain_from=until).items():
            self._agenda.queue(block, change)
        after = self._brake.verdict
        if (after.held, after.reason) != (before.held, before.reason):
            yield HeldBack(after)

    def _explained(self, state: RouteState) -> RouteState:
        """With the reason why it is not mended, where there is one."""
        if state.destination is None or state.state not in MENDABLE:
            return state
        block = bounds(state.destination)
        reason = self._attempts.why_not_now(block) or (HELD if self._brake.holds(block) else "")
        return replace(state, reason=reason) if reason else state

    def _wish_conditions(self, nodes: Iterable[Node], lines: Iterable[RouteState]) -> None:
        own: dict[str, list[RouteState]] = {}
        for line in lines:
            own.setdefault(line.node, []).append(line)
        for node in nodes:
            mine = own.get(node.name, ())
            troubled = [one for one in mine if self._is_troubled(one)]
            verdict = condition_of(node, mine, troubled)
            self._agreement.say(self._policy.router, node, verdict)

    def _is_troubled(self, line: RouteState) -> bool:
        if line.destination is None or line.state not in ASTRAY:
            return False
        block = bounds(line.destination)
        return bool(self._attempts.trouble(block)) or self._brake.holds(block)

    def _room(self, blocks: Collection[Bounds]) -> Quota | None:
        """Routes that are on their way to other destinations have no room any more."""
        quota = self.observed.table.quota
        if quota is None:
            return None
        others = self._attempts.creating.difference(blocks)
        coming = self._agenda.new_besides(blocks)
        coming.update(one[0] for one in others if not self.observed.routes(one))
        return quota.with_more(4, coming[4]).with_more(6, coming[6])

    def _proof(self, outcome: Outcome, now: float) -> Fact:
        match outcome:
            case Done(step=change):
                return self._causes.proven(change, now)
            case Failed():
                return self._failure(outcome)
            case _:
                assert_never(outcome)

    def _failure(self, failed: Failed) -> Disproven:
        last = self._attempts.failure(bounds(destination_of(failed.step)))
        return self._causes.disproven(failed, again=bool(last and last.again))
