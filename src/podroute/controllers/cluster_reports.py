"""What is told of Nodes, leaders and conditions, once for all routers."""

from collections.abc import Callable, Iterator
from typing import Final

from podroute.controllers.notices import FOUND, LOST, Notice
from podroute.controllers.readability import Readability
from podroute.controllers.recorder import Recorder
from podroute.controllers.telling import Telling
from podroute.kube.patch_answers import Applied, PatchAnswer
from podroute.model.node import Node, NodeName, Roster, Unreadable
from podroute.routing.conditions import ConditionWrite

INVALID: Final = "InvalidNode"
UNWRITTEN: Final = "condition not written"


class ClusterReports:
    """``written`` counts the answers to writes of conditions."""

    def __init__(
        self, telling: Telling, recorder: Recorder, written: Callable[[str], object]
    ) -> None:
        self._telling = telling
        self._log = telling.log
        self._recorder = recorder
        self._written = written
        self._readability = Readability()
        self._lost = ""  # why the API server is not followed, as in the timeline last
        self._unwritten: dict[NodeName, str] = {}  # why, whichever Node it is about

    def listed(self, roster: Roster, *, rewound: bool) -> None:
        """All Nodes are known."""
        if rewound:
            self._log.warning("the cluster has gone back in time, as after a restored backup")
        if self._lost:
            self._lost = ""
            self._telling.happened("node", FOUND)
        for name in self._unwritten.keys() - {one.name for one in roster.everybody()}:
            del self._unwritten[name]
        self._log.info("listed for routes", nodes=len(roster.nodes) + len(roster.unreadable))
        self._telling.say(self._readability_of(roster))

    def _readability_of(self, roster: Roster) -> Iterator[Notice]:
        for node, notice in self._readability.listed(roster):
            self._record(node)
            yield notice

    def seen(self, node: Node | Unreadable) -> None:
        """One Node is known; why it cannot be read is told once, and that it can be again."""
        notice = self._readability.seen(node)
        if notice is not None:
            self._record(node)
            self._telling.say([notice])

    def gone(self, node: Node | Unreadable) -> None:
        """One Node is no more."""
        self._readability.gone(node.name)
        self._unwritten.pop(NodeName(node.name), None)

    def _record(self, node: Node | Unreadable) -> None:
        if isinstance(node, Unreadable):
            words = f"it cannot be read: {node.reason}; its routes stay as they are"
            self._recorder.record(NodeName(node.name), node.uid, "Warning", INVALID, words)

    def led(self, identity: str, *, leads: bool) -> None:
        """It is this process that ``leads``, or not any more."""
        words = f"{identity} leads" if leads else f"{identity} leads no more"
        self._telling.happened("leader", words)

    def lost(self, reason: str) -> None:
        """The API server is not followed for the moment; all routes stay."""
        self._log.warning(LOST, why=reason)
        if self._lost != reason:
            self._lost = reason
            self._telling.happened("node", f"{LOST}: {reason}")

    def wrote(self, write: ConditionWrite, answer: PatchAnswer) -> None:
        """A Node's condition is written, or is not: why is told once, of however many Nodes."""
        self._written(type(answer).__name__.lower())
        if isinstance(answer, Applied):
            self._unwritten.pop(write.node, None)
            self._log.debug("condition", node=write.node, status=write.condition.status)
            return
        why = _of_any(write.node, answer.reason)
        if why in self._unwritten.values():
            self._log.debug(UNWRITTEN, node=write.node, why=answer.reason)
        else:
            self._telling.say([Notice("node", UNWRITTEN, "", write.node, answer.reason)])
        self._unwritten[write.node] = why


def _of_any(node: NodeName, reason: str) -> str:
    """The same whichever Node it is about: the API server names it."""
    words = reason.split()
    return " ".join("NODE" if word.strip("\"'.,:;()") == node else word for word in words)
