"""Which addresses are held by whom, and which rest. Pure."""

from collections.abc import Iterator
from heapq import heappop, heappush

from podroute.ipam.audit import Claim, Fault, Finding
from podroute.ipam.claimants import Claimants
from podroute.ipam.conflicts import Conflicts
from podroute.ipam.pools import AddressPlan
from podroute.ipam.records import Record, Sent
from podroute.ipam.stock import Holding, Labels, Stock, is_firm
from podroute.model.cidr import Bounds, Cidr, bounds
from podroute.model.node import NodeUid
from podroute.model.span import SpanSet


class Holdings:
    """The blocks of a plan, the Nodes' claims on them, and the quarantine."""

    def __init__(self, plan: AddressPlan) -> None:
        self.stock = Stock(plan)
        self.roomier = False  # something was freed since this was last looked at
        self._reserved = SpanSet(plan.reserved)
        self._claimants = Claimants()
        self._resting: list[tuple[float, Bounds]] = []

    def replan(self, stock: Stock) -> None:
        """``stock`` has all that is held; what rests goes on resting."""
        for _, span in self._resting:
            stock.rest(span)
        stock.go_on_from(self.stock)
        self.stock = stock
        self.roomier = True
        self._reserved = SpanSet(stock.plan.reserved)

    def claim(self, uid: NodeUid, record: Record, cidrs: tuple[Cidr, ...], now: float) -> None:
        """The Node has ``cidrs`` now, and no longer what it had."""
        holding = self.stock.holding(cidrs, record.labels)
        self.stock.hold(holding)
        self.take_over(uid, record, cidrs, holding, now)

    def take_over(
        self, uid: NodeUid, record: Record, cidrs: tuple[Cidr, ...], holding: Holding, now: float
    ) -> None:
        """As ``claim``, of what is held already."""
        for claim in record.claims:
            self._claimants.remove(claim)
        record.claims = tuple(Claim(record.name, uid, cidr) for cidr in dict.fromkeys(cidrs))
        for claim in record.claims:
            self._claimants.add(claim)
        former, record.holding, record.pod_cidrs = record.holding, holding, cidrs
        if former.spans:
            self.retire(former, now)

    def disclaim(self, uid: NodeUid, record: Record, now: float) -> tuple[Cidr, ...]:
        """The Node is gone; the blocks that now are nobody's."""
        had, firm = record.claims, set(record.holding.firm())
        self.claim(uid, record, (), now)
        return tuple(
            claim.cidr
            for claim in had
            if bounds(claim.cidr) in firm and not self._claimants.is_shared(claim)
        )

    def relabel(self, owner: Record | Sent, labels: Labels) -> None:
        """The owner belongs to another group of Nodes now."""
        former, owner.holding = owner.holding, Holding(owner.holding.spans, labels)
        self.stock.hold(owner.holding)
        self.stock.release(former)

    def retire(self, holding: Holding, now: float) -> None:
        """One owner less; what nobody else holds rests."""
        until = now + self.stock.plan.quarantine
        if until <= now:
            self.free(holding)
            return
        for span in holding.firm():
            self.stock.rest(span)
            heappush(self._resting, (until, span))
        self.stock.release(holding)

    def free(self, holding: Holding) -> None:
        """One owner less, and nothing rests."""
        self.stock.release(holding)
        self.roomier = True

    def wake(self, now: float) -> None:
        """Ends the quarantines that are over."""
        while self._resting and self._resting[0][0] <= now:
            self.stock.wake(heappop(self._resting)[1])
            self.roomier = True

    def pool_to_keep(self, record: Record) -> str:
        """The pool of the Node's blocks; "" where they are none, or another Node holds some."""
        pools = [self.stock.pool_of(span) for span, _ in record.holding.spans]
        shared = any(map(self._is_held_besides, record.claims))
        return "" if shared or not all(pools) else pools[0]

    def findings(self) -> Iterator[Finding]:
        """All that is wrong: first with each podCIDR, then between two, by address."""
        for claim in self._claimants:
            yield from self._alone(claim)
        yield from self._conflicts().all()

    def findings_of(self, record: Record) -> Iterator[Finding]:
        """Those of ``findings`` that concern this Node."""
        conflicts = self._conflicts()
        for claim in record.claims:
            yield from self._alone(claim)
            yield from conflicts.of(claim)

    def _conflicts(self) -> Conflicts:
        return Conflicts(self._claimants, lambda claim: not self._is_firm(claim))

    def _is_held_besides(self, claim: Claim) -> bool:
        """Whether another Node holds some of it; a loose claim around it holds nothing."""
        around = self._claimants.around(claim)
        return self._claimants.is_shared(claim) or (around is not None and self._is_firm(around))

    def _is_firm(self, claim: Claim) -> bool:
        return is_firm(self.stock.grade(bounds(claim.cidr)))

    def _alone(self, claim: Claim) -> Iterator[Finding]:
        span = bounds(claim.cidr)
        if self._reserved.touches(span):
            yield Finding("reserved", claim)
        if self.stock.grade(span) != "block":
            fault: Fault = "wrong size" if self.stock.is_inside(span) else "out of range"
            yield Finding(fault, claim)
