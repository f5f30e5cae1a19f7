"""NetworkUnavailable at a real API server: whose it is, and how seldom it is written."""

from collections.abc import Mapping

import pytest

from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.ipam_cases import versions
from tests.cluster.node_ipam import ANYWHERE, WITHIN, until_true
from tests.cluster.nodes import NodeBody, node_body
from tests.cluster.pages import metrics
from tests.cluster.process import Process
from tests.cluster.routes import AVAILABLE, Condition, Routed

pytestmark = pytest.mark.cluster

BLOCK, HOP = "10.200.1.0/24", "10.240.0.21"
CALICO = {
    "type": "NetworkUnavailable",
    "status": "False",
    "reason": "CalicoIsUp",
    "message": "Calico is running on this node",
}
LOOKS = 5  # at the router, one each second


def of_another(name: str, internal_ip: str, pod_cidr: str) -> NodeBody:
    """A Node whose condition another component keeps."""
    body = node_body(name, internal_ips=[internal_ip], pod_cidrs=[pod_cidr])
    addresses = [{"type": "InternalIP", "address": internal_ip}]
    return {**body, "status": {"addresses": addresses, "conditions": [CALICO]}}


def words(condition: Condition | None) -> tuple[str, ...]:
    return (condition.status, condition.reason, condition.message) if condition else ()


def test_anothers_condition_is_left_alone(routed: Routed) -> None:
    routed.cluster.register([of_another("theirs", HOP, BLOCK)])
    routed.register("ours", "10.240.0.22", "10.200.2.0/24")
    controller = routed.controller()

    routed.router.until({BLOCK: HOP, "10.200.2.0/24": "10.240.0.22"})
    routed.until_available("ours")
    assert controller.stop(within=WITHIN) == 0
    assert words(routed.condition("theirs")) == (
        "False",
        "CalicoIsUp",
        "Calico is running on this node",
    )


def test_anothers_condition_becomes_ours_where_that_is_asked_for(routed: Routed) -> None:
    routed.cluster.register([of_another("theirs", HOP, BLOCK)])
    routed.controller("--network-condition=any")

    routed.until_available("theirs")
    assert words(routed.condition("theirs")) == AVAILABLE


def test_no_condition_is_written_where_that_is_asked_for(routed: Routed) -> None:
    routed.register("bare", HOP, BLOCK)
    controller = routed.controller("--network-condition=none", "--route-reconciliation-period=1s")

    routed.router.until({BLOCK: HOP})
    routed.until_told("RouteCreated", "bare", BLOCK)
    assert controller.stop(within=WITHIN) == 0
    assert routed.condition("bare") is None


def test_an_idle_controller_asks_for_nothing_and_a_restarted_one_writes_nothing(
    routed: Routed, proxy: FaultProxy
) -> None:
    flags = (ANYWHERE, "--route-reconciliation-period=1s")
    names = [f"worker-{number}" for number in range(20)]
    controller = routed.controller(*flags, kubeconfig=proxy.kubeconfig())
    routed.cluster.register(
        node_body(name, internal_ips=[f"10.240.1.{number}"]) for number, name in enumerate(names)
    )
    routed.until_available(*names)
    for name in names:
        routed.until_told("RouteCreated", name)
    until_quiet(controller, proxy)
    before, written = versions(routed.cluster), len(proxy.seen)

    await_looks(controller)

    assert proxy.seen[written:] == []
    assert versions(routed.cluster) == before
    routed.router.forget()
    assert controller.stop(within=WITHIN) == 0
    asked = len(proxy.seen)
    await_looks(routed.controller(*flags, kubeconfig=proxy.kubeconfig()))

    assert {request.method for request in proxy.seen[asked:]} == {"GET"}
    assert versions(routed.cluster) == before
    assert routed.router.record() == []


def reads(controller: Process) -> float:
    """How often it has read the router."""
    shown: Mapping[str, float] = metrics(controller)
    return sum(count for name, count in shown.items() if READS in name and " read" in name)


READS = "podroute_provider_requests_total"


def await_looks(controller: Process) -> None:
    """Once it has looked at the router so often."""
    so_far = reads(controller) if "serving" in controller.log.read_text() else 0
    until_true(lambda: reads(controller) >= so_far + LOOKS)


def until_quiet(controller: Process, proxy: FaultProxy) -> None:
    """Once two looks in a row came without a request, so that all Events are sent."""

    def quiet() -> bool:
        looks, asked = reads(controller), len(proxy.seen)
        until_true(lambda: reads(controller) >= looks + 2)
        return len(proxy.seen) == asked

    until_true(quiet)
