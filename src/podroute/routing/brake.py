"""Which removals and replacements may be sent, among all that are wanted at this moment? Pure.

A loop looks at a few destinations at a time; what waits, and what was let through lately, counts
all the same. What a person has let through is not asked about again while it is tried, and is
asked about anew when it is wanted much later.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import inf

from podroute.model.cidr import Bounds
from podroute.routing.guardrails import LATELY, Scale, Verdict, restrain
from podroute.routing.lately import Lately
from podroute.routing.steps import Change


def mark_of(router: str, term: int) -> str:
    """What no other router and no other leader has in a word; ``router`` is "" for one alone.

    The name comes first: what is behind it is no part of another name.
    """
    return f"{router}-t{term}" if router else f"t{term}"


class Brake:
    """The disruptive changes of all destinations, one each.

    ``mark`` is a part of each word: one that was given to a former leader lets nothing pass.
    ``before``: what that one has let through unasked.
    """

    def __init__(self, mark: str = "", before: Lately | None = None) -> None:
        self._mark = mark
        self._earlier = before.done if before else ()
        self.verdict = Verdict(())
        self._wanted: dict[Bounds, Change] = {}
        self._passed = dict(before.under_way) if before else {}  # when, the last time, unasked
        self._done: set[Bounds] = set()  # those of them that have come about
        self._uncertain_until = -inf
        self._given: set[str] = set()  # words that no look has seen yet
        self._let: dict[Bounds, tuple[Change, float]] = {}  # by a person, and when
        self._spent: set[str] = set()  # words that a look has seen, whether they fitted or not

    def begin_anew(self) -> None:
        """Another ledger finds what is wanted; what was let through counts on."""
        self._wanted = {}

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
        new = word not in self._given | self._spent
        self._given.add(word)
        return new

    def holds(self, block: Bounds) -> bool:
        """Whether its change waits for a person."""
        return bool(self.verdict.held) and block in self._wanted

    def release(self, scale: Scale, now: float, *, certain_from: float) -> Mapping[Bounds, Change]:
        """What may be sent, which is not wanted any more; the rest is in ``verdict``.

        What is held stays so until the Nodes are certain again after a list.
        """
        self._forget(now)
        self._uncertain_until = certain_from if now < certain_from else -inf
        if self.verdict.held and now < certain_from:
            return {}
        wanted = dict(sorted(self._wanted.items()))
        asked = {one: change for one, change in wanted.items() if not self._is_let(one, change)}
        before = sum(count for _, count in self._earlier)
        scale = replace(scale, lately=before + len(self._passed.keys() - asked.keys()))
        verdict = restrain(tuple(asked.values()), scale, confirmed="")
        word, given = self._word(verdict.confirmation), self._given
        self._spent |= given
        self._given = set()
        if not verdict.held:
            self._passed.update(dict.fromkeys(asked, now))
            self._done -= asked.keys()
        elif word in given:
            self._let.update({one: (change, now) for one, change in asked.items()})
            verdict = Verdict(verdict.held)
        else:
            verdict = replace(verdict, confirmation=word)
        self.verdict = verdict
        self._wanted = asked if verdict.held else {}
        return {one: change for one, change in wanted.items() if one not in self._wanted}

    def next_moment(self) -> float:
        """When more may be let through than now."""
        if not self.verdict.held:
            return inf
        if self._uncertain_until > -inf:
            return self._uncertain_until
        moments = (*self._passed.values(), *(moment for moment, _ in self._earlier))
        return min(moments, default=inf) + LATELY

    def count_from(self, blocks: Collection[Bounds], now: float) -> None:
        """What was let through there is on its way only now, or still waits to be sent."""
        self._passed.update(dict.fromkeys(self._passed.keys() & blocks, now))
        self._let.update({one: (self._let[one][0], now) for one in self._let.keys() & blocks})

    def settled(self, block: Bounds) -> None:
        """Nothing is to be done there any more."""
        self._let.pop(block, None)
        if block in self._passed:
            self._done.add(block)

    @property
    def lately(self) -> Lately:
        """What was let through unasked: whoever comes next counts on from there."""
        done = ((self._passed[block], 1) for block in sorted(self._done))
        under_way = {one: then for one, then in self._passed.items() if one not in self._done}
        return Lately((*self._earlier, *done), under_way)

    def _forget(self, now: float) -> None:
        self._earlier = tuple(one for one in self._earlier if now < one[0] + LATELY)
        self._passed = {one: then for one, then in self._passed.items() if now < then + LATELY}
        self._done &= self._passed.keys()
        self._let = {one: let for one, let in self._let.items() if now < let[1] + LATELY}

    def _is_let(self, block: Bounds, change: Change) -> bool:
        return block in self._let and self._let[block][0] == change

    def _word(self, name: str) -> str:
        """One that was not given yet: the same may be held again, for another reason."""
        first = f"{name}-{self._mark}" if self._mark else name
        words = (first, *(f"{first}-{times}" for times in range(2, len(self._spent) + 2)))
        return next(word for word in words if word not in self._spent)
