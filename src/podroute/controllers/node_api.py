"""What node IPAM needs of an API server; none of it is HTTP."""

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Protocol

from podroute.ipam.facts import Grant
from podroute.kube.node_events import NodeEvent
from podroute.kube.patch_answers import PatchAnswer


class NodeApi(Protocol):
    """Nodes to be read for ever, and podCIDRs to be written."""

    def follow(self, label_keys: Collection[str]) -> AsyncGenerator[Sequence[NodeEvent]]:
        """A consistent list first, then what changes; of the labels, those that are named."""
        ...

    async def turn(self) -> None:
        """Returns when the rate limit lets one more patch go."""
        ...

    async def assign(self, grant: Grant, within: float) -> PatchAnswer:
        """One patch of the Node with the grant's UID; nothing is sent after so many seconds."""
        ...
