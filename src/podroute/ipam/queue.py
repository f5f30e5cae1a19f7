"""Which Node is served next? Pure."""

from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from podroute.ipam.facts import Waiting
from podroute.model.node import Node, NodeName, NodeUid

_Place: TypeAlias = tuple[str, NodeUid, NodeName]

_SMALL: Final = 64  # places; so many are not worth clearing up


class Queue:
    """Nodes that want a podCIDR, the oldest first; those without room wait apart.

    A dropped place stays in the heap until it is met, or until most of the heap is such.
    """

    def __init__(self) -> None:
        self._heap: list[_Place] = []
        self._places: dict[NodeUid, _Place] = {}
        self._waiting: dict[NodeUid, Waiting] = {}

    def push(self, uid: NodeUid, node: Node) -> None:
        """One more, unless it is there already."""
        if uid not in self._places:
            self._places[uid] = (node.created or "~", uid, node.name)
            heappush(self._heap, self._places[uid])
            self._clear_up()

    def drop(self, uid: NodeUid) -> None:
        """It wants nothing any more."""
        self._places.pop(uid, None)
        self._waiting.pop(uid, None)

    def pop(self) -> NodeUid | None:
        """The next to be served; it stays in the queue until it is dropped."""
        while self._heap:
            place = heappop(self._heap)
            if self._places.get(place[1]) == place:
                return place[1]
        return None

    def wait(self, waiting: Waiting) -> None:
        """No room for the one that was popped, until ``retry``."""
        self._waiting[waiting.uid] = waiting

    def retry(self) -> None:
        """There may be room again."""
        for uid in self._waiting:
            heappush(self._heap, self._places[uid])
        self._waiting.clear()

    def waiting(self) -> tuple[Waiting, ...]:
        """Those for whom there is no room."""
        return tuple(self._waiting.values())

    def _clear_up(self) -> None:
        alive = len(self._places) - len(self._waiting)
        if len(self._heap) > max(_SMALL, 2 * alive):
            self._heap = [one for uid, one in self._places.items() if uid not in self._waiting]
            heapify(self._heap)
