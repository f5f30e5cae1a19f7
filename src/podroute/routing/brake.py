"""Which removals and replacements may be sent, among all that are wanted at this moment? Pure.

A loop looks at a few destinations at a time; what waits, and what was let through lately, counts
all the same.
"""

from collections.abc import Collection, Mapping
from math import inf

from podroute.model.cidr import Bounds
from podroute.routing.guardrails import LATELY, Scale, Verdict, restrain
from podroute.routing.steps import Change


class Brake:
    """The disruptive changes of all destinations, one each."""

    def __init__(self) -> None:
        self.verdict = Verdict(())
        self._wanted: dict[Bounds, Change] = {}
        self._passed: dict[Bounds, float] = {}  # when it was let through last
        self._confirmed = ""

    def want(self, block: Bounds, change: Change | None) -> None:
        """What is to be done there; None: nothing disruptive is."""
        if change is None:
            self._wanted.pop(block, None)
        else:
            self._wanted[block] = change

    @property
    def wanted(self) -> Collection[Bounds]:
        """Where something disruptive is to be done."""
        return self._wanted.keys()

    def confirm(self, word: str) -> bool:
        """A person's word, for what is held under that name; whether it is a new one."""
        new, self._confirmed = word != self._confirmed, word
        return new

    def holds(self, block: Bounds) -> bool:
        """Whether its change waits for a person."""
        return bool(self.verdict.held) and block in self._wanted

    def release(self, scale: Scale, now: float) -> Mapping[Bounds, Change]:
        """What may be sent, which is not wanted any more; the rest is in ``verdict``."""
        wanted = dict(sorted(self._wanted.items()))
        self._passed = {
            block: moment for block, moment in self._passed.items() if now - moment < LATELY
        }
        lately = len(self._passed.keys() - wanted.keys())
        scale = Scale(scale.owned, scale.nodes, scale.dark, lately)
        self.verdict = restrain(tuple(wanted.values()), scale, confirmed=self._confirmed)
        if self.verdict.held:
            return {}
        self._wanted.clear()
        self._passed.update(dict.fromkeys(wanted, now))
        return wanted

    def next_moment(self) -> float:
        """When more may be let through than now."""
        if not self.verdict.held:
            return inf
        return min(self._passed.values(), default=inf) + LATELY
