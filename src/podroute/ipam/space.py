"""The numbered blocks of one CIDR: which are held, and which is the next to be given. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.ipam.depths import Depths
from podroute.ipam.neighbours import Neighbours
from podroute.model.cidr import Bounds, Cidr, bounds
from podroute.model.pool import CidrPool


class Space:
    """All is counted in blocks; the next search starts at ``cursor``."""

    def __init__(self, family: CidrPool, reserved: Sequence[Cidr], chunk: int) -> None:
        self.family: Final = family
        self.size: Final = family.size()
        self.cursor = 0
        self.owned = Depths()  # by Nodes that show them, or to which they were sent
        self.taken = Depths()  # owned, resting or reserved
        self.doubtful = Depths()  # touched by a claim that nobody believes
        self.reserved = Depths()
        self.version: Final = family.cidr.version
        self._first = int(family.cidr.network_address)
        self._last = self._first + family.cidr.num_addresses - 1
        self._bits = family.cidr.max_prefixlen - family.block_prefix
        self._neighbours = Neighbours(chunk) if chunk else None
        for cidr in reserved:
            numbers = self.numbers(bounds(cidr))
            self.reserved.add(numbers)
            self._take(numbers)

    def numbers(self, span: Bounds) -> range:
        """The blocks that share an address with ``span``."""
        version, first, last = span
        if version != self.version:
            return range(0)
        low = first - self._first >> self._bits
        high = last - self._first >> self._bits
        return range(max(0, low), min(self.size - 1, high) + 1)

    def covers(self, span: Bounds) -> bool:
        """Whether every address of ``span`` is in the CIDR."""
        version, first, last = span
        return version == self.version and self._first <= first and last <= self._last

    def surrounds(self, span: Bounds) -> bool:
        """Whether every address of ``span`` is in one block."""
        return self.covers(span) and _count(self.numbers(span)) == 1

    def is_block(self, span: Bounds) -> bool:
        """Whether ``span`` is exactly a block."""
        return span[2] - span[1] + 1 == 1 << self._bits and self.surrounds(span)

    def free(self) -> int:
        """How many blocks can be given."""
        return self.size - self.taken.covered

    def hold(self, span: Bounds, group: str) -> None:
        """A Node of ``group`` has ``span``."""
        numbers = self.numbers(span)
        self.owned.add(numbers)
        self._take(numbers)
        if self._neighbours and self.is_block(span):
            self._neighbours.join(numbers.start, group)

    def release(self, span: Bounds, group: str) -> None:
        """Undoes one ``hold``."""
        numbers = self.numbers(span)
        if self._neighbours and self.is_block(span):
            self._neighbours.leave(numbers.start, group)
        self.owned.remove(numbers)
        self._give_back(numbers)

    def rest(self, span: Bounds) -> None:
        """``span`` is not to be given yet."""
        self._take(self.numbers(span))

    def wake(self, span: Bounds) -> None:
        """Undoes one ``rest``."""
        self._give_back(self.numbers(span))

    def doubt(self, span: Bounds) -> None:
        """``span`` is given last; one over the whole CIDR says nothing about any block of it."""
        numbers = self.numbers(span)
        if _count(numbers) < self.size:
            self.doubtful.add(numbers)

    def undoubt(self, span: Bounds) -> None:
        """Undoes one ``doubt``."""
        numbers = self.numbers(span)
        if _count(numbers) < self.size:
            self.doubtful.remove(numbers)

    def find(self, group: str, *, doubted: bool) -> int | None:
        """The block that a Node of ``group`` gets next; None: there is none.

        ``doubted``: where there is no other, one that a disbelieved claim touches will do.
        """
        for numbers in self._stretches(group):
            number = self._first_free(numbers)
            if number is not None:
                return number
        number = self._first_doubted() if doubted and self.doubtful.covered else self.size
        return number if number < self.size else None

    def move_past(self, number: int) -> int:
        """The next search starts behind ``number``, so that a freed block is reused last.

        How many blocks lie between the cursor and ``number``.
        """
        passed_over = (number - self.cursor) % self.size
        self.cursor = (number + 1) % self.size
        return passed_over

    def go_on_from(self, former: "Space") -> None:
        """Keeps the cursor and the figures of the same CIDR under a former plan."""
        self.cursor = former.cursor
        self.owned.lost = former.owned.lost
        self.owned.gained = self.owned.lost + self.owned.covered

    def _stretches(self, group: str) -> Iterator[range]:
        """Where to look, in this order."""
        if self._neighbours:
            yield from self._neighbours.stretches(group, self.cursor, self.size)
        yield range(self.cursor, self.size)
        yield range(self.cursor)

    def _first_free(self, numbers: range) -> int | None:
        number = numbers.start
        while (number := self.taken.free_from(number)) < numbers.stop:
            sound = self.doubtful.free_from(number)
            if sound == number:
                return number
            number = sound
        return None

    def _first_doubted(self) -> int:
        number = self.taken.free_from(self.cursor)
        return number if number < self.size else self.taken.free_from(0)

    def _take(self, numbers: range) -> None:
        self.taken.add(numbers)
        if self._neighbours:
            self._neighbours.take(numbers)

    def _give_back(self, numbers: range) -> None:
        self.taken.remove(numbers)
        if self._neighbours:
            self._neighbours.give_back(numbers)


def _count(numbers: range) -> int:
    """``len`` stops at the machine's word, below the blocks of a wide IPv6 pool."""
    return max(0, numbers.stop - numbers.start)
