"""Which podCIDRs does each Node get? Pure.

Nothing is remembered: what is taken follows from the Nodes and from what the caller holds back,
such as patches in flight and blocks in quarantine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from podroute.model.cidr import Cidr
from podroute.model.node import Node, NodeName, NodeUid, by_age
from podroute.model.pool import CidrPool


@dataclass(frozen=True, slots=True)
class Grant:
    """One block of each pool, in the order of the pools, for the Node with this UID."""

    node: NodeName
    uid: NodeUid
    pod_cidrs: tuple[Cidr, ...]


@dataclass(frozen=True, slots=True)
class Assignments:
    """Who gets what, who has to wait because a pool is full, and where the next search starts."""

    granted: tuple[Grant, ...]
    waiting: tuple[NodeName, ...]
    cursors: tuple[int, ...]


def assign_pod_cidrs(
    nodes: Iterable[Node],
    pools: Sequence[CidrPool],
    *,
    withheld: Iterable[Cidr] = (),
    in_flight: Mapping[NodeUid, tuple[Cidr, ...]] | None = None,
    cursors: Sequence[int] = (),
) -> Assignments:
    """Blocks of all pools for each Node without a podCIDR, or of none; the oldest Node first.

    ``withheld``: ranges out of which nothing is given (service ranges, reserved, quarantine).
    ``in_flight``: blocks that were sent to a Node and not seen to arrive: they are taken, and
    their Node gets no other. ``cursors``: where each pool's search starts, so that a freed block
    is given again as late as possible.
    """
    known = by_age(nodes)
    sent = in_flight or {}
    taken = [*(cidr for node in known for cidr in node.pod_cidrs)]
    taken.extend(cidr for cidrs in sent.values() for cidr in cidrs)
    kept_back = tuple(withheld)
    searches = [
        _Search(pool, taken, kept_back, cursor)
        for pool, cursor in zip(pools, cursors or (0,) * len(pools), strict=True)
    ]
    granted: list[Grant] = []
    waiting: list[NodeName] = []
    for node in known:
        if node.pod_cidrs or node.deleting or node.uid in sent:
            continue
        numbers = [search.peek() for search in searches]
        if None in numbers:
            waiting.append(node.name)
            continue
        granted.append(Grant(node.name, node.uid, tuple(search.take() for search in searches)))
    return Assignments(tuple(granted), tuple(waiting), tuple(search.cursor for search in searches))


class _Search:
    """Goes once around a pool, past what is taken."""

    def __init__(
        self, pool: CidrPool, taken: Iterable[Cidr], withheld: Iterable[Cidr], cursor: int
    ) -> None:
        self._pool = pool
        self._taken = {pool.number_at(cidr) for cidr in taken}
        ranges = (pool.numbers_touched_by(cidr) for cidr in withheld)
        self._withheld = [numbers for numbers in ranges if numbers]
        self._steps_left = pool.size()
        self.cursor = cursor % pool.size()

    def peek(self) -> int | None:
        """The number of the next free block; None: the pool is full."""
        while self._steps_left > 0:
            skip = self._skip()
            if skip == 0:
                return self.cursor
            self._advance(skip)
        return None

    def take(self) -> Cidr:
        """The free block that ``peek`` found."""
        block = self._pool.block(self.cursor)
        self._advance(1)
        return block

    def _advance(self, steps: int) -> None:
        self._steps_left -= steps
        self.cursor = (self.cursor + steps) % self._pool.size()

    def _skip(self) -> int:
        """How many blocks from the cursor on are not to be had."""
        for numbers in self._withheld:
            if self.cursor in numbers:
                return numbers.stop - self.cursor
        return 1 if self.cursor in self._taken else 0
