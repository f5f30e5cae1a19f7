"""Grants that were sent and not seen to arrive: their blocks are held all the while. Pure."""

from collections.abc import Iterator
from typing import assert_never

from podroute.ipam.facts import Grant, Outcome
from podroute.ipam.holdings import Holdings
from podroute.ipam.records import Record, Sent
from podroute.ipam.stock import Labels
from podroute.model.cidr import Cidr
from podroute.model.node import NodeUid


class Patches:
    """By UID; those to Nodes that are gone stay until they are answered for."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._sent: dict[NodeUid, Sent] = {}

    def __contains__(self, uid: NodeUid) -> bool:
        return uid in self._sent

    def __iter__(self) -> Iterator[Sent]:
        return iter(self._sent.values())

    def send(self, grant: Grant, record: Record) -> None:
        """``grant`` is on its way from now on."""
        stock = self._holdings.stock
        holding = stock.holding(grant.pod_cidrs, record.labels)
        stock.hold(holding)
        self._sent[grant.uid] = Sent(grant, holding)

    def again(self, grant: Grant) -> bool:
        """The same once more, where an answer was unknown; lists from before say nothing of it."""
        sent = self._current(grant)
        if sent is None or not sent.doubtful:
            return False
        sent.missed = sent.missed and sent.unanswered > 0
        sent.unanswered += 1
        return True

    def answered(self, grant: Grant, outcome: Outcome, record: Record | None, now: float) -> None:
        """``record`` is that of the Node, unless it is gone."""
        uid, sent = grant.uid, self._current(grant)
        if sent is None:
            return
        sent.unanswered -= sent.unanswered > 0
        if record is None:
            self.node_is_gone(uid, now)
            return
        match outcome:
            case "applied":
                self._hand_over(uid, record, now)
                record.unseen, record.lost = True, sent.missed
            case "refused":
                if not (sent.doubtful or sent.unanswered):
                    self._void(uid)
            case "unknown":
                sent.doubtful = True
            case _:
                assert_never(outcome)

    def missed(self, uid: NodeUid) -> None:
        """A list does not show what was sent: should it be said to have landed, it may be lost."""
        sent = self._sent.get(uid)
        if sent is not None:
            sent.missed = True

    def landed(self, uid: NodeUid, record: Record, shown: tuple[Cidr, ...], now: float) -> bool:
        """Whether what the Node shows is what was sent to it; nothing else can land any more."""
        sent = self._sent.get(uid)
        if sent is None:
            return False
        if sent.grant.pod_cidrs == shown:
            self._hand_over(uid, record, now)
            return True
        self._void(uid)
        return False

    def relabel(self, uid: NodeUid, labels: Labels) -> None:
        """The Node's labels are others now."""
        sent = self._sent.get(uid)
        if sent is not None:
            self._holdings.relabel(sent, labels)

    def node_is_gone(self, uid: NodeUid, now: float) -> None:
        """What was sent to it may have been in use; what is unanswered is waited for."""
        sent = self._sent.get(uid)
        if sent is not None and not sent.unanswered:
            self._holdings.retire(self._sent.pop(uid).holding, now)

    def _current(self, grant: Grant) -> Sent | None:
        """What is under way, if it is this very grant: a later one may be equal."""
        sent = self._sent.get(grant.uid)
        return sent if sent is not None and sent.grant is grant else None

    def _hand_over(self, uid: NodeUid, record: Record, now: float) -> None:
        sent = self._sent.pop(uid)
        self._holdings.take_over(uid, record, sent.grant.pod_cidrs, sent.holding, now)

    def _void(self, uid: NodeUid) -> None:
        self._holdings.free(self._sent.pop(uid).holding)
