"""The one place that knows which block belongs to which Node. Pure.

A loop says ``relist`` once, then again and again: ``observe`` and ``gone`` as the watch tells it,
``grant``, sends each grant with the Node's UID in the patch, ``answered``. A moment is a number
of monotonic seconds.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from podroute.ipam.audit import Finding
from podroute.ipam.facts import Assignments, Fact, Foreign, Freed, Grant, Outcome, Waiting
from podroute.ipam.holdings import Holdings
from podroute.ipam.patches import Patches
from podroute.ipam.pools import AddressPlan
from podroute.ipam.queue import Queue
from podroute.ipam.records import Record, Sent
from podroute.ipam.stock import Holding, Labels, Stock, keeps
from podroute.ipam.usage import PoolUsage, usage_of
from podroute.model.cidr import Cidr
from podroute.model.node import Node, NodeUid, Unreadable

_NAMES_IN_A_MESSAGE: Final = 5
_NO_UID: Final = "/"  # no UID starts with it


class Ledger:
    """Blocks, their living owners by UID, and what was sent and is not seen yet.

    A block is held while any living Node shows it, or while a patch with it may still land; then
    it rests for the plan's quarantine. Nothing is granted before the first ``relist``. Lists and
    observations come in the order of the API server's own history.
    """

    def __init__(self, plan: AddressPlan) -> None:
        self._holdings = Holdings(plan)
        self._patches = Patches(self._holdings)
        self._queue = Queue()
        self._records: dict[NodeUid, Record] = {}
        self._names: dict[str, NodeUid] = {}
        self.listed = False  # whether everything that exists is known

    @property
    def plan(self) -> AddressPlan:
        """What it decides by."""
        return self._holdings.stock.plan

    def relist(self, nodes: Iterable[Node | Unreadable], now: float) -> tuple[Fact, ...]:
        """One complete, consistent list: a Node that is not in it is gone.

        What Nodes show in the first list was there before us. What is wrong with it is told by
        ``findings``. Where an item does not even tell which Node it is, none counts as gone.
        A podCIDR that we did not send is ``Foreign``: written later, where the Node was known.
        """
        facts: list[Fact] = []
        seen: set[NodeUid] = set()
        nameless = False
        for node in nodes:
            uid = self._identity(node)
            nameless = nameless or not (node.uid or uid in self._records or isinstance(node, Node))
            seen.add(uid)
            facts.extend(self._show(uid, node, now, listed=True))
        missing = () if nameless else [uid for uid in self._records if uid not in seen]
        for uid in missing:
            facts.extend(self.gone(uid, now))
        self.listed = True
        return tuple(facts)

    def observe(self, node: Node | Unreadable, now: float) -> tuple[Fact, ...]:
        """A Node was added or has changed; the former one of its name is gone.

        What is wrong with its podCIDRs is told once, when they are shown for the first time.
        """
        uid = self._identity(node)
        former = self._names.get(node.name)
        ended = self.gone(former, now) if former and former != uid else ()
        known = self._records.get(uid)
        before = (known.pod_cidrs, known.unseen) if known else ((), False)
        facts = self._show(uid, node, now, listed=False)
        record = self._records[uid]
        if (record.pod_cidrs, record.unseen) == before:
            return (*ended, *facts)
        return (*ended, *facts, *self._holdings.findings_of(record))

    def gone(self, uid: NodeUid, now: float) -> tuple[Fact, ...]:
        """A Node has really ended: a deletionTimestamp alone is no end. Idempotent."""
        record = self._records.pop(uid, None)
        if record is None:
            return ()
        if self._names.get(record.name) == uid:
            del self._names[record.name]
        self._queue.drop(uid)
        freed = self._holdings.disclaim(uid, record, now)
        self._patches.node_is_gone(uid, now)
        return (Freed(record.name, uid, freed),) if freed else ()

    def grant(self, now: float, limit: int | None = None) -> Assignments:
        """Blocks for Nodes without a podCIDR, the oldest first, and all those without room.

        Each grant is held from now on, until it is answered for and seen. ``limit``:
        so many at most.
        """
        if not self.listed:
            return Assignments()
        self._make_room(now)
        granted: list[Grant] = []
        while (limit is None or len(granted) < limit) and (uid := self._queue.pop()) is not None:
            record = self._records[uid]
            served = self._serve(uid, record, now)
            if isinstance(served, Grant):
                self._patches.send(served, record)
                self._queue.drop(uid)
                granted.append(served)
            else:
                self._queue.wait(served)
        return Assignments(tuple(granted), self._queue.waiting())

    def answered(self, grant: Grant, outcome: Outcome, now: float) -> None:
        """How one sending of ``grant`` ended; nothing, if that is not under way any more.

        Unknown frees nothing: ask whether to send it ``again``. After a refusal for good the
        blocks are free, unless another sending may have landed; the Node gets others when it is
        observed again. What is applied, and a list has not shown meanwhile, is granted once more.
        """
        record = self._records.get(grant.uid)
        self._patches.answered(grant, outcome, record, now)
        if outcome == "applied" and record is not None and record.lost:
            self._line_up(grant.uid, record)

    def again(self, grant: Grant) -> bool:
        """Whether ``grant`` is to be sent once more, and is from now on.

        True where it is still the Node's, and an answer was unknown: then it does no harm. It is
        the grant that ``grant`` returned that counts, not an equal one.
        """
        return grant.uid in self._records and self._patches.again(grant)

    def in_doubt(self) -> tuple[Grant, ...]:
        """Grants with an unknown outcome that nobody is sending again."""
        return tuple(sent.grant for sent in self._patches if sent.doubtful and not sent.unanswered)

    def update(self, plan: AddressPlan, now: float) -> None:
        """Another plan from now on; cursors, grants and quarantine go on.

        Raises:
            ValueError: Nodes have blocks, or were sent some, that would be none any more; it names
                them. Their pool has to stay, draining, until they are gone.
        """
        self._make_room(now)
        stock = Stock(plan)
        owners: list[Record | Sent] = [*self._records.values(), *self._patches]
        regraded = [(owner, stock.regraded(owner.holding)) for owner in owners]
        _refuse_loss(regraded)
        for owner, holding in regraded:
            owner.holding = holding
            stock.hold(holding)
        self._holdings.replan(stock)

    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong among the podCIDRs in use."""
        return tuple(self._holdings.findings())

    def usage(self, now: float) -> tuple[PoolUsage, ...]:
        """How full each pool is; for a what-if, ask a ledger of that plan."""
        self._holdings.wake(now)
        return usage_of(self._holdings.stock, [sent.holding for sent in self._patches])

    def _identity(self, node: Node | Unreadable) -> NodeUid:
        """The UID; where none can be read, that of the name; else a text that is no UID."""
        return node.uid or self._names.get(node.name) or NodeUid(f"{_NO_UID}{node.name}")

    def _show(
        self, uid: NodeUid, node: Node | Unreadable, now: float, *, listed: bool
    ) -> tuple[Fact, ...]:
        known = self._records.get(uid)
        record = known or self._records.setdefault(uid, Record(node))
        self._names[node.name] = uid
        record.node = node
        if isinstance(node, Node) and node.labels != record.labels:
            self._relabel(uid, record, node.labels)
        foreign = False
        if node.pod_cidrs:
            foreign = self._has_foreign(uid, record, node.pod_cidrs, now) and self.listed
        elif node.pod_cidrs is not None and listed:
            self._patches.missed(uid)
            record.lost = bool(record.pod_cidrs)
        elif node.pod_cidrs is not None and record.pod_cidrs and not record.unseen:
            record.lost = True
        self._line_up(uid, record)
        if foreign:
            return (Foreign(record.name, uid, record.pod_cidrs, at_birth=known is None),)
        return ()

    def _has_foreign(
        self, uid: NodeUid, record: Record, shown: tuple[Cidr, ...], now: float
    ) -> bool:
        new = shown != record.pod_cidrs
        ours = self._patches.landed(uid, record, shown, now)
        if new and not ours:
            self._holdings.claim(uid, record, shown, now)
        record.lost = record.unseen = False
        return new and not ours

    def _relabel(self, uid: NodeUid, record: Record, labels: Labels) -> None:
        record.labels = labels
        self._holdings.relabel(record, labels)
        self._patches.relabel(uid, labels)
        self._queue.drop(uid)

    def _line_up(self, uid: NodeUid, record: Record) -> None:
        node = record.wants()
        if node is None or uid in self._patches:
            self._queue.drop(uid)
        else:
            self._queue.push(uid, node)

    def _make_room(self, now: float) -> None:
        self._holdings.wake(now)
        if self._holdings.roomier:
            self._holdings.roomier = False
            self._queue.retry()

    def _serve(self, uid: NodeUid, record: Record, now: float) -> Grant | Waiting:
        if record.lost and (pool := self._holdings.pool_to_keep(record)):
            return Grant(record.name, uid, pool, record.pod_cidrs, ())
        if record.lost and not record.unseen:  # else it may have them, and show them yet
            self._holdings.claim(uid, record, (), now)
            record.lost = False
        choice = self._holdings.stock.choose(record.labels)
        if isinstance(choice, str):
            return Waiting(record.name, uid, choice)
        return Grant(record.name, uid, choice.pool, choice.blocks(), choice.move_past())


def _refuse_loss(regraded: Sequence[tuple[Record | Sent, Holding]]) -> None:
    """Raises ValueError where an owner has a block that the new plan does not hold."""
    losers = sorted({owner.name for owner, now in regraded if not keeps(now, owner.holding)})
    if losers:
        shown = ", ".join(losers[:_NAMES_IN_A_MESSAGE])
        more = len(losers) - _NAMES_IN_A_MESSAGE
        message = (
            f"{shown}{f' and {more} more' if more > 0 else ''} would lose their blocks: keep the "
            "pool that these are from, with the same mask, and let it drain"
        )
        raise ValueError(message)
