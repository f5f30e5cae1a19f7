"""Metrics of the route loop and of the process, as somebody reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import pytest
from prometheus_client import CollectorRegistry

from podroute.model.route import Quota
from podroute.observe.board import HeldBack, Standing
from podroute.observe.process_metrics import ProcessMetrics
from podroute.observe.route_metrics import (
    Code,
    ConditionMetrics,
    Method,
    Outcome,
    RouteMetrics,
    Trigger,
)


@dataclass
class World:
    """What the loop knows at this moment."""

    states: Mapping[str, int] = field(default_factory=dict[str, int])
    standing: Standing = field(default_factory=Standing)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def metrics(self) -> RouteMetrics:
        return RouteMetrics(
            self.registry,
            "linux",
            lambda: self.states,
            lambda: self.standing,
        )

    def value(self, name: str, /, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    def routes(self, name: str, /, **labels: str) -> float | None:
        return self.value(name, provider="linux", **labels)


def test_states_quota_held_deletes_and_unreadable_nodes_are_those_of_this_moment() -> None:
    held = HeldBack(4, "4 of 9 routes would go at once", "1a2b3c4d-t0")
    dark = (("worker-1", "podCIDRs: 'x/24' is no CIDR"),)
    standing = Standing(quota=Quota(3, 50), held=held, unreadable=dark)
    world = World({"InSync": 2, "Missing": 1}, standing)
    world.metrics()

    assert world.routes("podroute_routes", state="InSync") == 2
    assert world.routes("podroute_routes", state="Missing") == 1
    assert world.routes("podroute_route_quota_used") == 3
    assert world.routes("podroute_route_quota_limit") == 50
    assert world.routes("podroute_deletes_held") == 4
    assert world.routes("podroute_nodes_unreadable") == 1

    world.states, world.standing = {"InSync": 3}, Standing()

    assert world.routes("podroute_routes", state="InSync") == 3
    assert world.routes("podroute_routes", state="Missing") is None
    assert world.routes("podroute_route_quota_used") is None
    assert world.routes("podroute_route_quota_limit") is None
    assert world.routes("podroute_deletes_held") == 0
    assert world.routes("podroute_nodes_unreadable") == 0


def test_what_happens_is_counted_where_it_belongs() -> None:
    world = World()
    metrics = world.metrics()

    metrics.synced("periodic", "noop")
    metrics.operated("create", "failed", 0.2)
    metrics.converged(0.02)
    metrics.requested("apply", "throttled")
    metrics.waited(1.5)
    metrics.waited(0.5)
    ConditionMetrics(world.registry).written("applied")
    metrics.synced_at(1_800_000_000)

    sync = "route_controller_route_sync_total"
    assert world.value(sync, trigger="periodic", outcome="noop") == 1
    assert world.value(sync, trigger="periodic", outcome="error") == 0
    operation, step = "podroute_route_operation_duration_seconds", {"op": "create"}
    assert world.routes(f"{operation}_sum", **step, result="failed") == 0.2
    assert world.routes(f"{operation}_count", **step, result="done") is None
    convergence = "podroute_route_convergence_seconds_bucket"
    assert world.routes(convergence, le="0.01") == 0
    assert world.routes(convergence, le="0.05") == 1
    requests = "podroute_provider_requests_total"
    assert world.routes(requests, method="apply", code="throttled") == 1
    assert world.routes(requests, method="read", code="throttled") == 0
    assert world.routes("podroute_provider_throttle_wait_seconds_total") == 2
    assert world.value("podroute_network_conditions_total", answer="applied") == 1
    assert world.routes("podroute_last_successful_sync_timestamp_seconds") == 1_800_000_000


def test_the_queue_has_the_names_of_kubernetes() -> None:
    world = World()
    metrics = world.metrics()

    metrics.queued(5, new=5)
    metrics.queued(7, new=2)
    metrics.retried()
    metrics.worked(0.25)

    queue = {"name": "Routes"}
    assert world.value("workqueue_depth", **queue) == 7
    assert world.value("workqueue_adds_total", **queue) == 7
    assert world.value("workqueue_retries_total", **queue) == 1
    assert world.value("workqueue_work_duration_seconds_sum", **queue) == 0.25


@pytest.mark.parametrize("trigger", get_args(Trigger))
@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_end_of_a_pass_is_there_before_the_first(trigger: Trigger, outcome: Outcome) -> None:
    world = World()
    world.metrics()
    labels = {"trigger": trigger, "outcome": outcome}
    assert world.value("route_controller_route_sync_total", **labels) == 0


@pytest.mark.parametrize("method", get_args(Method))
@pytest.mark.parametrize("code", get_args(Code))
def test_every_answer_of_the_provider_is_there_before_the_first(method: Method, code: Code) -> None:
    world = World()
    world.metrics()
    assert world.routes("podroute_provider_requests_total", method=method, code=code) == 0


def test_requests_to_the_api_server_are_counted_as_client_go_does() -> None:
    world = World()
    metrics = ProcessMetrics(world.registry, "1.2.3")

    metrics.requested("PATCH", "10.32.0.1", 200)
    metrics.requested("PATCH", "10.32.0.1", None)

    assert world.value("podroute_build_info", version="1.2.3") == 1
    for code in ("200", "<error>"):
        labels = {"code": code, "method": "PATCH", "host": "10.32.0.1"}
        assert world.value("rest_client_requests_total", **labels) == 1
