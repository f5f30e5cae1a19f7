"""What the route loop needs of an API server; none of it is HTTP."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from podroute.kube.node_events import NodeEvent
from podroute.kube.patch_answers import PatchAnswer
from podroute.routing.conditions import ConditionWrite


class RouteApi(Protocol):
    """Nodes to be read for ever, and a condition to be written."""

    def follow(self) -> AsyncGenerator[Sequence[NodeEvent]]:
        """A consistent list first, then what changes; with InternalIPs and the condition."""
        ...

    async def turn(self) -> None:
        """Returns when the rate limit lets one more patch go."""
        ...

    async def write(self, write: ConditionWrite, within: float) -> PatchAnswer:
        """One patch of the Node with this UID; nothing is sent after so many seconds."""
        ...
