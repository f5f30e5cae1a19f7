"""A registry in which every metric of podroute has its series, for the pages that name them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import Metric

from podroute.ipam.audit import Claim, Fault, Finding
from podroute.ipam.facts import Grant
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.kube.patch_answers import PatchAnswer
from podroute.model.node import NodeName, NodeUid
from podroute.model.route import Quota
from podroute.observe.board import Standing
from podroute.observe.metrics import EventMetrics, IpamMetrics
from podroute.observe.process_metrics import ProcessMetrics
from podroute.observe.route_metrics import (
    Code,
    ConditionMetrics,
    Method,
    Operation,
    Outcome,
    Result,
    RouteMetrics,
    Trigger,
)
from podroute.routing.states import State
from tests.builders import pool

CLUSTER: Final = "10.200.0.0/16"
_CREATED: Final = "_created"  # of counters: when they began, for OpenMetrics


@dataclass(frozen=True, slots=True)
class Documented:
    """One metric as a page shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    words: str


def filled_registry() -> CollectorRegistry:
    """As a leader with both loops has it once everything has happened that is counted."""
    registry = CollectorRegistry()
    _fill_ipam(registry)
    _fill_routes(registry)
    EventMetrics(registry, lambda: 1)
    leading = Gauge(  # as ``cli.serving`` has it; the tests of the cluster look at the real one
        "leader_election_master_status", "1 for the leader.", ["name"], registry=registry
    )
    leading.labels("podroute-controller").set(1)
    process = ProcessMetrics(registry, "1.2.3")
    for method, status in product(("GET", "PATCH"), (200, 429, 500, None)):
        process.requested(method, "10.32.0.1", status)
    return registry


def _fill_ipam(registry: CollectorRegistry) -> None:
    ledger = Ledger(AddressPlan((Pool("default", (pool(CLUSTER, 24),)),)))
    name, uid = NodeName("worker"), NodeUid("uid-worker")
    block = pool("10.200.0.0/24", 24).cidr
    faults: Sequence[Fault] = get_args(Fault)
    findings = [Finding(fault, Claim(name, uid, block)) for fault in faults]
    metrics = IpamMetrics(registry, lambda: ledger.usage(0), lambda: findings)
    metrics.looked_for(Grant(name, uid, "default", (block,), (0,)), [CLUSTER])
    for answer in ("applied", "refused", "throttled", "unknown"):
        metrics.answered(answer)
    metrics.assigned(0.1)
    for at_birth in ("true", "false"):
        metrics.foreign.labels(at_birth).inc()


def _fill_routes(registry: CollectorRegistry) -> None:
    states: Mapping[str, int] = dict.fromkeys(get_args(State), 1)
    standing = Standing(quota=Quota(1, 50))
    metrics = RouteMetrics(registry, "linux", lambda: states, lambda: standing)
    triggers: Sequence[Trigger] = get_args(Trigger)
    outcomes: Sequence[Outcome] = get_args(Outcome)
    for trigger, outcome in product(triggers, outcomes):
        metrics.synced(trigger, outcome)
    operations: Sequence[Operation] = get_args(Operation)
    results: Sequence[Result] = get_args(Result)
    for operation, result in product(operations, results):
        metrics.operated(operation, result, 0.1)
    methods: Sequence[Method] = get_args(Method)
    codes: Sequence[Code] = get_args(Code)
    for method, code in product(methods, codes):
        metrics.requested(method, code)
    conditions = ConditionMetrics(registry)
    for answer in get_args(PatchAnswer):
        conditions.written(answer.__name__.lower())


def series(registry: CollectorRegistry) -> Mapping[str, Sequence[Mapping[str, str]]]:
    """The labels of every series, by the name that a query uses."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for family in registry.collect():
        for sample in family.samples:
            if not sample.name.endswith(_CREATED):
                found.setdefault(sample.name, []).append(sample.labels)
    return found


def documented(registry: CollectorRegistry) -> Iterator[Documented]:
    """Every metric by name."""
    for family in sorted(registry.collect(), key=lambda one: one.name):
        yield Documented(_name(family), family.type, _labels(family), family.documentation)


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> tuple[str, ...]:
    """In the order in which they were declared, without that of the buckets."""
    labels = [name for sample in family.samples for name in sample.labels if name != "le"]
    return tuple(dict.fromkeys(labels))


def metrics_table(registry: CollectorRegistry) -> str:
    """For ``docs/metrics.md``."""
    lines = ["| metric | kind | labels | |", "|---|---|---|---|"]
    for one in documented(registry):
        labels = ", ".join(f"`{label}`" for label in one.labels)
        lines.append(f"| `{one.name}` | {one.kind} | {labels} | {one.words} |")
    return "\n".join(lines)
