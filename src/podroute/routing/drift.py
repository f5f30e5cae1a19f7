"""Which routes were as wished, until somebody else touched them? Pure."""

from collections.abc import Collection, Iterable, Iterator

from podroute.model.cidr import Bounds, bounds
from podroute.routing.facts import Strayed
from podroute.routing.lines import ASTRAY
from podroute.routing.states import RouteState


class Drift:
    """Between two looks."""

    def __init__(self) -> None:
        self._in_sync: set[Bounds] = set()
        self._stirred: set[Bounds] = set()

    def stir(self, blocks: Iterable[Bounds]) -> None:
        """A read shows others than before there, and no change of ours was under way."""
        self._stirred.update(blocks)

    def strayed(self, lines: Iterable[RouteState]) -> Iterator[Strayed]:
        """What was in sync, was stirred, and is astray."""
        for line in lines:
            if line.destination and line.state in ASTRAY:
                block = bounds(line.destination)
                if block in self._stirred and block in self._in_sync:
                    yield Strayed(line)

    def note(self, blocks: Collection[Bounds], lines: Iterable[RouteState]) -> None:
        """How they stand now."""
        self._in_sync.difference_update(blocks)
        self._stirred.difference_update(blocks)
        right = (one.destination for one in lines if one.state == "InSync")
        self._in_sync.update(bounds(one) for one in right if one)
