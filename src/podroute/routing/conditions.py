"""What is to be written into the Nodes' condition NetworkUnavailable, and what was? Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import inf
from typing import Final, Literal, TypeAlias

from podroute.model.condition import CREATED, NOT_CREATED, NetworkCondition
from podroute.model.node import Node, NodeName, NodeUid
from podroute.routing.states import RouteState

Whose: TypeAlias = Literal["own", "any", "none"]
"""Which conditions are written: those without another's reason, any, or none."""

AVAILABLE: Final = NetworkCondition("False", CREATED, "RouteController created a route")
FAILED: Final = "RouteController failed to create a route"
OURS: Final = frozenset((CREATED, NOT_CREATED, ""))  # reasons
LONGEST: Final = 500  # characters of a cause


@dataclass(frozen=True, slots=True)
class ConditionWrite:
    """One patch of the status of the Node with this UID."""

    node: NodeName
    uid: NodeUid
    condition: NetworkCondition
    turns: bool  # its status is another than before


def condition_of(
    node: Node, own: Sequence[RouteState], troubled: Sequence[RouteState]
) -> NetworkCondition | None:
    """What is true of the Node by its ``own`` lines; None: that is not known at present.

    ``troubled`` are those of them that could not be mended. While one is tried for the first time,
    or is made again after somebody has removed it, nothing is said. A podCIDR of an IP
    version that is not routed here is missed only where the Node has no other. What the router
    itself warns of is no route.
    """
    if not node.pod_cidrs:
        return None
    unrouted = [one for one in own if one.state == "Unknown"]
    routed = set(node.pod_cidrs).difference(one.destination for one in unrouted)
    own = [one for one in own if one.destination in routed and one.state != "Foreign"]
    in_sync = {one.destination for one in own if one.state == "InSync"}
    if len(in_sync) == len(own) and in_sync == routed and routed:
        return AVAILABLE
    warned = [one for one in own if one.warned]
    faulty = [one for one in own if one.state == "Blocked" and one.owner != "ours"]
    if not routed:
        faulty = unrouted
    told = dict.fromkeys((*faulty, *warned, *troubled))
    if not told:
        return None
    return failed_by("; ".join(map(_cause, told)))


def _cause(line: RouteState) -> str:
    remedy = f": {line.remedy}" if line.remedy else ""
    return f"{line.destination}: {line.reason}{remedy}"


def failed_by(cause: str) -> NetworkCondition:
    """That of a Node without its routes, for this cause."""
    return NetworkCondition("True", NOT_CREATED, f"{FAILED}: {shortened(cause, LONGEST)}")


def shortened(cause: str, longest: int) -> str:
    """So many of its characters, and a sign where there are more."""
    return cause if len(cause) <= longest else f"{cause[:longest]}…"


def cause_of(condition: NetworkCondition) -> str:
    """The cause in it."""
    return condition.message.removeprefix(f"{FAILED}: ")


@dataclass(frozen=True, slots=True)
class _Record:
    """What is known of one Node's condition."""

    uid: NodeUid
    shown: NetworkCondition | None  # by the API server
    wish: NetworkCondition | None = None  # None: nothing is to be said
    written: NetworkCondition | None = None  # by us, and not shown yet
    said: NetworkCondition | None = None  # by us, last
    again: int = 0  # times in a row that it was said, because somebody else has changed it
    tries: int = 0
    rests_until: float = -inf


class Conditions:
    """Those of all Nodes; ``first`` and ``longest`` are the pauses after a failure, in seconds."""

    def __init__(self, whose: Whose, *, first: float = 0.5, longest: float = 60.0) -> None:
        self._whose = whose
        self._first, self._longest = first, longest
        self._records: dict[NodeName, _Record] = {}
        self._due: dict[NodeName, NetworkCondition] = {}  # in this order
        self._resting: dict[NodeName, NetworkCondition] = {}
        self._under_way: set[NodeName] = set()

    def wish(self, node: Node, condition: NetworkCondition | None) -> None:
        """What its routes say; None: nothing is written until they say something again."""
        self._keep(node.name, replace(self._record(node), wish=condition))

    def shown(self, node: Node) -> None:
        """The Node as the API server shows it now."""
        known = self._records.get(node.name)
        if known is not None and (known.shown, known.uid) != (node.network, node.uid):
            self._keep(node.name, self._record(node))

    def listed(self, node: Node) -> None:
        """The same by a list; what was written and is not in it is written again.

        It may have been undone before, or lost with a restored backup: then no watch tells so.
        """
        self.shown(node)
        known = self._records.get(node.name)
        if known is not None and known.written:
            self._keep(node.name, replace(known, written=None))

    def gone(self, name: NodeName) -> None:
        """There is no such Node any more."""
        self._records.pop(name, None)
        self._due.pop(name, None)
        self._resting.pop(name, None)

    def take(self, count: int, now: float) -> Sequence[ConditionWrite]:
        """Up to ``count`` that are to be written now; each is answered for."""
        for name in [one for one in self._resting if self._records[one].rests_until <= now]:
            self._due[name] = self._resting.pop(name)
        return [self._begin(name, self._due.pop(name)) for name in [*islice(self._due, count)]]

    def is_wished(self, write: ConditionWrite) -> bool:
        """Whether it is still so, and ours to say, where it had to wait before it was sent."""
        record = self._records.get(write.node)
        if record is None or not self._is_ours(record.shown):
            return False
        return (record.uid, record.wish) == (write.uid, write.condition)

    def answered(self, write: ConditionWrite, *, done: bool, until: float, now: float) -> None:
        """``done``: it is so. Else nothing is tried before ``until``; the pause grows."""
        self._under_way.discard(write.node)
        record = self._records.get(write.node)
        if record is None:
            return
        if record.uid != write.uid:
            self._keep(write.node, record)
            return
        if done:
            self._keep(write.node, self._said(record, write.condition, now))
            return
        pause = min(self._longest, self._first * (1 << min(record.tries, 16)))
        rests_until = max(until, now + pause)
        record = replace(record, written=None, tries=record.tries + 1, rests_until=rests_until)
        self._records[write.node] = record
        wanted = self._wanted(record)
        if wanted is not None:
            self._resting[write.node] = wanted

    def _said(self, record: _Record, condition: NetworkCondition, now: float) -> _Record:
        """Who has to say the same again and again does so more and more seldom."""
        once = condition != record.said or now - record.rests_until > self._longest
        again = 0 if once else record.again + 1
        pause = min(self._longest, self._first * (1 << min(again, 16))) if again else 0.0
        said = replace(record, said=condition, again=again, tries=0)
        return replace(said, rests_until=now + pause)

    def next_moment(self) -> float:
        """When ``take`` has something again; 0 for now."""
        if self._due:
            return 0.0
        return min((self._records[one].rests_until for one in self._resting), default=inf)

    def _record(self, node: Node) -> _Record:
        known = self._records.get(node.name)
        if known is None or known.uid != node.uid:
            return _Record(node.uid, node.network)
        if known.shown == node.network:
            return known
        return replace(known, shown=node.network, written=None)

    def _keep(self, name: NodeName, record: _Record) -> None:
        self._records[name] = record
        wanted = self._wanted(record)
        if wanted is None:
            self._due.pop(name, None)
            self._resting.pop(name, None)
        elif name in self._resting:
            self._resting[name] = wanted
        elif name not in self._under_way:
            repeated = record.again and wanted == record.said
            (self._resting if repeated else self._due)[name] = wanted

    def _begin(self, name: NodeName, wish: NetworkCondition) -> ConditionWrite:
        record = self._records[name]
        self._records[name] = replace(record, written=wish)
        self._under_way.add(name)
        turns = record.shown is None or record.shown.status != wish.status
        return ConditionWrite(name, record.uid, wish, turns)

    def _wanted(self, record: _Record) -> NetworkCondition | None:
        """What is to be written, if anything is."""
        present = record.written or record.shown
        return record.wish if record.wish != present and self._is_ours(record.shown) else None

    def _is_ours(self, shown: NetworkCondition | None) -> bool:
        if self._whose == "own":
            return shown is None or shown.reason in OURS
        return self._whose == "any"
