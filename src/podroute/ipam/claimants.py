"""Who claims which addresses, for the question who else does. Pure."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from podroute.ipam.audit import Claim, place
from podroute.model.cidr import Bounds
from podroute.model.node import NodeName, NodeUid

_Entry: TypeAlias = tuple[int, int, int, NodeName, NodeUid, Claim]


class Claimants:
    """All claims by address, the wider first; CIDRs are nested or apart, never half of each."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._sizes: Counter[tuple[int, int]] = Counter()  # version, addresses

    def __iter__(self) -> Iterator[Claim]:
        return (entry[-1] for entry in self._entries)

    def add(self, claim: Claim) -> None:
        """One podCIDR of one Node."""
        entry = _entry(claim)
        insort(self._entries, entry)
        self._sizes[_size(entry)] += 1

    def remove(self, claim: Claim) -> None:
        """Undoes one ``add``."""
        entry = _entry(claim)
        del self._entries[bisect_left(self._entries, entry)]
        self._sizes[_size(entry)] -= 1
        self._sizes += Counter()

    def meeting(self, span: Bounds, but: NodeUid) -> Claim | None:
        """A claim of any Node ``but`` this one on an address of ``span``.

        The widest around it; where there is none, the first inside.
        """
        version, first, last = span
        for kind, size in sorted(self._sizes, reverse=True):
            if kind == version and size > last - first:
                start = first & -size
                found = self._within(version, start, start + size - 1, but, size)
                if found:
                    return found
        return self._within(version, first, last, but)

    def _within(
        self, version: int, first: int, last: int, but: NodeUid, size: int = 0
    ) -> Claim | None:
        """The first claim inside this range, of this very size where one is given."""
        place = bisect_left(self._entries, (version, first, -last))
        for number in range(place, len(self._entries)):
            entry = self._entries[number]
            if entry[:2] > (version, last) or (size and entry[:3] != (version, first, -last)):
                break
            if entry[4] != but:
                return entry[-1]
        return None


def _entry(claim: Claim) -> _Entry:
    return (*place(claim), claim)


def _size(entry: _Entry) -> tuple[int, int]:
    return entry[0], 1 - entry[2] - entry[1]
