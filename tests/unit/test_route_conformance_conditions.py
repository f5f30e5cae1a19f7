"""Behaviours 75 to 81: what starts a pass, and the condition NetworkUnavailable.

After TestHandleNodeUpdate and TestUpdateNetworkingCondition of kubernetes/cloud-provider.
"""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from podroute.model.cidr import parse_cidr
from podroute.model.condition import NetworkCondition
from podroute.model.node import Node, NodeUid
from podroute.routing.conditions import AVAILABLE, Whose
from podroute.routing.policy import Policy
from tests.builders import installed, node
from tests.unit.route_ledgers import STEADY, Run

A = node("a", "10.240.0.30", "10.200.0.0/24")
OURS = installed("10.200.0.0/24", "10.240.0.30")
NO_ROUTE = "RouteController failed to create a route"


@pytest.mark.parametrize(
    "after",
    [
        replace(A, internal_ips=(ip_address("10.240.0.31"),)),
        replace(A, internal_ips=(*A.internal_ips, ip_address("10.240.0.31"))),
        replace(A, pod_cidrs=(parse_cidr("10.200.1.0/24"),)),
        replace(A, pod_cidrs=(*A.pod_cidrs, parse_cidr("fd00:10:200::/64"))),
    ],
)
def test_75_an_internal_ip_or_a_pod_cidr_that_changes_is_looked_at(after: Node) -> None:
    run = Run([A], [OURS]).start()

    run.see(after)

    assert run.ledger.next_moment() == 0


@pytest.mark.parametrize(
    "after", [replace(A, uid=NodeUid("anew")), replace(A, provider_id="gce://p/z/another")]
)
def test_75_nor_is_another_machine_under_the_name_taken_for_the_one_before(after: Node) -> None:
    """Kubernetes looks at addresses and podCIDRs only."""
    run = Run([A], [OURS]).start()

    run.see(after)

    assert run.ledger.next_moment() == 0


@pytest.mark.parametrize(
    "after", [A, replace(A, labels=(("zone", "a"),)), replace(A, network=AVAILABLE)]
)
def test_76_nothing_else_is(after: Node) -> None:
    """A kubelet's heartbeat, with another list of images or another condition."""
    run = Run([A], [OURS]).start()

    run.see(after)

    assert run.ledger.next_moment() == float("inf")


def condition(
    shown: NetworkCondition | None, whose: Whose = "own", *, served: bool = True
) -> list[str]:
    """What is written on a Node that shows ``shown``; ``served``: its route is there."""
    here = replace(A, network=shown)
    run = Run([here], [OURS] if served else [], policy=Policy(10, STEADY, whose)).start()
    if not served:
        run.fail(run.take(), "no")
    return run.conditions()


GOOD = ["a False RouteCreated: RouteController created a route"]
BAD = [f"a True NoRouteCreated: {NO_ROUTE}: 10.200.0.0/24: no"]


def test_77_without_a_condition_it_is_written() -> None:
    assert condition(None) == GOOD
    assert condition(None, served=False) == BAD


def test_78_with_the_same_status_and_reason_it_is_not() -> None:
    failed = NetworkCondition("True", "NoRouteCreated", f"{NO_ROUTE}: 10.200.0.0/24: no")

    assert condition(AVAILABLE) == []
    assert condition(failed, served=False) == []


@pytest.mark.parametrize("reason", ["CalicoIsUp", "ExternalCNI"])
@pytest.mark.parametrize("served", [True, False])
def test_79_anothers_reason_is_left_alone_unless_one_asks_for_it(
    reason: str, *, served: bool
) -> None:
    """Upstream overwrites it, on purpose: kubernetes/kubernetes#136561."""
    theirs = NetworkCondition("False", reason, "it runs")

    assert condition(theirs, served=served) == []
    assert condition(theirs, "any", served=served) == (GOOD if served else BAD)
    assert condition(theirs, "none", served=served) == []


@pytest.mark.parametrize("reason", ["NoRouteCreated", ""])
def test_80_true_for_another_reason_of_ours_becomes_what_is_so(reason: str) -> None:
    shown = NetworkCondition("True", reason, "waiting for cloud routes")

    assert condition(shown, served=False) == BAD
    assert condition(shown) == GOOD


def test_81_reasons_and_messages_are_those_of_kubernetes() -> None:
    """The message of a failure goes on with its cause."""
    assert condition(None) == ["a False RouteCreated: RouteController created a route"]
    (failed,) = condition(None, served=False)
    assert failed.startswith("a True NoRouteCreated: RouteController failed to create a route")
