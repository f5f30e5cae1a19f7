"""What one process has been shown: the checker's own copy, made where it is shown."""

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import assert_never

from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed
from podroute.model.node import Roster
from podroute.model.route import InstalledRoute, RouteTable
from podroute.routing.observed import Someone

Nodes = Mapping[str, Someone]


class Seen:
    """Nodes and tables, now and as they were before this very moment.

    What is shown at the moment at which something is sent may have come a step too late for it.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, Someone] = {}
        self.listed = -inf
        self.tables: list[tuple[InstalledRoute, ...]] = []  # the last one, and those before
        self._earlier: dict[str, Someone | None] = {}
        self._moment = -inf
        self._read = -inf

    def note(self, events: Iterable[NodeEvent], now: float) -> None:
        """They are shown now."""
        for event in events:
            match event:
                case Relisted(roster=roster):
                    self._list(roster, now)
                case Changed(node=node):
                    self._put(node.name, node, now)
                case Removed(node=node):
                    self._remove(node, now)
                case Alive() | Lost():
                    pass
                case _:
                    assert_never(event)

    def read(self, table: RouteTable, now: float) -> None:
        """The router's table is shown now."""
        keep = 3 if now == self._read else 1
        self._read = now
        self.tables = [table.routes, *self.tables[:keep]]

    def views(self, now: float) -> Iterator[Nodes]:
        """Now, and before this moment."""
        yield self.nodes
        if now == self._moment:
            before: dict[str, Someone] = {**self.nodes}
            for name, one in self._earlier.items():
                before.pop(name, None)
                if one is not None:
                    before[name] = one
            yield before

    def shown(self, route: InstalledRoute) -> bool:
        """Whether the last reads have shown exactly this."""
        return any(route in table for table in self.tables)

    def _list(self, roster: Roster, now: float) -> None:
        self.listed = now
        everybody = {one.name: one for one in roster.everybody()}
        for name in self.nodes.keys() - everybody.keys():
            self._put(name, None, now)
        for name, one in everybody.items():
            self._put(name, one, now)

    def _remove(self, node: Someone, now: float) -> None:
        """Another one of that name stays."""
        present = self.nodes.get(node.name)
        if present is not None and present.uid == node.uid:
            self._put(node.name, None, now)

    def _put(self, name: str, node: Someone | None, now: float) -> None:
        if now != self._moment:
            self._earlier.clear()
            self._moment = now
        self._earlier.setdefault(name, self.nodes.get(name))
        if node is None:
            self.nodes.pop(name, None)
        else:
            self.nodes[name] = node
