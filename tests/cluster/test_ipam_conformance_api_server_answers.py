"""Behaviours 11 to 62 at a real API server that need a say in its answers."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest

from tests.cluster.fault_proxy import Answer, FaultProxy, Forward, Hold, Request
from tests.cluster.interceptors import Deaf, First, Spoilt, cut, failing, refused, swallowed
from tests.cluster.ipam_cases import (
    NO_REST,
    block_of,
    blocks,
    change,
    given_in_turn,
    one_pool,
    remove_all,
    start,
    start_with_pools,
    until_told,
    until_waiting,
    used,
    versions,
)
from tests.cluster.node_ipam import WITHIN, Cluster, until_said, until_true
from tests.cluster.nodes import node_body
from tests.cluster.pages import metrics
from tests.cluster.pod_cidrs import unserved
from tests.cluster.process import Process

pytestmark = pytest.mark.cluster

QUARTERS = ("--cluster-cidr=10.1.0.0/24", "--node-cidr-mask-size=26")
LISTED = '"event": "listed"'


def through(cluster: Cluster, proxy: FaultProxy) -> Process:
    """Four blocks, and the first list is there."""
    controller = cluster.controller(*NO_REST, *QUARTERS, kubeconfig=proxy.kubeconfig())
    until_said(controller, LISTED)
    return controller


def look_anew(controller: Process, proxy: FaultProxy) -> None:
    """Once there is one more complete list."""
    so_far = controller.log.read_text().count(LISTED)
    proxy.cut_watches()
    until_true(lambda: controller.log.read_text().count(LISTED) > so_far)


def patches(proxy: FaultProxy, node: str) -> list[bytes]:
    return [one.body for one in proxy.seen if one.is_assignment and one.node == node]


def test_11_41_the_retry_clock(cluster: Cluster, proxy: FaultProxy) -> None:
    through(cluster, proxy)
    proxy.interceptor = first = First(failing, a=2)

    cluster.join(["a", "b"])
    cluster.served(2)

    moments = first.moments("a")
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert len(pauses) == 2
    assert pauses[0] >= 0.5
    assert pauses[1] >= 1
    assert len(first.moments("b")) == 1


def test_34_another_range_is_told_and_never_overwritten(
    cluster: Cluster, proxy: FaultProxy
) -> None:
    controller = through(cluster, proxy)
    proxy.interceptor = hold = Hold(lambda request: request.is_assignment)
    cluster.join(["a"])
    assert hold.reached.wait(WITHIN.total_seconds())

    body = b'{"spec": {"podCIDR": "10.1.7.0/24", "podCIDRs": ["10.1.7.0/24"]}}'
    with cluster.plane.api.connect() as connection:
        connection.patch("/api/v1/nodes/a", body)
    before = versions(cluster)
    hold.release()

    until_told(cluster, "ForeignPodCIDR", "a")
    until_said(controller, '"answer": "refused"')
    assert versions(cluster) == before
    assert block_of(cluster, "a") == "10.1.7.0/24"


def test_36_a_list_again_changes_nothing(cluster: Cluster, proxy: FaultProxy) -> None:
    controller = through(cluster, proxy)
    cluster.join(["a", "b", "c"])
    cluster.served(3)
    before = versions(cluster)

    look_anew(controller, proxy)
    look_anew(controller, proxy)

    until_true(lambda: used(controller, "default", "10.1.0.0/24") == 3)
    cluster.join(["d"])
    cluster.served(4)
    assert {name: versions(cluster)[name] for name in before} == before
    assert [len(patches(proxy, name)) for name in "abcd"] == [1] * 4


def test_38_a_node_that_is_gone_is_not_tried_again(cluster: Cluster, proxy: FaultProxy) -> None:
    """The other one's third try is later than the second one of the one that is gone would be.

    The controller has seen the end when it serves a Node that has come after it.
    """

    def late(forward: Forward) -> Answer:
        until_true(lambda: bool(first.moments("witness")))
        return failing(forward)

    def gone(forward: Forward) -> Answer:
        remove_all(cluster, ["gone"])
        cluster.join(["witness"])
        return late(forward)

    def fates(request: Request, forward: Forward) -> Answer | None:
        return (first if request.node in {"gone", "witness"} else others)(request, forward)

    through(cluster, proxy)
    first, others = First(gone, gone=9), First(late, other=2)
    proxy.interceptor = fates
    cluster.join(["gone"])
    until_true(lambda: bool(first.moments("gone")))
    cluster.join(["other"])
    until_true(lambda: list(cluster.nodes()) == ["other", "witness"])

    cluster.served(2)

    assert len(first.moments("gone")) == 1
    assert len(others.moments("other")) == 3


def test_39_40_a_node_that_is_right_is_not_written(cluster: Cluster, proxy: FaultProxy) -> None:
    """Nor is a NetworkUnavailable that is stale: that is the route loop's."""
    condition = {"type": "NetworkUnavailable", "status": "True", "reason": "NoRouteCreated"}
    body = {**node_body("right", pod_cidrs=["10.1.0.0/26"]), "status": {"conditions": [condition]}}
    cluster.register([body])
    before = versions(cluster)

    controller = through(cluster, proxy)
    look_anew(controller, proxy)
    assert given_in_turn(cluster, ["next"]) == ["10.1.0.64/26"]

    assert versions(cluster)["right"] == before["right"]
    assert b"NoRouteCreated" in cluster.plane.api.get("/api/v1/nodes/right")
    assert not any("/nodes/right" in one.path for one in proxy.seen)


def test_44_a_pool_changes_while_a_grant_is_under_way(cluster: Cluster, proxy: FaultProxy) -> None:
    old, new = one_pool("old", "10.1.0.0/16", 24), one_pool("new", "10.2.0.0/16", 24)
    proxy.interceptor = hold = Hold(lambda request: request.is_assignment and request.node == "a")
    controller = start_with_pools(cluster, old, kubeconfig=proxy.kubeconfig())
    cluster.join(["a"])
    assert hold.reached.wait(WITHIN.total_seconds())

    change(cluster, controller, new, said="a would lose their blocks")
    change(cluster, controller, {**old, "draining": True}, new)
    cluster.join(["b"])
    assert blocks(cluster.served(1, besides=["a"]))["b"] == "10.2.0.0/24"
    hold.release()

    assert block_of(cluster, "a") == "10.1.0.0/24"


@pytest.mark.parametrize("fate", [swallowed, cut])
def test_51_half_done_is_done_again_with_the_same_block(
    cluster: Cluster, proxy: FaultProxy, fate: Callable[[Forward], None]
) -> None:
    controller = through(cluster, proxy)
    proxy.interceptor = first = First(fate, a=1)
    cluster.join(["a"])
    until_true(lambda: bool(first.at))

    others = given_in_turn_besides(cluster, "a", ["b", "c", "d"])
    cluster.served(4)

    assert block_of(cluster, "a") not in others
    assert len(set(patches(proxy, "a"))) == 1
    until_true(lambda: used(controller, "default", "10.1.0.0/24", "pending") == 0)


def given_in_turn_besides(cluster: Cluster, name: str, others: list[str]) -> set[str]:
    cluster.join(others)
    until_true(lambda: all(cluster.nodes()[other].pod_cidrs for other in others))
    given: Mapping[str, str] = blocks(cluster.nodes())
    return {given[other] for other in given if other != name}


def test_53_a_takeover_that_fails_leaves_the_old_state(cluster: Cluster, proxy: FaultProxy) -> None:
    controller = through(cluster, proxy)
    proxy.interceptor = First(refused, a=1)
    cluster.join(["a"])
    until_told(cluster, "CIDRAssignmentFailed", "a")
    states = ("used", "pending", "quarantined", "free")

    figures = [used(controller, "default", "10.1.0.0/24", state) for state in states]
    assert figures == [0, 0, 0, 4]

    cluster.label("a", "again")
    assert block_of(cluster, "a").startswith("10.1.0.")


def test_57_missing_data_is_no_release(cluster: Cluster, proxy: FaultProxy) -> None:
    cluster.register([node_body(f"h{at}", pod_cidrs=[f"10.1.0.{64 * at}/26"]) for at in range(4)])
    controller = through(cluster, proxy)
    cluster.join(["waiting"])
    until_waiting(cluster, "waiting")

    proxy.interceptor = spoilt = Spoilt("h1")
    look_anew(controller, proxy)
    assert spoilt.used.is_set()
    until_said(controller, "a Node cannot be read")
    cluster.join(["next"])
    until_waiting(cluster, "next")
    assert unserved(cluster.nodes()) == {"waiting", "next"}

    cluster.remove("next")
    cluster.remove("h1")
    assert block_of(cluster, "waiting") == "10.1.0.64/26"


def test_45_58_an_end_that_was_missed_is_seen_later_and_frees_once(
    cluster: Cluster, proxy: FaultProxy
) -> None:
    """No Node's end waits for another's."""
    cluster.register([node_body(f"h{at}", pod_cidrs=[f"10.1.0.{64 * at}/26"]) for at in range(4)])
    controller = through(cluster, proxy)
    cluster.join(["a", "b", "c"])
    until_waiting(cluster, "a", "b", "c")

    cluster.remove("h0")
    cluster.served(4, besides=cluster.nodes().keys() - blocks_held(cluster, 4))
    proxy.interceptor = deaf = Deaf()
    proxy.cut_watches()
    assert deaf.asked.wait(WITHIN.total_seconds())
    cluster.remove("h1")
    cluster.remove("h2")
    deaf.over.set()

    cluster.served(4)
    until_true(lambda: used(controller, "default", "10.1.0.0/24") == 4)
    assert controller.log.read_text().count('"event": "freed"') == 3


def blocks_held(cluster: Cluster, count: int) -> set[str]:
    """Who has one, once there are so many."""
    return {name for name, block in blocks(cluster.some_served(count)).items() if block}


def test_59_a_failure_to_allocate_is_where_a_person_sees_it(cluster: Cluster) -> None:
    cluster.register([node_body("served", pod_cidrs=["10.1.0.0/24"])])
    controller = start(cluster, "10.1.0.0/24 by 24")
    cluster.join(["a"])
    until_waiting(cluster, "a")

    (event,) = cluster.events("CIDRNotAvailable")
    assert "room for 0 Nodes: add a pool" in event.note
    assert event.note in controller.log.read_text()
    assert metrics(controller)["podroute_ipam_waiting_nodes"] == 1


def test_62_nothing_is_given_before_all_nodes_were_counted(
    cluster: Cluster, proxy: FaultProxy
) -> None:
    cluster.join(["a"])
    proxy.interceptor = hold = Hold(lambda request: "/nodes?" in request.path)
    cluster.controller(*NO_REST, *QUARTERS, kubeconfig=proxy.kubeconfig())
    assert hold.reached.wait(WITHIN.total_seconds())
    cluster.register([node_body(f"h{at}", pod_cidrs=[f"10.1.0.{64 * at}/26"]) for at in range(3)])
    assert patches(proxy, "a") == []

    hold.release()

    assert block_of(cluster, "a") == "10.1.0.192/26"
