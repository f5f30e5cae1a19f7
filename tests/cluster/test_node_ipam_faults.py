"""The way to the API server breaks in every manner: each Node is served in the end, once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.fault_proxy import Answer, FaultProxy, Forward, Hold, Request, status
from tests.cluster.node_ipam import (
    ALONE,
    ANYWHERE,
    UNHURRIED,
    WITHIN,
    Cluster,
    unready,
    until_said,
    until_true,
)
from tests.cluster.pod_cidrs import WIDE, assert_sound, unserved

pytestmark = pytest.mark.cluster

MANY = (f"--cluster-cidr={WIDE[0].cidr}",)
SHARE = 0.4  # of the patches
STANDSTILL = 10  # seconds
A_MINUTE = timedelta(seconds=60)


class Dice:
    """An interceptor: many a patch meets with something bad, by seed."""

    def __init__(self, seed: int) -> None:
        self.faults: list[str] = []
        self._dice = Random(seed)
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        if not request.is_assignment:
            return forward()
        with self._lock:
            fault = self._dice.choice(FAULTS) if self._dice.random() < SHARE else ""
            self.faults.append(fault)
        if fault in {"swallowed answer", "done, then 500"}:
            forward()
        if fault in {"swallowed answer", "cut connection"}:
            return None
        return ANSWERS[fault] if fault in ANSWERS else forward()


ANSWERS = {
    "409": status(409, "the object has been modified"),
    "429": status(429, "too many requests"),
    "500": status(500, "etcdserver: leader changed"),
    "503": status(503, "apiserver is shutting down"),
    "504": status(504, "request did not complete within the allotted timeout"),
    "done, then 500": status(500, "etcdserver: request timed out"),
}
FAULTS = (*ANSWERS, "swallowed answer", "cut connection")


@pytest.mark.parametrize("seed", range(2))
def test_patches_that_fail_by_dice(cluster: Cluster, proxy: FaultProxy, seed: int) -> None:
    cluster.join(f"worker-{number}" for number in range(200))
    proxy.interceptor = dice = Dice(seed)

    cluster.controller(*ALONE, kubeconfig=proxy.kubeconfig())

    assert_sound(cluster.served(200))
    assert set(dice.faults) >= set(FAULTS)


class Once:
    """An interceptor: the next watch gets this answer, the later ones are forwarded."""

    def __init__(self, answer: Answer | None) -> None:
        self.used = threading.Event()
        self._answer = answer
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        if "/nodes?" not in request.path or "watch=" not in request.path:
            return forward()
        with self._lock:
            if self.used.is_set():
                return forward()
            self.used.set()
        return self._answer


def stream(*lines: bytes) -> Answer:
    return Answer(200, parts=lines)


def error(code: int, words: str) -> bytes:
    status = {"kind": "Status", "code": code, "message": words}
    return json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(stream(error(410, "too old")), id="410 in the stream"),
        pytest.param(stream(error(500, "oh")), id="500 in the stream"),
        pytest.param(stream(b'{"type": "ADDED", "object": {"kind": "Node", "meta'), id="half"),
        pytest.param(stream(b"<html>\n"), id="no JSON"),
        pytest.param(stream(), id="nothing"),
        pytest.param(status(410, "too old resource version"), id="410"),
        pytest.param(status(429, "too many requests"), id="429"),
        pytest.param(status(503, "apiserver is shutting down"), id="503"),
        pytest.param(None, id="no answer"),
    ],
)
def test_a_watch_that_breaks(cluster: Cluster, proxy: FaultProxy, answer: Answer | None) -> None:
    cluster.join(["first"])
    cluster.controller(*ALONE, kubeconfig=proxy.kubeconfig())
    before = cluster.served(1)

    proxy.interceptor = once = Once(answer)
    proxy.cut_watches()
    assert once.used.wait(WITHIN.total_seconds())
    cluster.join(["second"])

    assert_sound(cluster.served(2), before=before)


def test_a_node_is_made_anew_under_its_name_while_its_patch_is_held(
    cluster: Cluster, proxy: FaultProxy
) -> None:
    proxy.interceptor = hold = Hold(lambda request: request.is_assignment)
    cluster.join(["reborn"])
    controller = cluster.controller(*ALONE, kubeconfig=proxy.kubeconfig())
    assert hold.reached.wait(WITHIN.total_seconds())
    former = cluster.nodes()["reborn"]

    cluster.remove("reborn")
    cluster.join(["reborn", "other"])
    hold.release()

    nodes = cluster.served(2)
    assert nodes["reborn"].uid != former.uid
    assert_sound(nodes)
    until_true(lambda: any(is_refused_by_uid(line) for line in controller.said()))


def is_refused_by_uid(line: str) -> bool:
    return '"not assigned"' in line and '"answer": "refused"' in line and "uid" in line


def test_a_frozen_etcd_at_the_start(
    cluster: Cluster, plane: ControlPlane, proxy: FaultProxy
) -> None:
    cluster.join(["first", "second"])
    patched = threading.Event()

    def watching(request: Request, forward: Forward) -> Answer | None:
        if request.is_assignment:
            patched.set()
        return forward()

    proxy.interceptor = watching
    until_true(lambda: b"second" in plane.api.get("/api/v1/nodes?resourceVersion=0"))
    with plane.frozen_etcd():
        controller = cluster.controller(*ALONE, ANYWHERE, kubeconfig=proxy.kubeconfig())
        until_true(lambda: any("/nodes" in request.path for request in proxy.seen))
        assert unready(controller) == "[+]loop ok\n[-]nodes failed: the Nodes are not listed yet\n"
        assert b"second" in plane.api.get("/api/v1/nodes?resourceVersion=0")
        assert not patched.wait(3)

    assert_sound(cluster.served(2))
    assert unready(controller) == ""


def test_etcd_stands_still_among_joining_nodes(cluster: Cluster, plane: ControlPlane) -> None:
    cluster.controller(*UNHURRIED, *MANY, "--settle=1s")
    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(cluster.join, [f"worker-{number}" for number in range(300)])
        before = cluster.some_served(50)
        with plane.frozen_etcd():
            threading.Event().wait(STANDSTILL)
        joining.result()

    assert_sound(cluster.served(300), before=before, families=WIDE)


def test_the_api_server_dies_among_waiting_nodes(cluster: Cluster, plane: ControlPlane) -> None:
    cluster.join(f"worker-{number}" for number in range(300))
    cluster.controller(*ALONE, *MANY, "--kube-api-qps=100", "--kube-api-burst=1")
    before = cluster.some_served(50)

    plane.stop_api_server()
    plane.start_api_server()

    assert len(cluster.nodes()) == 300
    assert_sound(cluster.served(300, within=A_MINUTE), before=before, families=WIDE)


def test_etcd_comes_back_from_a_snapshot(cluster: Cluster, plane: ControlPlane) -> None:
    cluster.join(f"old-{number}" for number in range(50))
    plane.save_etcd(cluster.directory / "snapshot")
    for number in range(500):  # what is written after the restore stays behind this version
        cluster.label("old-0", str(number))
    controller = cluster.controller(*ALONE)
    before = cluster.served(50)

    controller.pause()
    plane.restore_etcd(cluster.directory / "snapshot")
    assert len(unserved(cluster.nodes())) == 50
    controller.resume()
    cluster.join(f"new-{number}" for number in range(20))

    nodes = cluster.served(70)
    assert_sound(nodes, before=before)
    until_said(controller, "gone back in time")


def test_versions_that_went_back_catch_up_at_once(cluster: Cluster, plane: ControlPlane) -> None:
    cluster.join(["first"])
    cluster.controller(*ALONE, "--cluster-cidr=10.200.0.0/24", "--quarantine=0s")
    cluster.served(1)
    cluster.join(["second"])
    until_true(lambda: bool(cluster.events("CIDRNotAvailable")))
    plane.save_etcd(cluster.directory / "snapshot")
    cluster.remove("first")
    cluster.served(1)

    plane.restore_etcd(cluster.directory / "snapshot")
    cluster.join(["third"])
    for number in range(100):
        cluster.label("third", str(number))
    cluster.label("second", "alive")

    cluster.remove("third")
    cluster.join(["fourth"])
    until_true(lambda: len(cluster.events("CIDRNotAvailable")) > 1)
    nodes = cluster.nodes()
    assert_sound(nodes, besides=unserved(nodes))
