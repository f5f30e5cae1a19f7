"""The Nodes are followed once, for the loops of all routers."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import assert_never

from podroute.controllers.condition_loop import ConditionLoop
from podroute.controllers.routes import RouteLoop, Tools
from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed


class NodeWatch:
    """What it hears is told to each loop before the next is heard."""

    def __init__(self, tools: Tools, loops: Sequence[RouteLoop], conditions: ConditionLoop) -> None:
        self.heard: float | None = None  # when the API server has told something
        self._tools = tools
        self._loops = loops
        self._conditions = conditions

    async def run(self) -> None:
        """Until it is cancelled."""
        async with aclosing(self._tools.api.follow()) as stream:
            async for events in stream:
                for event in events:
                    self._take_in(event)
                for loop in self._loops:
                    loop.noted()
                self._conditions.noted()

    def _take_in(self, event: NodeEvent) -> None:
        reports = self._tools.reports
        match event:
            case Relisted(roster=roster, rewound=rewound):
                reports.listed(roster, rewound=rewound)
            case Changed(node=node):
                reports.seen(node)
            case Removed(node=node):
                reports.gone(node)
            case Alive():
                self.heard = self._tools.clock()
                return
            case Lost(reason=reason):
                reports.lost(reason)
                return
            case _:
                assert_never(event)
        self.heard = self._tools.clock()
        for loop in self._loops:
            loop.take_in(event)
