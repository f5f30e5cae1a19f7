"""Metrics of the route loop: Kubernetes' own names, and beside them what those cannot say.

No label names a Node: a cluster of 15,000 would pay for each reading of the metrics.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Final, Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from podroute.observe.board import Standing

Trigger: TypeAlias = Literal["node_change", "periodic", "router_change"]
Outcome: TypeAlias = Literal["changed", "noop", "error"]
Operation: TypeAlias = Literal["create", "replace", "delete", "adopt"]
Result: TypeAlias = Literal["done", "failed", "throttled"]
Method: TypeAlias = Literal["read", "apply"]
Code: TypeAlias = Literal["ok", "unreachable", "throttled"]

States = Callable[[], Mapping[str, int]]

_TRIGGERS: Final[tuple[Trigger, ...]] = ("node_change", "periodic", "router_change")
_OUTCOMES: Final[tuple[Outcome, ...]] = ("changed", "noop", "error")
_METHODS: Final[tuple[Method, ...]] = ("read", "apply")
_CODES: Final[tuple[Code, ...]] = ("ok", "unreachable", "throttled")
_QUEUE: Final = "Routes"
_SECONDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_WORK: Final = tuple(10.0**power for power in range(-8, 4))  # client-go's


class ConditionMetrics:
    """Of the Nodes' conditions, which all routers have together."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._conditions = Counter(
            "podroute_network_conditions",
            "Writes of the condition NetworkUnavailable, by what became of them.",
            ["answer"],
            registry=registry,
        )

    def written(self, answer: str) -> None:
        """One write of a Node's condition has come back, or has not."""
        self._conditions.labels(answer).inc()


class RouteMetrics:
    """``states`` and ``standing`` are asked whenever somebody reads the metrics."""

    def __init__(
        self,
        registry: CollectorRegistry,
        provider: str,
        states: States,
        standing: Callable[[], Standing],
    ) -> None:
        registry.register(_Routes(provider, states, standing))
        self._provider = provider
        self._queue = _Queue(registry)
        self._syncs = Counter(
            "route_controller_route_sync",
            "Passes of the route loop, by what began them and how they ended.",
            ["trigger", "outcome"],
            registry=registry,
        )
        self._operations = Histogram(
            "podroute_route_operation_duration_seconds",
            "How long a step took at the provider.",
            ["provider", "op", "result"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._convergence = Histogram(
            "podroute_route_convergence_seconds",
            "From a Node's event, or a drift that was seen, to the route that was read back.",
            ["provider"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._requests = Counter(
            "podroute_provider_requests",
            "Requests to the provider, by what it answered.",
            ["provider", "method", "code"],
            registry=registry,
        )
        self._waits = Counter(
            "podroute_provider_throttle_wait_seconds",
            "Seconds for which requests were put off because the provider asked for it.",
            ["provider"],
            registry=registry,
        )
        self._synced_at = Gauge(
            "podroute_last_successful_sync_timestamp_seconds",
            "When a pass last ended without an error, in Unix time; 0 before the first.",
            ["provider"],
            registry=registry,
        )
        self._begin()

    def _begin(self) -> None:
        """A series that begins with its first failure hides that failure from ``rate()``."""
        for began, ended in product(_TRIGGERS, _OUTCOMES):
            self._syncs.labels(began, ended)
        for method, code in product(_METHODS, _CODES):
            self._requests.labels(self._provider, method, code)
        for one in (self._convergence, self._waits, self._synced_at):
            one.labels(self._provider)

    def synced(self, trigger: Trigger, outcome: Outcome) -> None:
        """A pass has ended."""
        self._syncs.labels(trigger, outcome).inc()

    def operated(self, op: Operation, result: Result, seconds: float) -> None:
        """A step has come back from the provider."""
        self._operations.labels(self._provider, op, result).observe(seconds)

    def converged(self, seconds: float) -> None:
        """A route was read back as wished, so long after the reason to change it was seen."""
        self._convergence.labels(self._provider).observe(seconds)

    def requested(self, method: Method, code: Code) -> None:
        """The provider was asked, and answered or did not."""
        self._requests.labels(self._provider, method, code).inc()

    def waited(self, seconds: float) -> None:
        """A request was put off for so long because the provider throttles."""
        self._waits.labels(self._provider).inc(seconds)

    def synced_at(self, unix_seconds: float) -> None:
        """A pass ended without an error at this moment."""
        self._synced_at.labels(self._provider).set(unix_seconds)

    def queued(self, depth: int, new: int) -> None:
        """So many destinations wait for their turn; ``new`` have begun to since the last time."""
        self._queue.depth.set(depth)
        self._queue.adds.inc(new)

    def retried(self) -> None:
        """A destination waits once more, because its step failed."""
        self._queue.retries.inc()

    def worked(self, seconds: float) -> None:
        """A destination's turn took so long."""
        self._queue.work.observe(seconds)


class _Queue:
    """The names of client-go's work queues."""

    def __init__(self, registry: CollectorRegistry) -> None:
        label = ["name"]
        depth = Gauge("workqueue_depth", "What waits for its turn.", label, registry=registry)
        adds = Counter("workqueue_adds", "What began to wait.", label, registry=registry)
        retries = Counter("workqueue_retries", "What waits again.", label, registry=registry)
        work = Histogram(
            "workqueue_work_duration_seconds",
            "How long a turn took.",
            label,
            buckets=_WORK,
            registry=registry,
        )
        self.depth, self.adds = depth.labels(_QUEUE), adds.labels(_QUEUE)
        self.retries, self.work = retries.labels(_QUEUE), work.labels(_QUEUE)


class _Routes(Collector):
    """The routes as they stand at this moment."""

    def __init__(self, provider: str, states: States, standing: Callable[[], Standing]) -> None:
        self._provider = provider
        self._states = states
        self._standing = standing

    @override
    def collect(self) -> Iterator[Metric]:
        name, standing = [self._provider], self._standing()
        routes = GaugeMetricFamily(
            "podroute_routes", "Routes by state.", labels=["provider", "state"]
        )
        for state, count in self._states().items():
            routes.add_metric([*name, state], count)
        yield routes
        used = GaugeMetricFamily(
            "podroute_route_quota_used", "Routes that count against the quota.", labels=["provider"]
        )
        limit = GaugeMetricFamily(
            "podroute_route_quota_limit", "Routes that the provider takes.", labels=["provider"]
        )
        if (quota := standing.quota) is not None:
            used.add_metric(name, quota.used)
            limit.add_metric(name, quota.limit)
        yield from (used, limit)
        held = GaugeMetricFamily(
            "podroute_deletes_held",
            "Deletes and replaces that wait for a person's word.",
            labels=["provider"],
        )
        held.add_metric(name, standing.held.count if standing.held else 0)
        yield held
        unreadable = GaugeMetricFamily(
            "podroute_nodes_unreadable",
            "Nodes that cannot be read, and whose routes stay as they are.",
            labels=["provider"],
        )
        unreadable.add_metric(name, len(standing.unreadable))
        yield unreadable
