"""Who claims which addresses, for the question who else does. Pure."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from podroute.ipam.audit import Claim, place
from podroute.model.cidr import Bounds, bounds
from podroute.model.node import NodeName, NodeUid

_Entry: TypeAlias = tuple[int, int, int, NodeName, NodeUid, Claim]


class Claimants:
    """All claims by address, the wider first; CIDRs are nested or apart, never half of each."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._by_node: defaultdict[NodeUid, list[_Entry]] = defaultdict(list)
        self._starts: dict[tuple[int, int], Counter[int]] = {}  # by version and size, narrow first

    def __iter__(self) -> Iterator[Claim]:
        return (entry[-1] for entry in self._entries)

    def add(self, claim: Claim) -> None:
        """One podCIDR of one Node."""
        entry = _entry(claim)
        insort(self._entries, entry)
        insort(self._by_node[claim.uid], entry)
        size = _size(entry)
        if size not in self._starts:
            self._starts = dict(sorted([*self._starts.items(), (size, Counter[int]())]))
        self._starts[size][entry[1]] += 1

    def remove(self, claim: Claim) -> None:
        """Undoes one ``add``."""
        entry, own = _entry(claim), self._by_node[claim.uid]
        del self._entries[bisect_left(self._entries, entry)]
        del own[bisect_left(own, entry)]
        if not own:
            del self._by_node[claim.uid]
        starts = self._starts[_size(entry)]
        starts[entry[1]] -= 1
        if not starts[entry[1]]:
            del starts[entry[1]]
        if not starts:
            del self._starts[_size(entry)]

    def equals(self, claim: Claim) -> tuple[Claim | None, Claim | None]:
        """Those of the same CIDR: the one before it and the one after it, by name."""
        entry = _entry(claim)
        number = bisect_left(self._entries, entry)
        before = self._entries[number - 1] if number else None
        after = self._entries[number + 1] if number + 1 < len(self._entries) else None
        return _if_equal(before, entry), _if_equal(after, entry)

    def around(self, claim: Claim) -> Claim | None:
        """The narrowest one of another Node that has all its addresses and more."""
        version, first, last = bounds(claim.cidr)
        for (kind, size), starts in self._starts.items():
            if kind == version and size > last - first + 1 and (start := first & -size) in starts:
                number = bisect_left(self._entries, (version, start, 1 - start - size))
                one = self._entries[number][-1]
                if one.uid != claim.uid:
                    return one
                if starts[start] > 1:
                    return self._entries[number + 1][-1]
        return None

    def inside(self, claim: Claim) -> Iterator[Claim]:
        """Those of other Nodes on a part of its addresses."""
        within = _slice(self._entries, bounds(claim.cidr), 1)
        return (
            entry[-1] for entry in map(self._entries.__getitem__, within) if entry[4] != claim.uid
        )

    def count_inside(self, claim: Claim) -> int:
        """How many ``inside`` has."""
        span = bounds(claim.cidr)
        own = self._by_node[claim.uid]
        return len(_slice(self._entries, span, 1)) - len(_slice(own, span, 1))

    def is_shared(self, claim: Claim) -> bool:
        """Whether another Node claims all its addresses and no more, or a part of them."""
        span = bounds(claim.cidr)
        own = self._by_node.get(claim.uid, [])
        return len(_slice(self._entries, span)) > len(_slice(own, span))


def _entry(claim: Claim) -> _Entry:
    return (*place(claim), claim)


def _if_equal(one: _Entry | None, other: _Entry) -> Claim | None:
    return one[-1] if one and one[:3] == other[:3] else None


def _size(entry: _Entry) -> tuple[int, int]:
    return entry[0], 1 - entry[2] - entry[1]


def _slice(entries: list[_Entry], span: Bounds, narrower: int = 0) -> range:
    """The numbers of those on addresses of ``span``, with none around it; 1: nor its equals."""
    version, first, last = span
    start = bisect_left(entries, (version, first, narrower - last))
    return range(start, bisect_left(entries, (version, last + 1)))
