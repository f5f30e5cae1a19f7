"""Nodes and blocks change places: traffic goes to the former worker, then to the new one."""

import time
from collections.abc import Mapping, Sequence

import pytest

from tests.cluster.node_ipam import until_true
from tests.cluster.node_network import (
    NodeNetwork,
    Reply,
    Traffic,
    Worker,
    in_order,
    longest_gap,
    pod_address,
)
from tests.cluster.routes import Routed, paths

pytestmark = pytest.mark.cluster

BLOCK = "10.200.1.0/24"
OTHER = "10.200.2.0/24"
CLIENT = "10.200.9.0/24"
FEW = 5  # datagrams on their way while a machine is found by ARP


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
    until_true(lambda: all(one.last() == worker for worker, one in traffic.items()))


def assert_moved(replies: Sequence[Reply], *workers: str, gap: int = FEW) -> None:
    """One after the other answered, nobody else, and hardly a datagram was lost between."""
    assert in_order(replies) == list(workers)
    assert longest_gap(replies) <= gap


def test_a_node_is_made_anew_with_another_internal_ip(
    routed: Routed, network: NodeNetwork, client: Worker
) -> None:
    network.worker("former", "10.240.0.21", BLOCK)
    network.worker("anew", "10.240.0.31", BLOCK)
    routed.register("worker", "10.240.0.21", BLOCK)
    routed.controller()
    traffic = flowing(client, BLOCK, "former")

    routed.cluster.remove("worker")
    routed.register("worker", "10.240.0.31", BLOCK)
    settled(routed, {"anew": traffic}, {BLOCK: "10.240.0.31"})

    assert_moved(traffic.end(), "former", "anew", gap=10_000)
    taken = paths(routed.router.record(), BLOCK)
    assert [hop for hop in taken if hop] == ["10.240.0.21", "10.240.0.31"]
    routed.until_available("worker")


def test_a_node_takes_another_internal_ip(
    routed: Routed, network: NodeNetwork, client: Worker
) -> None:
    network.worker("before", "10.240.0.21", BLOCK)
    network.worker("after", "10.240.0.31", BLOCK)
    routed.register("worker", "10.240.0.21", BLOCK)
    routed.controller()
    traffic = flowing(client, BLOCK, "before")

    routed.show("worker", "10.240.0.31")
    settled(routed, {"after": traffic}, {BLOCK: "10.240.0.31"})

    assert_moved(traffic.end(), "before", "after")
    assert paths(routed.router.record(), BLOCK) == ["10.240.0.21", "10.240.0.31"]


def test_two_nodes_swap_their_internal_ips(
    routed: Routed, network: NodeNetwork, client: Worker
) -> None:
    network.worker("at 21", "10.240.0.21", BLOCK, OTHER)
    network.worker("at 22", "10.240.0.22", BLOCK, OTHER)
    routed.register("one", "10.240.0.21", BLOCK)
    routed.register("two", "10.240.0.22", OTHER)
    routed.controller()
    to_one, to_two = flowing(client, BLOCK, "at 21"), flowing(client, OTHER, "at 22")

    routed.show("one", "10.240.0.22")
    routed.show("two", "10.240.0.21")
    routes = {BLOCK: "10.240.0.22", OTHER: "10.240.0.21"}
    settled(routed, {"at 22": to_one, "at 21": to_two}, routes)

    assert_moved(to_one.end(), "at 21", "at 22")
    assert_moved(to_two.end(), "at 22", "at 21")
    record = routed.router.record()
    assert paths(record, BLOCK) == ["10.240.0.21", "10.240.0.22"]
    assert paths(record, OTHER) == ["10.240.0.22", "10.240.0.21"]
    routed.until_available("one", "two")


def test_a_block_goes_from_a_node_that_is_gone_to_a_new_one(
    routed: Routed, network: NodeNetwork, client: Worker
) -> None:
    network.worker("giver", "10.240.0.21", BLOCK)
    network.worker("taker", "10.240.0.22", BLOCK)
    routed.register("giver", "10.240.0.21", BLOCK)
    routed.controller("--route-reconciliation-period=1s")
    traffic = flowing(client, BLOCK, "giver")

    routed.cluster.remove("giver")
    routed.router.until({CLIENT: "10.240.0.9"})
    gone = time.monotonic()
    routed.register("taker", "10.240.0.22", BLOCK)
    settled(routed, {"taker": traffic}, {BLOCK: "10.240.0.22"})

    replies = traffic.end()
    assert in_order(replies) == ["giver", "taker"]
    assert {one.worker for one in replies if one.sent > gone} - {""} == {"taker"}
    assert paths(routed.router.record(), BLOCK) == ["10.240.0.21", "", "10.240.0.22"]


def test_a_block_goes_to_a_node_that_waits_for_it(
    routed: Routed, network: NodeNetwork, client: Worker
) -> None:
    network.worker("giver", "10.240.0.21", BLOCK)
    network.worker("taker", "10.240.0.22", BLOCK)
    routed.register("giver", "10.240.0.21", BLOCK)
    routed.controller()
    traffic = flowing(client, BLOCK, "giver")
    routed.register("taker", "10.240.0.22", BLOCK)
    routed.until_condition("taker", "True", "overlaps 10.200.1.0/24 of giver")

    routed.cluster.remove("giver")
    settled(routed, {"taker": traffic}, {BLOCK: "10.240.0.22"})

    assert_moved(traffic.end(), "giver", "taker")
    assert paths(routed.router.record(), BLOCK) == ["10.240.0.21", "10.240.0.22"]
    routed.until_available("taker")
