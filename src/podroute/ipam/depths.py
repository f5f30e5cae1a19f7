"""How many hold each number of a long row? Pure."""

from bisect import bisect_right
from collections.abc import Iterator


class Depths:
    """A count for each number from 0 on; neighbours with one count share an entry.

    What it costs depends on what is held, not on how long the row is: a change is two binary
    searches. ``covered`` numbers have a count now; ``gained`` have got their first one so far,
    ``lost`` have lost their last.
    """

    def __init__(self) -> None:
        self._starts = [0]
        self._counts = [0]
        self.covered = 0
        self.gained = 0
        self.lost = 0

    def add(self, numbers: range) -> None:
        """One more holds each of ``numbers``."""
        self._change(numbers, 1)

    def remove(self, numbers: range) -> None:
        """One that was added is gone."""
        self._change(numbers, -1)

    def free_from(self, number: int) -> int:
        """The first number from ``number`` on that nobody holds."""
        place = bisect_right(self._starts, number) - 1
        if not self._counts[place]:
            return number
        while self._counts[place]:
            place += 1
        return self._starts[place]

    def ranges(self) -> Iterator[range]:
        """The numbers that are held."""
        for place, count in enumerate(self._counts):
            if count:
                yield range(self._starts[place], self._starts[place + 1])

    def held_among(self, numbers: range) -> int:
        """How many of ``numbers`` are held."""
        place = bisect_right(self._starts, numbers.start) - 1
        total = 0
        while place < len(self._starts) - 1 and self._starts[place] < numbers.stop:
            if self._counts[place]:
                first = max(numbers.start, self._starts[place])
                total += min(numbers.stop, self._starts[place + 1]) - first
            place += 1
        return total

    def _change(self, numbers: range, by: int) -> None:
        if not numbers:
            return
        first = self._cut(numbers.start)
        last = self._cut(numbers.stop)
        for place in range(first, last):
            size = self._starts[place + 1] - self._starts[place]
            count = self._counts[place]
            self._counts[place] = count + by
            if count == 0:
                self.covered += size
                self.gained += size
            elif count + by == 0:
                self.covered -= size
                self.lost += size
        self._join(last)
        self._join(first)

    def _cut(self, number: int) -> int:
        """The entry that starts at ``number``."""
        place = bisect_right(self._starts, number) - 1
        if self._starts[place] == number:
            return place
        self._starts.insert(place + 1, number)
        self._counts.insert(place + 1, self._counts[place])
        return place + 1

    def _join(self, place: int) -> None:
        if place and self._counts[place] == self._counts[place - 1]:
            del self._starts[place]
            del self._counts[place]
