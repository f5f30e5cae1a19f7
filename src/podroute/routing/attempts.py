"""How far is the change of each destination? One state machine per destination. Pure.

    state      what is true                                      ends with
    -----      ------------                                      ---------
    (none)     nothing is under way                              a change that is sent
    Sent       the router has been asked                         its answer
    Unproven   it has said yes; no read has shown it yet         a read that began after that
    Resting    it has failed, or what reads show may be old      a moment, another wish, no room
    Calming    it has been changed again and again               a moment

Moments are seconds of one monotonic clock; ``dice`` are from 0 to 1.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import inf
from typing import Final, TypeAlias, assert_never

from podroute.model.cidr import Bounds, bounds
from podroute.model.route import InstalledRoute, Quota, RouteTable
from podroute.routing.outcome import Done, Failed, Outcome, confirm
from podroute.routing.patience import Patience
from podroute.routing.steps import Change, Create, Delete, destination_of, wish_of


@dataclass(frozen=True, slots=True)
class Resting:
    """The same is not tried again before ``until``.

    ``reason``: why it has failed; "" where it was done, but reads may still show what was before.
    ``again``: the try before has failed for the same reason.
    """

    until: float
    change: Change
    tries: int = 0
    reason: str = ""
    again: bool = False

    def is_about(self, change: Change) -> bool:
        """Whether ``change`` is the same."""
        if self.reason:
            return change == self.change
        return wish_of(change) == wish_of(self.change)


@dataclass(frozen=True, slots=True)
class Sent:
    """The router has been asked; ``failed``: how the last try ended, of the same or not."""

    change: Change
    failed: Resting | None


@dataclass(frozen=True, slots=True)
class Unproven:
    """The router has said yes, at this moment."""

    change: Change
    failed: Resting | None
    answered: float


@dataclass(frozen=True, slots=True)
class Calming:
    """Nothing is tried before ``until``."""

    until: float


State: TypeAlias = Sent | Unproven | Resting | Calming

CALM: Final = "changed again and again, so that it waits for a while"
_OFTEN: Final = 3  # changes in a row at which nobody is surprised


class Attempts:
    """The states of all destinations."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._states: dict[Bounds, State] = {}
        self._busy: set[Bounds] = set()
        self._unproven: set[Bounds] = set()
        self._changes: dict[Bounds, tuple[int, float]] = {}  # in a row; the end of the last pause
        # failed, and not wished for the moment; the routes that were there then
        self._given_up: dict[Bounds, AbstractSet[InstalledRoute]] = {}
        self._tidied = -inf
        self._tried = -inf  # when the router has answered last, removals apart

    @property
    def unproven(self) -> int:
        """How many wait for a read."""
        return len(self._unproven)

    @property
    def creating(self) -> frozenset[Bounds]:
        """Where a new route may be that no read has proven."""
        return frozenset(block for block in self._busy if self._creates(block))

    def _creates(self, block: Bounds) -> bool:
        state = self._states[block]
        return isinstance(state, Sent | Unproven) and isinstance(state.change, Create)

    def is_busy(self, block: Bounds) -> bool:
        """Whether a change of it is under way."""
        return block in self._busy

    def rests_until(self, change: Change, now: float) -> float | None:
        """When it may be sent: ``now`` or later; None: not before another one has ended."""
        state = self._states.get(bounds(destination_of(change)))
        match state:
            case None:
                return now
            case Resting(until=until):
                return max(now, until) if state.is_about(change) else now
            case Calming(until=until):
                return max(now, until)
            case Sent() | Unproven():
                return None
            case _:
                assert_never(state)

    def trouble(self, block: Bounds) -> str:
        """Why the last try has failed; "" where none has."""
        failed = self.failure(block)
        return failed.reason if failed else ""

    def why_not_now(self, block: Bounds) -> str:
        """The same, or that it is left alone for a while; "" where it is not."""
        return CALM if isinstance(self._states.get(block), Calming) else self.trouble(block)

    def failure(self, block: Bounds) -> Resting | None:
        """The last try, if it has failed and what it tried is still wished."""
        return None if block in self._given_up else self._failed(block)

    def wished(self, change: Change, routes: Sequence[InstalledRoute]) -> None:
        """It is to be done; what of the same has failed before counts again, and nothing else.

        But where other ``routes`` were there in between that is over: so much has changed.
        """
        block = bounds(destination_of(change))
        failed, there = self._failed(block), frozenset(routes)
        if failed is None:
            return
        if not failed.is_about(change):
            self._given_up.setdefault(block, there)
        elif self._given_up.pop(block, there) != there:
            del self._states[block]

    def settled(self, block: Bounds, routes: Sequence[InstalledRoute]) -> None:
        """Nothing is to be changed there now; ``routes`` are installed.

        Where they show what has failed, whoever has done it, or are others than before, that is
        over. Else the wish has turned: should it come back, the same still rests.
        """
        failed = self._failed(block)
        if failed is None:
            return
        there = frozenset(routes)
        before = self._given_up.setdefault(block, there)
        (outcome,) = confirm([Done(failed.change)], RouteTable(tuple(routes)))
        if isinstance(outcome, Done) or before != there:
            del self._states[block], self._given_up[block]

    def crowded_out(self, quota: Quota, began: float) -> Collection[Bounds]:
        """Where a new route that has failed has no room by now, and still counted.

        With room it is another try: that is forgotten. But not by a read that may show what was
        tried, which takes room for a moment: else two that fail would let each other try again.
        """
        blocks = {
            block
            for block in self._states
            if (failed := self._failed(block))
            and isinstance(failed.change, Create)
            and quota.room(block[0]) <= 0
        }
        counted = blocks.difference(self._given_up)
        if began < self._tried + self._patience.lag or any(map(self._is_tried, self._busy)):
            return counted
        for block in blocks:
            del self._states[block]
            self._given_up.pop(block, None)
        return counted

    def _is_tried(self, block: Bounds) -> bool:
        state = self._states[block]
        return isinstance(state, Sent) and not isinstance(state.change, Delete)

    def _failed(self, block: Bounds) -> Resting | None:
        state = self._states.get(block)
        return state if isinstance(state, Resting) and state.reason else None

    def tidy(self, now: float) -> None:
        """What counts no more is forgotten, now and then."""
        if now < self._tidied + self._patience.calm:
            return
        self._tidied = now
        self._changes = {
            block: (row, end)
            for block, (row, end) in self._changes.items()
            if now - end < self._patience.calm
        }
        for block in [one for one, state in self._states.items() if self._is_over(one, state, now)]:
            del self._states[block]
            self._given_up.pop(block, None)

    def _is_over(self, block: Bounds, state: State, now: float) -> bool:
        match state:
            case Resting(until=until, reason=reason):
                return until <= now and (not reason or block in self._given_up)
            case Calming(until=until):
                return until <= now
            case Sent() | Unproven():
                return False
            case _:
                assert_never(state)

    def sent(self, change: Change) -> None:
        """It is on its way."""
        block = bounds(destination_of(change))
        self._states[block] = Sent(change, self._failed(block))
        self._busy.add(block)

    def answered(self, outcome: Outcome, now: float, dice: float) -> Failed | None:
        """The router's word; a failure is to be told."""
        block = bounds(destination_of(outcome.step))
        state = self._states[block]
        failed = state.failed if isinstance(state, Sent) else None
        before = failed if failed and failed.is_about(outcome.step) else None
        self._given_up.pop(block, None)
        if not isinstance(outcome.step, Delete):
            self._tried = now
        match outcome:
            case Done(step=change):
                self._states[block] = Unproven(change, before, now)
                self._unproven.add(block)
                return None
            case Failed():
                self._fail(block, outcome, before, now, dice)
                return outcome
            case _:
                assert_never(outcome)

    def unsent(self, change: Change) -> None:
        """Nothing was changed: it is as if it had not been sent."""
        block = bounds(destination_of(change))
        self._busy.discard(block)
        state = self._states.pop(block)
        if isinstance(state, Sent) and state.failed:
            self._states[block] = state.failed

    def read(
        self, routes: Callable[[Bounds], Sequence[InstalledRoute]], began: float, dice: float
    ) -> Iterator[Outcome]:
        """What a read that ``began`` then proves, or after all chances disproves."""
        due: list[tuple[Bounds, Unproven]] = []
        for block in sorted(self._unproven):
            state = self._states[block]
            if isinstance(state, Unproven) and state.answered <= began:
                due.append((block, state))
        shown = RouteTable(tuple(route for block, _ in due for route in routes(block)))
        outcomes = confirm([Done(state.change) for _, state in due], shown)
        for (block, state), outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, Done):
                self._prove(block, state.change, began)
            elif began < state.answered + self._patience.lag:
                continue
            else:
                self._fail(block, outcome, state.failed, began, dice)
            yield outcome

    def _prove(self, block: Bounds, change: Change, now: float) -> None:
        patience = self._patience
        self._busy.discard(block)
        self._unproven.discard(block)
        row, end = self._changes.get(block, (0, now))
        row = row + 1 if now - end < patience.calm else 1
        until = now
        if row > _OFTEN:
            until += max(patience.lag, patience.doubled(row - _OFTEN))
            self._states[block] = Calming(until)
        elif patience.lag:
            self._states[block] = Resting(now + patience.lag, change)
        else:
            del self._states[block]
        self._changes[block] = row, until

    def _fail(
        self, block: Bounds, failed: Failed, before: Resting | None, now: float, dice: float
    ) -> None:
        self._busy.discard(block)
        self._unproven.discard(block)
        tries = before.tries if before else 0
        until = now + self._patience.after(failed, tries, dice)
        again = before is not None and before.reason == failed.reason
        self._states[block] = Resting(until, failed.step, tries + 1, failed.reason, again)
