"""What an API server tells of this worker's Node, and of the others."""

from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Final, assert_never

from podroute.agent.nodes import Known, known_of
from podroute.kube.connection import Connection
from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed
from podroute.kube.nodes import parse_node
from podroute.kube.watching import follow_node, follow_nodes
from podroute.model.node import Node, Roster, Unreadable

_PARSE: Final = partial(parse_node, addresses=True)


class Followed:
    """The Nodes of a cluster, or this worker's alone."""

    def __init__(self, connection: Connection, name: str, *, everybody: bool) -> None:
        self._connection = connection
        self._name = name
        self._everybody = everybody
        self._nodes: dict[str, Node | Unreadable] | None = None

    async def run(self, changed: Callable[[], object], told: Callable[[str], object]) -> None:
        if self._everybody:
            news = follow_nodes(self._connection, parse=_PARSE)
        else:
            news = follow_node(self._connection, self._name, parse=_PARSE)
        async with aclosing(news) as stream:
            async for events in stream:
                if sum(self._take_in(event, told) for event in events):
                    changed()

    def known(self) -> Known | None:
        if self._nodes is None:
            return None
        return known_of(self._name, Roster.of(tuple(self._nodes.values())))

    def _take_in(self, event: NodeEvent, told: Callable[[str], object]) -> bool:
        """Whether it is news: a kubelet writes its Node every few seconds."""
        before = self._nodes
        match event:
            case Relisted(roster=roster):
                self._nodes = {node.name: node for node in roster.everybody()}
                return self._nodes != before
            case Changed(node=node):
                self._nodes = before or {}
                known = self._nodes.get(node.name)
                self._nodes[node.name] = node
                return node != known
            case Removed(node=node):
                return (before or {}).pop(node.name, None) is not None
            case Alive():
                return False
            case Lost(reason=reason):
                told(reason)
                return False
            case _:
                assert_never(event)
