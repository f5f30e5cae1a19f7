"""What node IPAM tells people: log lines, metrics, and Events on the Nodes."""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Final, assert_never

from podroute.controllers.recorder import Recorder
from podroute.ipam.audit import Finding
from podroute.ipam.facts import Fact, Foreign, Freed, Grant, Waiting
from podroute.ipam.pools import AddressPlan
from podroute.ipam.usage import PoolUsage
from podroute.model.cidr import Cidr
from podroute.model.node import NodeUid, Unreadable
from podroute.observe.logs import Logger
from podroute.observe.metrics import IpamMetrics

NOT_AVAILABLE: Final = "CIDRNotAvailable"  # this and the next are Kubernetes' own reasons
FAILED: Final = "CIDRAssignmentFailed"
CONFLICT: Final = "PodCIDRConflict"
FOREIGN: Final = "ForeignPodCIDR"
END_IT: Final = (
    "stop the other writer (kube-controller-manager: --allocate-node-cidrs=false), then remove "
    "the annotation podroute.io/halted of the Lease, or without --leader-elect restart"
)
AGAIN: Final = 600.0  # seconds; an API server keeps an Event for an hour


class Reports:
    """Each fact once to the log, to the metrics, and where it concerns a Node, as an Event."""

    def __init__(self, logger: Logger, metrics: IpamMetrics, recorder: Recorder) -> None:
        self.log: Final = logger
        self.metrics: Final = metrics
        self._recorder = recorder
        self._waiting: dict[NodeUid, float] = {}  # when an Event has told so last
        self._unreadable: dict[str, str] = {}  # why, as told last

    def granted(self, grants: Sequence[Grant], plan: AddressPlan) -> None:
        """Blocks were found, and are about to be sent."""
        if not grants:
            return
        clusters = {
            pool.name: [str(family.cidr) for family in pool.families] for pool in plan.pools
        }
        for grant in grants:
            if grant.passed_over:
                self.metrics.looked_for(grant, clusters[grant.pool])

    def assigned(self, grant: Grant, seconds: float) -> None:
        """The API server has confirmed it."""
        self.metrics.answered("applied")
        self.metrics.assigned(seconds)
        cidrs = _joined(grant.pod_cidrs)
        self.log.info("assigned", node=grant.node, pod_cidrs=cidrs, pool=grant.pool)

    def not_assigned(self, grant: Grant, answer: str, reason: str) -> None:
        """A patch was refused, put off, or has an unknown outcome."""
        self.metrics.answered(answer)
        cidrs = _joined(grant.pod_cidrs)
        self.log.warning(
            "not assigned", node=grant.node, pod_cidrs=cidrs, answer=answer, why=reason
        )
        if answer in {"refused", "denied"}:
            message = f"podCIDR {cidrs} was {answer} by the API server: {reason}"
            self._recorder.record(grant.node, grant.uid, "Warning", FAILED, message)

    def tell(self, facts: Iterable[Fact]) -> None:
        """What the ledger has noticed."""
        for fact in facts:
            match fact:
                case Freed():
                    cidrs = _joined(fact.pod_cidrs)
                    self.log.info("freed", node=fact.node, pod_cidrs=cidrs)
                case Foreign():
                    self._tell_foreign(fact)
                case Finding():
                    self._tell_finding(fact)
                case _:
                    assert_never(fact)

    def lost(self, reason: str) -> None:
        """The API server is not followed for the moment."""
        self.log.warning("the API server is not followed", why=reason)

    def settling(self, seconds: float) -> None:
        """Nothing is assigned yet."""
        self.log.info(
            "waiting before new assignments: writes of a former leader may still land",
            seconds=round(seconds, 1),
        )

    def listed(self, nodes: int, findings: Sequence[Finding], *, rewound: bool) -> None:
        """A complete list, and all that is wrong in it."""
        if rewound:
            self.log.warning("the cluster has gone back in time, as after a restored backup")
        self.log.info("listed", nodes=nodes, findings=len(findings))
        for finding in findings:
            self._tell_finding(finding)

    def unreadable(self, nodes: Iterable[Unreadable]) -> None:
        """They get nothing; each reason is told once."""
        for one in nodes:
            if self._unreadable.get(one.name) != one.reason:
                self._unreadable[one.name] = one.reason
                self.log.warning("a Node cannot be read", node=one.name, why=one.reason)

    def plan_changed(self, plan: AddressPlan) -> None:
        """Blocks are given by it from now on."""
        self.log.info("address plan changed", pools=[pool.name for pool in plan.pools])

    def plan_refused(self, why: str) -> None:
        """Blocks are given as before."""
        self.log.warning("address plan not changed", why=why)

    def halted(self, why: str) -> None:
        """Somebody else writes podCIDRs; "" where nobody does."""
        self.metrics.halted.set(bool(why))
        if why:
            self.log.error(
                "no podCIDR is assigned any more: somebody else writes them", why=why, next=END_IT
            )

    def waiting(
        self, nodes: Sequence[Waiting], usage: Callable[[], Sequence[PoolUsage]], now: float
    ) -> None:
        """Nodes without a block: each is logged once, and has an Event as long as it waits."""
        self.metrics.waiting.set(len(nodes))
        before = self._waiting
        self._waiting = {one.uid: before.get(one.uid, -inf) for one in nodes}
        due = [one for one in nodes if now - self._waiting[one.uid] >= AGAIN]
        pools = {pool.pool: pool for pool in usage()} if due else {}
        room = True
        for one in due:
            message = _no_room(pools.get(one.pool), one.pool)
            if one.uid not in before:
                self.log.warning("no block", node=one.node, why=message)
            room = room and self._recorder.record(
                one.node, one.uid, "Warning", NOT_AVAILABLE, message
            )
            if room:
                self._waiting[one.uid] = now

    def _tell_foreign(self, fact: Foreign) -> None:
        self.metrics.foreign.labels("true" if fact.at_birth else "false").inc()
        cidrs = _joined(fact.pod_cidrs)
        how = "registered with it" if fact.at_birth else "somebody else wrote it"
        self.log.warning("foreign podCIDR", node=fact.node, pod_cidrs=cidrs, how=how)
        message = f"podCIDR {cidrs} does not come from podroute: {how}"
        self._recorder.record(fact.node, fact.uid, "Warning", FOREIGN, message)

    def _tell_finding(self, finding: Finding) -> None:
        claim, other = finding.claim, finding.other
        words = f"podCIDR {claim.cidr} of {claim.node}: {finding.fault}"
        if other:
            words += f" with {other.cidr} of {other.node}"
        if finding.more:
            words += f" and {finding.more} more"
        self.log.warning("podCIDR conflict", node=claim.node, fault=finding.fault, what=words)
        for one in finding.concerns():
            self._recorder.record(one.node, one.uid, "Warning", CONFLICT, words)


def _joined(pod_cidrs: Iterable[Cidr]) -> str:
    return ",".join(map(str, pod_cidrs))


def _no_room(pool: PoolUsage | None, name: str) -> str:
    if pool is None:
        return "no pool is for a Node with these labels: add one, or change a pool's selector"
    full = min(pool.families, key=lambda one: one.free)
    return (
        f"pool {name} has no block left in {full.family.cidr}: {full.size} blocks of "
        f"/{full.family.block_prefix}, {full.used + full.pending} in use, {full.quarantined} at "
        f"rest after a Node's end, {full.reserved} reserved; room for {pool.room} Nodes: add a pool"
    )
