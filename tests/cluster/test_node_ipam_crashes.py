"""Whoever dies or stalls, and whenever: every Node is served, and no block is given twice."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.fault_proxy import (
    Answer,
    FaultProxy,
    Forward,
    Hold,
    Request,
    fault_proxy,
    forwarding,
)
from tests.cluster.node_ipam import (
    ALONE,
    IN_TURN,
    LEADING,
    UNHURRIED,
    WITHIN,
    Cluster,
    leader_of,
    log_line,
    until,
    until_said,
    until_true,
)
from tests.cluster.pod_cidrs import WIDE, assert_sound, faults, unserved
from tests.cluster.process import Process

pytestmark = pytest.mark.cluster

SETTLING = "waiting before new assignments"
REFUSED = 5
TRIES = 5  # of a controller whose lease is so short that a loaded machine may lose it
FLOOD = 5_000  # Nodes
SHORT = (  # one controller at a time, each waits for the end of the last one's lease
    "--leader-elect-lease-duration=3s",
    "--leader-elect-renew-deadline=2s",
    "--leader-elect-retry-period=0.5s",
)
MANY = (f"--cluster-cidr={WIDE[0].cidr}",)


@pytest.fixture
def second_proxy(plane: ControlPlane, tmp_path: Path) -> Iterator[FaultProxy]:
    with fault_proxy(plane.api, tmp_path) as started:
        yield started


def call(request: Request) -> str:
    """What kind of request it is; a Lease is claimed by POST or PUT."""
    if "/leases" in request.path:
        return "read the Lease" if request.method == "GET" else "write the Lease"
    return (
        "assign" if request.is_assignment else f"{request.method} {request.path.partition('?')[0]}"
    )


class Boundary:
    """An interceptor that stops the n-th call of a kind, and all after it.

    It stops before the API server has it, or after the API server has done it.
    """

    def __init__(self, kind: str, number: int, *, done: bool) -> None:
        self.reached = threading.Event()
        self._kind = kind
        self._number = number
        self._done = done
        self._lock = threading.Lock()

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        with self._lock:
            self._number -= call(request) == self._kind
            here = call(request) == self._kind and self._number == 0
        if not here:
            return forward() if not self.reached.is_set() else None
        if self._done:
            forward()
        self.reached.set()
        return None


def stopped_at(
    boundary: Callable[[], Boundary], cluster: Cluster, proxy: FaultProxy, flags: Sequence[str]
) -> Process:
    """The controller that has come there; one that loses its short lease is started again."""
    for _ in range(TRIES):
        proxy.interceptor = here = boundary()
        victim = cluster.controller(*flags, kubeconfig=proxy.kubeconfig())
        until_true(partial(reached_or_ended, here, victim))
        if here.reached.is_set():
            return victim
        assert victim.status(within=WITHIN) == REFUSED
    raise AssertionError(boundary)


def reached_or_ended(boundary: Boundary, victim: Process) -> bool:
    return boundary.reached.is_set() or victim.has_ended


@pytest.mark.parametrize(
    ("flags", "nodes"), [(ALONE, 4), (SHORT, 1)], ids=["alone", "with an election"]
)
def test_killed_at_every_boundary_of_its_calls(
    cluster: Cluster, proxy: FaultProxy, flags: Sequence[str], nodes: int
) -> None:
    usual = (*flags, "--settle=0.2s")
    cluster.join(f"recorded-{number}" for number in range(nodes))
    first = cluster.controller(*usual, kubeconfig=proxy.kubeconfig())
    cluster.served(nodes)
    first.kill()
    calls = [call(request) for request in proxy.seen]
    boundaries = [
        (kind, calls[: place + 1].count(kind), done)
        for place, kind in enumerate(calls)
        for done in (False, True)
    ]
    assert calls.count("assign") == nodes

    before = cluster.nodes()
    for step, (kind, number, done) in enumerate(boundaries):
        cluster.join(f"step-{step}-{each}" for each in range(nodes))
        stopped_at(partial(Boundary, kind, number, done=done), cluster, proxy, usual).kill()
        after = cluster.nodes()
        assert_sound(after, before=before, besides=unserved(after))
        before = after

    proxy.interceptor = forwarding
    cluster.controller(*usual, kubeconfig=proxy.kubeconfig())
    total = nodes * (1 + len(boundaries))
    assert_sound(cluster.served(total), before=before)


def test_the_leader_dies_among_hundreds_of_joining_nodes(cluster: Cluster) -> None:
    pair = [cluster.controller(*IN_TURN, *MANY, "--settle=1s") for _ in range(2)]
    leader = until(lambda: leader_of(pair))
    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(cluster.join, [f"worker-{number}" for number in range(500)])
        before = cluster.some_served(100)
        leader.kill()
        joining.result()

    (successor,) = (one for one in pair if one is not leader)
    until_said(successor, '"how": "took over"')
    assert_sound(cluster.served(500), before=before, families=WIDE)


def test_the_leader_hands_over_among_joining_nodes(
    cluster: Cluster, record_property: Callable[[str, object], None]
) -> None:
    pair = [cluster.controller(*UNHURRIED, *MANY) for _ in range(2)]
    leader = until(lambda: leader_of(pair))
    (successor,) = (one for one in pair if one is not leader)
    until_said(successor, '"following"')
    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(cluster.join, [f"worker-{number}" for number in range(FLOOD)])
        before = cluster.some_served(100)
        asked = time.monotonic()
        assert leader.stop(within=WITHIN) == 0
        until_said(successor, '"how": "handed over"')
        record_property("seconds until handed over", time.monotonic() - asked)
        joining.result()

    assert log_line(leader, '"settled": true')
    nodes = cluster.served(FLOOD, within=timedelta(seconds=120))
    assert_sound(nodes, before=before, families=WIDE)
    assert not log_line(successor, SETTLING)


def test_the_leader_leaves_with_a_patch_in_flight(cluster: Cluster, proxy: FaultProxy) -> None:
    proxy.interceptor = hold = Hold(to("held"))
    leader = cluster.controller(*IN_TURN, kubeconfig=proxy.kubeconfig())
    cluster.join(["held"])
    assert hold.reached.wait(WITHIN.total_seconds())

    assert leader.stop(within=WITHIN) == 0
    assert log_line(leader, '"settled": false')
    successor = cluster.controller(*IN_TURN, "--settle=6s")
    until_said(successor, SETTLING)
    cluster.join(["later"])
    hold.release()

    assert_sound(cluster.served(2))


def test_the_api_server_is_away_for_longer_than_a_term(
    cluster: Cluster, plane: ControlPlane
) -> None:
    pair = [cluster.controller(*IN_TURN, *MANY, "--settle=1s") for _ in range(2)]
    leader = until(lambda: leader_of(pair))
    (follower,) = (one for one in pair if one is not leader)
    cluster.join(f"worker-{number}" for number in range(20))
    before = cluster.served(20)

    plane.stop_api_server()
    assert leader.status(within=WITHIN) == REFUSED
    until_said(follower, "no election")
    assert not log_line(follower, LEADING)
    plane.start_api_server()
    cluster.join(f"later-{number}" for number in range(20))

    assert_sound(cluster.served(40), before=before, families=WIDE)
    assert log_line(follower, LEADING)


def test_the_shortest_terms_are_refused_or_do(cluster: Cluster) -> None:
    """One that loses its lease is started again."""
    cluster.join(["worker"])
    tries = (served_or_ended(cluster) for _ in range(TRIES))
    controller, status = next(one for one in tries if one[1] != REFUSED)

    if status is not None:
        assert status == 2
        assert log_line(controller, "renew deadline")


def served_or_ended(cluster: Cluster) -> tuple[Process, int | None]:
    """The controller, and its exit status if it has ended."""
    controller = cluster.controller(
        "--leader-elect-lease-duration=2s",
        "--leader-elect-renew-deadline=1s",
        "--leader-elect-retry-period=0.2s",
    )
    until_true(
        lambda: controller.has_ended or not unserved(cluster.nodes()), within=timedelta(seconds=15)
    )
    return controller, controller.status(within=WITHIN) if controller.has_ended else None


def test_a_slow_leader_keeps_its_lease(cluster: Cluster) -> None:
    cluster.join(f"worker-{number}" for number in range(60))

    leader = cluster.controller(*IN_TURN, "--kube-api-qps=10", "--kube-api-burst=1")

    assert_sound(cluster.served(60))
    assert leader.stop(within=WITHIN) == 0


def test_a_stalled_leaders_patch_lands_while_its_successor_waits(
    cluster: Cluster, proxy: FaultProxy
) -> None:
    leader, hold = stalled_inside_a_patch(cluster, proxy)
    successor = cluster.controller(*IN_TURN, "--settle=6s")
    until_said(successor, SETTLING)
    cluster.join(["later"])

    hold.release()

    nodes = cluster.served(2)
    leader.resume()
    assert leader.status(within=WITHIN) == REFUSED
    assert_sound(cluster.nodes(), before=nodes)
    assert nodes["held"].pod_cidrs == ("10.200.1.0/24",)


def test_without_the_wait_it_would_be_a_duplicate(
    cluster: Cluster, proxy: FaultProxy, second_proxy: FaultProxy
) -> None:
    leader, hold = stalled_inside_a_patch(cluster, proxy)
    second_proxy.interceptor = second_hold = Hold(to("held"))
    cluster.controller(*IN_TURN, "--settle=0s", kubeconfig=second_proxy.kubeconfig())
    assert second_hold.reached.wait(WITHIN.total_seconds())
    cluster.join(["later"])
    cluster.served(1, besides=["held"])

    hold.release()

    assert faults(cluster.served(2)) == ["held 10.200.1.0/24 and later 10.200.1.0/24"]
    leader.resume()
    assert leader.status(within=WITHIN) == REFUSED


def stalled_inside_a_patch(cluster: Cluster, proxy: FaultProxy) -> tuple[Process, Hold]:
    """A leader that has given 10.200.1.0/24 to a Node, and does not run any more."""
    proxy.interceptor = hold = Hold(to("held"))
    leader = cluster.controller(*IN_TURN, kubeconfig=proxy.kubeconfig())
    cluster.join(["first"])
    cluster.served(1)
    cluster.remove("first")
    cluster.join(["held"])
    assert hold.reached.wait(WITHIN.total_seconds())
    leader.pause()
    return leader, hold


def to(node: str) -> Callable[[Request], bool]:
    """Whether a request is the patch of this Node."""
    return lambda request: request.is_assignment and request.node == node
