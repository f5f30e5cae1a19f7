"""What kube-controller-manager does with its node IPAM, and podroute in its place."""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.cluster.node_ipam import (
    ALONE,
    IN_TURN,
    WITHIN,
    Cluster,
    log_line,
    until_said,
    until_true,
)
from tests.cluster.nodes import NodeBody, node_body
from tests.cluster.pod_cidrs import WIDE, Family, assert_sound, faults, unserved
from tests.cluster.process import Process

pytestmark = pytest.mark.cluster

BETWEEN_TWO = 0.01  # seconds
MANY = f"--cluster-cidr={WIDE[0].cidr}"


def kube_controller_manager(cluster: Cluster, *flags: str) -> Process:
    return cluster.kube_controller_manager(*flags)


def podroute(cluster: Cluster, *flags: str) -> Process:
    return cluster.controller(*ALONE, "--settle=1s", *flags)


Start = Callable[..., Process]
EITHER = pytest.mark.parametrize("start", [kube_controller_manager, podroute])


ONE = (Family("10.200.0.0/17"),)
TWO = (Family("10.200.0.0/17"), Family("fd00:200::/56", 64))


def one_block(number: int) -> Sequence[str]:
    return [f"10.200.{number}.0/24"]


def two_blocks(number: int) -> Sequence[str]:
    return [*one_block(number), f"fd00:200:0:{number:x}::/64"]


def node_list(blocks: Callable[[int], Sequence[str]]) -> Iterator[NodeBody]:
    """Every third Node of 45 has its podCIDRs already, with gaps."""
    for number in range(45):
        cidrs = blocks(2 * number) if number % 3 == 0 else ()
        yield node_body(f"worker-{number}", pod_cidrs=cidrs)


@EITHER
@pytest.mark.parametrize(
    ("families", "services", "blocks"),
    [
        (ONE, ["10.200.1.0/24"], one_block),
        (TWO, ["10.200.1.0/24", "fd00:200:0:3::/64"], two_blocks),
    ],
    ids=["one family", "two families"],
)
def test_the_same_nodes_get_equally_good_blocks(
    cluster: Cluster,
    start: Start,
    families: Sequence[Family],
    services: Sequence[str],
    blocks: Callable[[int], Sequence[str]],
) -> None:
    cluster.register(node_list(blocks))
    before = cluster.nodes()

    ranges = ",".join(family.cidr for family in families)
    start(cluster, f"--cluster-cidr={ranges}", f"--service-cluster-ip-range={','.join(services)}")

    nodes = cluster.served(45)
    assert_sound(nodes, before=before, families=families, reserved=services)


def test_a_podcidr_outside_the_range_stops_nobody(cluster: Cluster) -> None:
    cluster.register([node_body("outside", pod_cidrs=["192.168.0.0/24"])])
    peer = cluster.kube_controller_manager()
    assert peer.status(within=WITHIN) == 1

    podroute(cluster)
    cluster.join(["inside"])

    assert_sound(cluster.served(2), besides=["outside"])


def test_taken_over_and_given_back(cluster: Cluster) -> None:
    names = [f"worker-{number}" for number in range(300)]
    peer = cluster.kube_controller_manager(MANY)
    cluster.join(names[:100])
    first = cluster.served(100)
    cluster.stop(peer)

    ours = cluster.controller(*IN_TURN, "--settle=1s", MANY)
    cluster.join(names[100:200])
    second = cluster.served(200)
    assert_sound(second, before=first, families=WIDE)
    assert ours.stop(within=WITHIN) == 0

    cluster.kube_controller_manager(MANY)
    cluster.join(names[200:])
    assert_sound(cluster.served(300), before=second, families=WIDE)


@contextmanager
def joining(cluster: Cluster) -> Generator[list[str]]:
    """Nodes register all the time; their names so far."""
    names: list[str] = []
    over = threading.Event()

    def join() -> None:
        while not over.wait(BETWEEN_TWO):
            cluster.join([f"worker-{len(names)}"])
            names.append(f"worker-{len(names)}")

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(join)
        try:
            yield names
        finally:
            over.set()
        running.result()


def until_somebody_waits(cluster: Cluster) -> None:
    """Nobody gives podCIDRs at this moment, and Nodes join."""
    so_far = cluster.nodes().keys()
    until_true(lambda: bool(unserved(cluster.nodes()) - so_far))


def test_taken_over_and_given_back_among_joining_nodes(cluster: Cluster) -> None:
    """As docs/node-ipam.md has it, with a shorter time to settle."""
    peer = cluster.kube_controller_manager(MANY)
    with joining(cluster) as names:
        first = cluster.some_served(100)
        cluster.stop(peer)
        resting = cluster.kube_controller_manager(MANY, "--allocate-node-cidrs=false")
        ours = cluster.controller(*IN_TURN, "--settle=3s", MANY)
        until_said(ours, "waiting before new assignments")
        until_somebody_waits(cluster)
        second = cluster.some_served(len(names) + 100)

        assert ours.stop(within=WITHIN) == 0
        assert log_line(ours, '"settled": true')
        until_somebody_waits(cluster)
        cluster.stop(resting)
        cluster.kube_controller_manager(MANY)
        third = cluster.some_served(len(names) + 100)

    nodes = cluster.served(len(names))
    assert nodes.keys() == set(names)
    for before in (first, second, third):
        assert_sound(nodes, before=before, families=WIDE)
    assert not log_line(ours, '"foreign podCIDR"')


def test_a_victims_block_stays_with_it(cluster: Cluster) -> None:
    claimed_and_deleted(cluster, podroute)

    cluster.join(["late"])

    nodes = cluster.served(4, besides=["late"])
    assert_sound(nodes, besides=["late"])


def test_kube_controller_manager_gives_a_victims_block_away(cluster: Cluster) -> None:
    claimed_and_deleted(cluster, kube_controller_manager)

    cluster.join(["late"])

    assert faults(cluster.served(5)) == ["late 10.200.0.0/24 and victim 10.200.0.0/24"]


def claimed_and_deleted(cluster: Cluster, start: Start) -> None:
    """Four blocks, four Nodes; and a fifth that had claimed the first one's, and is gone."""
    start(cluster, "--cluster-cidr=10.200.0.0/22")
    cluster.join(["victim"])
    assert cluster.served(1)["victim"].pod_cidrs == ("10.200.0.0/24",)
    cluster.register_as_kubelet(node_body("thief", pod_cidrs=["10.200.0.0/24"]), "thief")
    cluster.join(["second"])
    cluster.served(3)
    cluster.remove("thief")
    cluster.join(["third", "fourth"])
    assert_sound(cluster.served(4))
