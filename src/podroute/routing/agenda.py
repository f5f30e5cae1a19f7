"""What is to be looked at, when, and what is to be sent next? Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from heapq import heappop, heappush
from math import inf
from typing import assert_never

from podroute.model.cidr import Bounds
from podroute.routing.observed import Key
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, is_disruptive


class Agenda:
    """Moments are seconds of one clock."""

    def __init__(self) -> None:
        self._due: set[Key] = set()
        self._alarms: list[tuple[float, Bounds]] = []
        self._alarm_of: dict[Bounds, float] = {}
        self._new: dict[Bounds, Change] = {}
        self._repairs: dict[Bounds, Change] = {}
        self._removals: dict[Bounds, Change] = {}

    def due(self, keys: Iterable[Key]) -> None:
        """They are to be looked at now."""
        self._due.update(keys)

    def wake(self, block: Bounds, moment: float) -> None:
        """It is to be looked at then."""
        if self._alarm_of.get(block) != moment:
            self._alarm_of[block] = moment
            heappush(self._alarms, (moment, block))

    def next_moment(self) -> float:
        """When something is to be looked at: 0 for now, or infinity."""
        if self._due:
            return 0.0
        return self._alarms[0][0] if self._alarms else inf

    def open(self, now: float) -> Collection[Key]:
        """What is to be looked at now, and is taken off the list."""
        while self._alarms and self._alarms[0][0] <= now:
            moment, block = heappop(self._alarms)
            if self._alarm_of.get(block) == moment:
                del self._alarm_of[block]
            self._due.add(block)
        keys, self._due = self._due, set()
        return keys

    @property
    def ready(self) -> int:
        """How many changes are to be sent."""
        return len(self._new) + len(self._repairs) + len(self._removals)

    @property
    def disruptive(self) -> Collection[Bounds]:
        """Where a route is to be replaced or removed."""
        repairs = (block for block, change in self._repairs.items() if is_disruptive(change))
        return {*repairs, *self._removals}

    def new_besides(self, blocks: Collection[Bounds]) -> Counter[int]:
        """How many new routes are to be sent to other destinations than these, by IP version."""
        others = self._new.keys() - set(blocks) if self._new else ()
        return Counter(block[0] for block in others)

    def queue(self, block: Bounds, change: Change | None) -> None:
        """The one change that is to be sent there; None: none."""
        for queued in (self._new, self._repairs, self._removals):
            queued.pop(block, None)
        match change:
            case None:
                return
            case Create() | Adopt():
                self._new[block] = change
            case Replace():
                self._repairs[block] = change
            case Delete():
                self._removals[block] = change
            case _:
                assert_never(change)

    def take(self, count: int) -> Sequence[Change]:
        """New routes first, then repairs, removals last."""
        changes: list[Change] = []
        for queued in (self._new, self._repairs, self._removals):
            while queued and len(changes) < count:
                changes.append(queued.pop(next(iter(queued))))
        return changes
