"""Why is a destination to be changed, since when, and whom does it concern? Pure."""

from podroute.model.cidr import Bounds, bounds
from podroute.model.node import NodeName, NodeUid
from podroute.routing.facts import Disproven, Proven, Stopped
from podroute.routing.observed import Observed
from podroute.routing.outcome import Failed
from podroute.routing.steps import Blocked, Change, destination_of, node_of


class Causes:
    """Moments are seconds of the ledger's clock; Nodes are those of ``observed``."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._since: dict[Bounds, float] = {}  # when the cause of a change was seen

    def seen(self, block: Bounds, now: float) -> None:
        """There is a cause to look there; the first one counts."""
        self._since.setdefault(block, now)

    def settled(self, block: Bounds) -> None:
        """There is none any more."""
        self._since.pop(block, None)

    def proven(self, change: Change, now: float) -> Proven:
        """A read shows it ``now``."""
        seconds = now - self._since.pop(bounds(destination_of(change)), now)
        return Proven(change, seconds, self._uid(node_of(change)))

    def disproven(self, failed: Failed, *, again: bool) -> Disproven:
        """It has failed, ``again`` for the same reason."""
        return Disproven(failed, again=again, uid=self._uid(node_of(failed.step)))

    def stopped(self, step: Blocked) -> Stopped:
        """It is not carried out."""
        return Stopped(step, self._uid(step.node), self._uid(NodeName(step.holder)))

    def _uid(self, name: NodeName | None) -> NodeUid:
        node = None if name is None else self._observed.node(name)
        return node.uid if node else NodeUid("")
