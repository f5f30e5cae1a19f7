"""What do several routers say together of a Node's routes? Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from podroute.model.condition import NetworkCondition
from podroute.model.node import Node, NodeName, NodeUid
from podroute.routing.conditions import (
    AVAILABLE,
    LONGEST,
    Conditions,
    cause_of,
    failed_by,
    shortened,
)

ONE = ("",)  # where there is one router it has no name


def agreed(verdicts: Mapping[str, NetworkCondition | None], needed: int) -> NetworkCondition | None:
    """One condition from that of each router; None: it is not known at present.

    The Node is available where ``needed`` routers have its routes, and unavailable where so many
    cannot have them. What a router that was not read yet, or is being changed, has is not known.
    """
    if len(verdicts) == 1:
        return next(iter(verdicts.values()))
    lacking = {router: one for router, one in verdicts.items() if one and one.status == "True"}
    having = sum(one is not None for one in verdicts.values()) - len(lacking)
    if having >= needed:
        if not lacking:
            return AVAILABLE
        return replace(AVAILABLE, message=f"{AVAILABLE.message}, but not at {', '.join(lacking)}")
    if len(verdicts) - len(lacking) >= needed:
        return None
    room = LONGEST // len(lacking) - len("…; ")
    causes = (f"at {router}: {cause_of(one)}" for router, one in lacking.items())
    return failed_by("; ".join(shortened(cause, room) for cause in causes))


@dataclass(frozen=True, slots=True)
class _Said:
    """Of the Node with this UID."""

    uid: NodeUid
    verdicts: Mapping[str, NetworkCondition | None]


class Agreement:
    """The one condition of each Node, by what each of ``routers`` says of it."""

    def __init__(
        self, conditions: Conditions, routers: Sequence[str] = ONE, needed: int = 1
    ) -> None:
        self.conditions = conditions
        self._nobody = dict[str, NetworkCondition | None].fromkeys(routers)
        self._needed = needed
        self._said: dict[NodeName, _Said] = {}

    def say(self, router: str, node: Node, verdict: NetworkCondition | None) -> None:
        """What ``router`` has of the Node's routes; None: that is not known at present."""
        if len(self._nobody) == 1:
            self.conditions.wish(node, verdict)
            return
        known = self._said.get(node.name)
        before = known.verdicts if known and known.uid == node.uid else self._nobody
        self._said[node.name] = said = _Said(node.uid, {**before, router: verdict})
        self.conditions.wish(node, agreed(said.verdicts, self._needed))

    def gone(self, name: NodeName) -> None:
        """There is no such Node any more."""
        self._said.pop(name, None)
        self.conditions.gone(name)
