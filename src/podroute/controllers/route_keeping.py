"""One term of all routers: a loop for each, one watch of the Nodes, one condition for each Node."""

import asyncio
from collections.abc import Sequence
from typing import Final

from podroute.controllers.condition_loop import ConditionLoop
from podroute.controllers.election import Term
from podroute.controllers.node_watch import NodeWatch
from podroute.controllers.routes import RouteLoop, Target, Tools
from podroute.routing.conditions import Conditions


class RouteKeeping:
    """No loop waits for another: a router that is down or slow holds up its own routes only."""

    def __init__(
        self, tools: Tools, term: Term, conditions: Conditions, targets: Sequence[Target]
    ) -> None:
        self._conditions = ConditionLoop(tools, conditions, term)
        self.loops: Final = [RouteLoop(tools, one, term, self._conditions.noted) for one in targets]
        self.watch: Final = NodeWatch(tools, self.loops, self._conditions)

    async def run(self) -> None:
        """Keeps the routes until it is cancelled, or until ``stop``."""
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self.watch.run())
            working = [tasks.create_task(one.run()) for one in self.loops]
            working.append(tasks.create_task(self._conditions.run()))
            for task in working:
                await task
            watching.cancel()

    def stop(self) -> None:
        """Nothing new is sent; ``run`` ends when what was sent is answered."""
        for one in self.loops:
            one.stop()
        self._conditions.stop()

    def confirm(self, word: str) -> None:
        """A person lets pass what is held back under this name."""
        for one in self.loops:
            one.confirm(word)
