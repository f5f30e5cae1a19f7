"""Sets of addresses as sorted number ranges, for questions asked many thousand times. Pure."""

from bisect import bisect_right
from collections.abc import Iterable

from podroute.model.cidr import Bounds, Cidr, bounds


class SpanSet:
    """The addresses of some CIDRs; an answer costs one binary search."""

    def __init__(self, cidrs: Iterable[Cidr]) -> None:
        self._starts: dict[int, list[int]] = {4: [], 6: []}
        self._ends: dict[int, list[int]] = {4: [], 6: []}
        for version, first, last in sorted(map(bounds, cidrs)):
            ends = self._ends[version]
            if ends and first <= ends[-1]:
                ends[-1] = max(ends[-1], last)
            else:
                self._starts[version].append(first)
                ends.append(last)

    def covers(self, span: Bounds) -> bool:
        """Whether every address of ``span`` is in one range of the set."""
        version, first, last = span
        place = bisect_right(self._starts[version], first)
        return place > 0 and last <= self._ends[version][place - 1]

    def touches(self, span: Bounds) -> bool:
        """Whether any address of ``span`` is in the set."""
        version, first, last = span
        place = bisect_right(self._starts[version], last)
        return place > 0 and first <= self._ends[version][place - 1]
