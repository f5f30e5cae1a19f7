"""What happens to a cluster in the course of a minute, or sooner, each thing at its moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from podroute.kube.node_events import Changed, NodeEvent, Removed
from podroute.model.node import Node
from tests.unit.played_router import Api

MINUTE = 60.0  # seconds


@dataclass(frozen=True)
class Story:
    """Who is there first, what happens, and who is there in the end."""

    first: Sequence[Node]
    events: Sequence[NodeEvent]
    last: Sequence[Node]

    def happen(self, api: Api, within: float = MINUTE) -> None:
        """All of it within so many seconds from now, evenly spread."""
        loop = asyncio.get_running_loop()
        for number, event in enumerate(self.events, 1):
            moment = within * number / (len(self.events) + 1)
            loop.call_later(moment, api.news.put_nowait, event)


def coming_and_going(nodes: Sequence[Node], moved: Node) -> Story:
    """Of 22 Nodes ten come later, two leave, and the first moves."""
    first, come = nodes[:12], list(map(Changed, nodes[12:]))
    events: list[NodeEvent] = [*come[:4], Removed(first[1]), *come[4:7], Changed(moved)]
    events += [Removed(first[2]), *come[7:]]
    return Story(first, events, (moved, *first[3:], *nodes[12:]))
