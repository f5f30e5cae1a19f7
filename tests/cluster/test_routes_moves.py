"""Nodes and blocks change places: traffic goes to the former worker, then to the new one."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest

from tests.cluster.node_ipam import WITHIN, until_true
from tests.cluster.node_network import (
    PAUSE,
    NodeNetwork,
    Reply,
    Traffic,
    Worker,
    in_order,
    longest_gap,
    pod_address,
)
from tests.cluster.routes import Routed, deleted

pytestmark = pytest.mark.cluster

BLOCK = "10.200.1.0/24"
OTHER = "10.200.2.0/24"
CLIENT = "10.200.9.0/24"
FEW = 5  # datagrams on their way while a machine is found by ARP
SOON = timedelta(seconds=10)


@pytest.fixture
def client(routed: Routed, network: NodeNetwork) -> Worker:
    """From its Pod all traffic comes."""
    routed.register("client", "10.240.0.9", CLIENT)
    return network.worker("client", "10.240.0.9", CLIENT)


def flowing(client: Worker, block: str, to: str) -> Traffic:
    """Once this worker has answered."""
    traffic = Traffic(client.pods[0], pod_address(block))
    until_true(lambda: traffic.last() == to)
    return traffic


def settled(routed: Routed, traffic: Mapping[str, Traffic], routes: Mapping[str, str]) -> None:
    """Once the router has ``routes``, and each of ``traffic`` gets to this worker."""
    routed.router.until({**routes, CLIENT: "10.240.0.9"})
    for worker, one in traffic.items():
        until_true(lambda worker=worker, one=one: one.last() == worker)


def assert_moved(replies: Sequence[Reply], *workers: str, gap: int = FEW) -> None:
    """One after the other answered, nobody else, and hardly a datagram was lost between."""
    first = next(place for place, reply in enumerate(replies) if reply.worker)
    assert in_order(replies) == list(workers)
    assert longest_gap(replies[first:]) <= gap


def test_a_node_is_made_anew_with_another_internal_ip(
    routed: Routed, network: NodeNetwork, client: Worker
) -> None:
    network.worker("former", "10.240.0.21", BLOCK)
    network.worker("anew", "10.240.0.31", BLOCK)
    routed.register("worker", "10.240.0.21", BLOCK)
    routed.controller()
    traffic = flowing(client, BLOCK, "former")
    routed.router.forget()

    routed.cluster.remove("worker")
    routed.register("worker", "10.240.0.31", BLOCK)
    settled(routed, {"anew": traffic}, {BLOCK: "10.240.0.31"})

    assert_moved(traffic.end(), "former", "anew", gap=10_000)
    words = [one.split()[2] for one in routed.router.record() if BLOCK in one]
    assert words in (["10.240.0.31"], ["10.240.0.21", "10.240.0.31"]), words
    routed.until_available("worker")
