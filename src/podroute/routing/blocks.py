"""Which of many blocks overlap with one? Pure."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterator
from typing import Final

from podroute.model.cidr import Bounds

_MANY: Final = 64  # new ones that are cheaper to sort in together


class Blocks:
    """A set of blocks; of two that overlap, one is inside the other."""

    def __init__(self) -> None:
        self._members: set[Bounds] = set()
        self._sizes: Counter[tuple[int, int]] = Counter()  # of members, by version
        self._ordered: list[Bounds] = []
        self._new: list[Bounds] = []  # not yet in order

    def __contains__(self, block: Bounds) -> bool:
        return block in self._members

    def put(self, block: Bounds, *, present: bool) -> None:
        """It is a member from now on, or is none."""
        if present == (block in self._members):
            return
        version, first, last = block
        if present:
            self._members.add(block)
            self._new.append(block)
            self._sizes[version, last - first] += 1
            return
        self._order()
        self._members.discard(block)
        self._sizes[version, last - first] -= 1
        del self._ordered[bisect_left(self._ordered, block)]

    def inside(self, block: Bounds) -> Iterator[Bounds]:
        """Members within it, itself included."""
        self._order()
        version, first, last = block
        place = bisect_left(self._ordered, (version, first, first))
        end = bisect_right(self._ordered, (version, last, last))
        for member in self._ordered[place:end]:
            if member[2] <= last:
                yield member

    def around(self, block: Bounds) -> Iterator[Bounds]:
        """Members that it is within, but for itself."""
        version, first, last = block
        for (kind, size), count in self._sizes.items():
            if count and kind == version and size > last - first:
                start = first & ~size
                member = (version, start, start + size)
                if member in self._members:
                    yield member

    def _order(self) -> None:
        if len(self._new) > _MANY:
            self._ordered.extend(self._new)
            self._ordered.sort()
        else:
            for block in self._new:
                insort(self._ordered, block)
        self._new.clear()
