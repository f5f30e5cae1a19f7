"""Metrics of node IPAM and of Events: Kubernetes' own names, and beside them what those cannot say.

Kubernetes' names are those of its range allocator (``pkg/controller/nodeipam/ipam/cidrset``), its
misspelling included: dashboards and alerts go on working.
"""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from podroute.ipam.audit import Finding
from podroute.ipam.facts import Grant
from podroute.ipam.usage import FamilyUsage, PoolUsage

_KUBERNETES: Final = "node_ipam_controller"
_TRIES: Final = (1, 5, 25, 125, 625)
_STATES: Final = ("used", "pending", "quarantined", "reserved", "free")

Usage = Callable[[], Sequence[PoolUsage]]
Findings = Callable[[], Iterable[Finding]]


class IpamMetrics:
    """Both are asked whenever somebody reads the metrics, never in between."""

    def __init__(self, registry: CollectorRegistry, usage: Usage, findings: Findings) -> None:
        registry.register(_Blocks(usage))
        registry.register(_Findings(findings))
        self._tries = Histogram(
            f"{_KUBERNETES}_cidrset_allocation_tries_per_request",
            "Blocks that were looked at for one allocation.",
            ["clusterCIDR"],
            buckets=_TRIES,
            registry=registry,
        )
        self._patches = Counter(
            "podroute_ipam_patches",
            "podCIDR patches by what became of them: applied, refused, throttled, unknown.",
            ["answer"],
            registry=registry,
        )
        self._seconds = Histogram(
            "podroute_ipam_assignment_seconds",
            "From the first send of a Node's podCIDR to its confirmation.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=registry,
        )
        self.waiting = Gauge(
            "podroute_ipam_waiting_nodes", "Nodes for which there is no block.", registry=registry
        )
        self.foreign = Counter(
            "podroute_ipam_foreign_writes",
            "podCIDRs that somebody else has written.",
            ["at_birth"],
            registry=registry,
        )
        self.halted = Gauge(
            "podroute_ipam_halted",
            "1 while no podCIDR is assigned; see the log.",
            registry=registry,
        )

    def looked_for(self, grant: Grant, clusters: Sequence[str]) -> None:
        """``clusters`` are the CIDRs that the blocks come from."""
        for cluster, passed in zip(clusters, grant.passed_over, strict=True):
            self._tries.labels(cluster).observe(passed)

    def answered(self, answer: str) -> None:
        """One patch has come back, or has not."""
        self._patches.labels(answer).inc()

    def assigned(self, seconds: float) -> None:
        """A Node has its podCIDR."""
        self._seconds.observe(seconds)


class EventMetrics(Collector):
    """``dropped`` is asked whenever somebody reads the metrics."""

    def __init__(self, registry: CollectorRegistry, dropped: Callable[[], int]) -> None:
        self._dropped = dropped
        registry.register(self)

    @override
    def collect(self) -> Iterator[Metric]:
        words = "Events that were not sent, or that the API server did not take."
        yield CounterMetricFamily("podroute_events_dropped", words, self._dropped())


class _Findings(Collector):
    """All that is wrong at this moment."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    @override
    def collect(self) -> Iterator[Metric]:
        words = "podCIDRs in use that break the address plan, by fault."
        metric = GaugeMetricFamily("podroute_ipam_findings", words, labels=["fault"])
        for fault, count in Counts(one.fault for one in self._findings()).items():
            metric.add_metric([fault], count)
        yield metric


class _Blocks(Collector):
    """How full the pools are."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage

    @override
    def collect(self) -> Iterator[Metric]:
        pools = self._usage()
        families = [(pool.pool, family) for pool in pools for family in pool.families]
        yield from _as_kubernetes(pools)
        blocks = GaugeMetricFamily(
            "podroute_ipam_blocks", "Blocks by state.", labels=["pool", "clusterCIDR", "state"]
        )
        for name, family in families:
            for state in _STATES:
                blocks.add_metric([name, str(family.family.cidr), state], getattr(family, state))
        yield blocks
        room = GaugeMetricFamily(
            "podroute_ipam_room_nodes", "How many more Nodes fit.", labels=["pool"]
        )
        for pool in pools:
            room.add_metric([pool.pool], pool.room)
        yield room


def _as_kubernetes(pools: Sequence[PoolUsage]) -> Iterator[Metric]:
    """One series for each CIDR: of two pools in one, while masks change, that which still gives."""
    by_cidr: dict[str, FamilyUsage] = {}
    for pool in sorted(pools, key=lambda one: one.draining):
        for family in pool.families:
            by_cidr.setdefault(str(family.family.cidr), family)
    labels = ["clusterCIDR"]
    given = CounterMetricFamily(
        f"{_KUBERNETES}_cidrset_cidrs_allocations", "Blocks that got an owner.", labels=labels
    )
    freed = CounterMetricFamily(
        f"{_KUBERNETES}_cidrset_cidrs_releases", "Blocks that lost their last one.", labels=labels
    )
    most = GaugeMetricFamily(f"{_KUBERNETES}_cirdset_max_cidrs", "All blocks.", labels=labels)
    share = GaugeMetricFamily(
        f"{_KUBERNETES}_cidrset_usage_cidrs", "The share of blocks in use.", labels=labels
    )
    for cidr, one in by_cidr.items():
        name = [cidr]
        given.add_metric(name, one.allocations)
        freed.add_metric(name, one.releases)
        most.add_metric(name, one.size)
        share.add_metric(name, 1 - one.free / one.size)
    yield from (given, freed, most, share)
