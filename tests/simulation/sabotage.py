"""Route controllers with one rule taken out each: the laws must notice every one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Final

from typing_extensions import override

from podroute.claims.rules import ClaimRules
from podroute.controllers.election import Claim, Term
from podroute.controllers.routes import Rhythm
from podroute.model.cidr import Bounds
from podroute.model.node import Node, Roster
from podroute.model.route import RouteTable
from podroute.routing.attempts import Attempts
from podroute.routing.brake import Brake
from podroute.routing.conditions import AVAILABLE
from podroute.routing.facts import Fact
from podroute.routing.guardrails import Scale
from podroute.routing.ledger import RouteLedger
from podroute.routing.observed import Someone
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.patience import Patience
from podroute.routing.policy import Policy
from podroute.routing.steps import Change, Create, Delete
from tests.simulation.replica import Dice, Parts


class TakesForeignForOurs(RouteLedger):
    """B6: a route is ours because it is there."""

    @override
    def installed(self, table: RouteTable, began: float, now: float) -> Sequence[Fact]:
        ours = tuple(replace(one, ownership="ours") for one in table.routes)
        return super().installed(replace(table, routes=ours), began, now)


class _NoBrake(Brake):
    @override
    def release(self, scale: Scale, now: float, *, certain_from: float) -> Mapping[Bounds, Change]:
        wanted = {**self._wanted}
        self._wanted.clear()
        return wanted


class IgnoresTheBrake(RouteLedger):
    """F14: whatever is not listed goes."""

    def __init__(self, rules: ClaimRules, policy: Policy, dice: Dice, brake: Brake) -> None:
        super().__init__(rules, policy, dice, brake)
        self._brake = _NoBrake()


class RemovesAfterOneList(RouteLedger):
    """F14: one look is enough."""

    @override
    def relist(self, roster: Roster, now: float) -> None:
        super().relist(roster, now)
        self._removals_from = now


class BelievesAnswers(RouteLedger):
    """B3: what the router has confirmed is so."""

    @override
    def answered(self, outcomes: Iterable[Outcome], now: float) -> Sequence[Fact]:
        outcomes = list(outcomes)
        for outcome in outcomes:
            if isinstance(outcome, Done) and isinstance(outcome.step, Create):
                node = self.observed.node(outcome.step.route.node)
                if isinstance(node, Node):
                    self.conditions.wish(node, AVAILABLE)
        return super().answered(outcomes, now)


class _Hasty(Attempts):
    @override
    def rests_until(self, change: Change, now: float) -> float | None:
        return None if super().rests_until(change, now) is None else now


class ForgetsBackoff(RouteLedger):
    """B1: what has failed is tried again at once."""

    def __init__(self, rules: ClaimRules, policy: Policy, dice: Dice, brake: Brake) -> None:
        super().__init__(rules, policy, dice, brake)
        self._attempts = _Hasty(policy.patience)


class _Resigned(Patience):
    @override
    def after(self, failed: Failed, tries: int, dice: float) -> float:
        del failed, tries, dice
        return inf


class NeverTriesAgain(RouteLedger):
    """B1: what has failed once has failed."""

    def __init__(self, rules: ClaimRules, policy: Policy, dice: Dice, brake: Brake) -> None:
        resigned = _Resigned(lag=policy.patience.lag)
        super().__init__(rules, replace(policy, patience=resigned), dice, brake)


class SendsTwice(RouteLedger):
    """B2: a destination is changed while it is being changed."""

    @override
    def take(self, count: int, now: float) -> Sequence[Change]:
        changes = super().take(count, now)
        return [*changes, *changes]


class DeletesByDestination(RouteLedger):
    """B9: whatever leads there goes."""

    @override
    def take(self, count: int, now: float) -> Sequence[Change]:
        return [
            replace(one, installed=replace(one.installed, handle="whatever leads there"))
            if isinstance(one, Delete)
            else one
            for one in super().take(count, now)
        ]


class ForgetsWhoIsGone(RouteLedger):
    """A Node that is deleted is not noticed."""

    @override
    def gone(self, node: Someone, now: float) -> None:
        del node, now


class ForgetsWhatItMissed(RouteLedger):
    """A list adds to what is known, and takes nothing away."""

    @override
    def relist(self, roster: Roster, now: float) -> None:
        known = {one.name: one for one in (*self.observed.nodes(), *roster.everybody())}
        super().relist(Roster.of(known.values()), now)


def _endless(term: Term) -> Term:
    return Term(Claim(term.origin, term.number), term.began, endless=True)


def _over_others(rules: ClaimRules, policy: Policy, dice: Dice, brake: Brake) -> RouteLedger:
    return RouteLedger(rules, replace(policy, conditions="any"), dice, brake)


SABOTAGES: Final[Mapping[str, Parts]] = {
    "takes foreign routes for ours": Parts(TakesForeignForOurs),
    "ignores the brake": Parts(IgnoresTheBrake),
    "removes after one list": Parts(RemovesAfterOneList),
    "believes answers": Parts(BelievesAnswers),
    "forgets backoff": Parts(ForgetsBackoff),
    "never tries again": Parts(NeverTriesAgain),
    "sends twice": Parts(SendsTwice),
    "deletes by destination": Parts(DeletesByDestination),
    "forgets who is gone": Parts(ForgetsWhoIsGone),
    "forgets what it missed": Parts(ForgetsWhatItMissed),
    "forgets the term": Parts(trusted=_endless),
    "writes over others' conditions": Parts(_over_others),
    "believes every claim": Parts(rules=ClaimRules()),
    "reads without end": Parts(rhythm=Rhythm(period=1.0)),
}
