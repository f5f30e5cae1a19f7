"""What a running controller does not do without a person's word, and the word."""

import json
import re
from collections.abc import Collection, Generator, Mapping
from threading import Event
from typing import Any

import pytest

from tests.cluster.fault_proxy import Answer, FaultProxy, Forward, Request
from tests.cluster.node_ipam import ANYWHERE, IN_TURN, WITHIN, until, until_said, until_true
from tests.cluster.nodes import node_body
from tests.cluster.pages import address, page
from tests.cluster.process import Process
from tests.cluster.routes import Routed, ip, lost
from tests.unit.command import process

pytestmark = pytest.mark.cluster

USUAL = (*IN_TURN, ANYWHERE, "--settle=1s", "--route-reconciliation-period=1s")
UNASKED = 3  # removals of a small cluster
BLOCK = "10.200.99.0/24"


def join(routed: Routed, count: int) -> Mapping[str, str]:
    """Nodes with a block each; the routes that they need."""
    wished = {f"10.200.{number}.0/24": f"10.240.1.{number}" for number in range(count)}
    routed.cluster.register(
        node_body(f"worker-{number}", internal_ips=[hop], pod_cidrs=[block])
        for number, (block, hop) in enumerate(wished.items())
    )
    routed.router.until(wished)
    return wished


def remove(routed: Routed, numbers: Collection[int]) -> None:
    for number in numbers:
        routed.cluster.remove(f"worker-{number}")


def held(controller: Process) -> tuple[int, str]:
    """How many changes wait now, and the name of those."""
    _, words = page(controller, "/api/v1alpha1/status")
    waiting: Mapping[str, int | str] | None = json.loads(words)["held"]
    if waiting is None:
        return 0, ""
    return int(waiting["count"]), _named(str(waiting["next"]))


def _named(command: str) -> str:
    (named,) = re.findall(r"^podroute apply --confirm ([\w-]+)$", command)
    return str(named)


def last_told(controller: Process) -> str:
    """The name of those that waited when that was news: not each one more is."""
    lines = [json.loads(line) for line in controller.said()]
    return _named([one["next"] for one in lines if one["event"] == "held back"][-1])


def until_held(routed: Routed, controller: Process, *, of: int, besides: int = 0) -> str:
    """Once all of these removals wait but the few that may pass; the name of those that wait.

    ``besides``: routes that nobody wants to remove. By then the Lease has the name, too.
    """

    def all_wait() -> str | None:
        count, word = held(controller)
        stay = len(routed.router.routes())
        all_of_them = count >= of - UNASKED and stay == count + besides
        return word if all_of_them and word == published(routed) else None

    return until(all_wait)


def published(routed: Routed) -> str:
    """The word that the Lease has."""
    annotations: Mapping[str, str] = lease(routed)["metadata"].get("annotations", {})
    return annotations.get("podroute.io/held-back", "")


def lease(routed: Routed) -> Mapping[str, Any]:
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/podroute-controller"
    return dict(json.loads(routed.cluster.plane.api.get(path)))


def test_all_nodes_are_deleted(routed: Routed) -> None:
    ip("route add 10.201.0.0/24 via 10.240.9.9 proto static")
    controller = routed.controller(*USUAL)
    wished = join(routed, 12)
    routed.cluster.plane.kubectl("delete", "nodes", "--all")

    until_held(routed, controller, of=12)
    routed.until_told("DeletesHeld", "podroute-controller", last_told(controller))
    kept = routed.router.routes()
    assert kept.items() <= wished.items()
    routed.register("newcomer", "10.240.2.1", BLOCK)
    routed.router.until({**kept, BLOCK: "10.240.2.1"})
    assert confirmed(routed, "wrong") == {**kept, BLOCK: "10.240.2.1"}
    word = held(controller)[1]

    confirmed(routed, word)

    routed.router.until({BLOCK: "10.240.2.1"})
    assert "10.240.9.9" in ip("route show 10.201.0.0/24")
    ip("route delete 10.201.0.0/24")


def confirmed(routed: Routed, word: str) -> Mapping[str, str]:
    """The routes, after the leader has renewed its Lease twice since it was told."""
    annotate = ("annotate", "lease", "podroute-controller", "--namespace=kube-system")
    routed.cluster.plane.kubectl(*annotate, "--overwrite", f"podroute.io/confirmed={word}")
    renewed = {renewal(routed)}

    def twice() -> bool:
        renewed.add(renewal(routed))
        return len(renewed) > 2

    until_true(twice)
    return routed.router.routes()


def renewal(routed: Routed) -> str:
    return str(lease(routed)["spec"]["renewTime"])


def test_a_third_of_the_nodes_is_deleted_and_comes_back(routed: Routed) -> None:
    controller = routed.controller(*USUAL)
    wished = join(routed, 30)
    remove(routed, range(10))

    until_true(lambda: held(controller)[0] > 0)
    routed.register("newcomer", "10.240.2.1", BLOCK)
    routed.until_available("newcomer")
    assert len(routed.router.routes()) >= 30 + 1 - 6

    routed.cluster.register(
        node_body(f"worker-{number}", internal_ips=[f"10.240.1.{number}"], pod_cidrs=[block])
        for number, block in enumerate([*wished][:10])
    )
    until_said(controller, "nothing is held back any more")
    routed.router.until({**wished, BLOCK: "10.240.2.1"})
    assert len(lost(routed.router.record())) <= 6


def test_a_leader_that_is_restarted_counts_on_from_where_the_last_one_was(routed: Routed) -> None:
    wished = dict(join_and_stop(routed, 30, removed=range(3)))
    controller = routed.controller(*USUAL)
    remove(routed, range(3, 6))
    routed.router.until(dict([*wished.items()][3:]))

    remove(routed, range(6, 7))

    until_said(controller, "after 6 within 10 minutes")
    assert len(routed.router.routes()) == 30 - 6


def join_and_stop(routed: Routed, count: int, *, removed: range) -> Mapping[str, str]:
    """A controller that has removed so many routes and is gone; those that it has left."""
    controller = routed.controller(*USUAL)
    wished = join(routed, count)
    remove(routed, removed)
    left = routed.router.until(dict([*wished.items()][len(removed) :]))
    assert controller.stop(within=WITHIN) == 0
    return left


def test_a_person_confirms_by_the_command_that_status_names(routed: Routed) -> None:
    controller = routed.controller(*USUAL)
    join(routed, 10)
    remove(routed, range(2, 10))
    word = until_held(routed, controller, of=8, besides=2)

    shown = process("status", f"--controller={address(controller)}")
    assert f"podroute apply --confirm {word}" in shown.out, shown
    kubeconfig = routed.cluster.plane.kubeconfig()
    shown = process("status", f"--kubeconfig={kubeconfig}")  # by the Lease alone
    assert shown.status == 1, shown
    assert f"podroute apply --kubeconfig {kubeconfig} --confirm {word}" in shown.out, shown
    told = process("apply", f"--kubeconfig={kubeconfig}", "--confirm", word)
    assert told.status == 0, told

    routed.router.until({"10.200.0.0/24": "10.240.1.0", "10.200.1.0/24": "10.240.1.1"})


def test_a_leader_that_is_dead_is_not_said_to_lead(routed: Routed) -> None:
    controller = routed.controller(*USUAL)
    join(routed, 10)
    remove(routed, range(2, 10))
    word = until_held(routed, controller, of=8, besides=2)
    controller.kill()
    patch = ("patch", "lease", "podroute-controller", "--namespace=kube-system", "--type=merge")
    old = {"spec": {"renewTime": "2026-01-02T03:04:05.000000Z"}}
    routed.cluster.plane.kubectl(*patch, "--patch", json.dumps(old))
    since = "has not renewed the Lease kube-system/podroute-controller since 2026-01-02T03:04:05"

    shown = process("status", f"--kubeconfig={routed.cluster.plane.kubeconfig()}")
    assert shown.status == 1, shown
    assert since in shown.out, shown
    assert word not in shown.out, shown  # nobody is there to hear it
    told = process("apply", f"--kubeconfig={routed.cluster.plane.kubeconfig()}", "--confirm", word)
    assert told.status == 5, told
    assert since in told.err, told


def test_the_api_server_lists_no_nodes_though_there_are(routed: Routed, proxy: FaultProxy) -> None:
    first = routed.controller(*USUAL)
    wished = join(routed, 5)
    assert first.stop(within=WITHIN) == 0
    over, now = Event(), version(routed)

    def without_nodes(request: Request, forward: Forward) -> Answer | None:
        if "sendInitialEvents" in request.path and not over.is_set():
            return Answer(200, parts=no_nodes(now, over))
        return forward()

    proxy.interceptor = without_nodes
    controller = routed.controller(*USUAL, kubeconfig=proxy.kubeconfig())
    until_said(controller, "held back")
    assert routed.router.routes() == wished

    over.set()
    until_said(controller, "nothing is held back any more")
    assert routed.router.routes() == wished
    assert not lost(routed.router.record())


def version(routed: Routed) -> str:
    """Of the list of Nodes as it is now."""
    listed: Mapping[str, Mapping[str, str]]
    listed = json.loads(routed.cluster.plane.api.get("/api/v1/nodes"))
    return listed["metadata"]["resourceVersion"]


def no_nodes(version: str, over: Event) -> Generator[bytes]:
    """An empty list as a stream, which goes on until it is over, and then was too old."""
    metadata = {"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}
    node = {"kind": "Node", "apiVersion": "v1", "metadata": metadata}
    yield json.dumps({"type": "BOOKMARK", "object": node}).encode() + b"\n"
    over.wait(WITHIN.total_seconds())
    gone = {"kind": "Status", "code": 410, "message": "too old resource version"}
    yield json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n"


@pytest.mark.parametrize(
    ("flag", "internal_ip", "pod_cidr", "cause"),
    [
        pytest.param(
            "--node-cidrs=10.240.0.0/24",
            "10.240.1.1",
            BLOCK,
            "10.240.1.1 is outside the node CIDRs 10.240.0.0/24",
            id="InternalIP outside --node-cidrs",
        ),
        pytest.param(
            "--cluster-cidr=10.200.0.0/18",
            "10.240.0.1",
            "10.200.99.0/24",
            "10.240.0.1 is the router's own address",
            id="InternalIP of the router",
        ),
        pytest.param(
            "--cluster-cidr=10.200.0.0/18",
            "10.240.0.21",
            BLOCK,
            "10.200.99.0/24 is outside the cluster CIDR 10.200.0.0/18",
            id="podCIDR outside --cluster-cidr",
        ),
        pytest.param(
            "--service-cluster-ip-range=10.200.96.0/20",
            "10.240.0.21",
            BLOCK,
            "10.200.99.0/24 overlaps the reserved range 10.200.96.0/20",
            id="podCIDR over --service-cluster-ip-range",
        ),
        pytest.param(
            "--cluster-cidr=10.200.0.0/16",
            "10.240.0.21",
            "10.200.98.0/23",
            "10.200.98.0/23 is not one /24 block of 10.200.0.0/16",
            id="podCIDR of another size",
        ),
    ],
)
def test_a_node_outside_the_address_plan(
    routed: Routed, flag: str, internal_ip: str, pod_cidr: str, cause: str
) -> None:
    routed.controller(flag)
    routed.register("good", "10.240.0.20", "10.200.0.0/24")
    routed.register("bad", internal_ip, pod_cidr)

    condition = routed.until_condition("bad", "True", cause)
    routed.until_told("PodCIDRRefused", "bad", cause)
    routed.until_available("good")

    assert condition.reason == "NoRouteCreated"
    assert routed.router.routes() == {"10.200.0.0/24": "10.240.0.20"}
