"""Behaviours 12 to 33 and 37 at a real API server: Nodes that are there, that come, and that go."""

from collections.abc import Sequence

import pytest

from tests.cluster.api import ApiError
from tests.cluster.ipam_cases import (
    block_of,
    blocks,
    given_in_turn,
    kept,
    let_go,
    start,
    until_told,
    until_waiting,
    used,
    versions,
)
from tests.cluster.node_ipam import WITHIN, Cluster, until_said, until_true
from tests.cluster.nodes import node_body

pytestmark = pytest.mark.cluster

SMALL = "127.123.234.0/28 by 30"
FULL = [f"127.123.234.{number}/30" for number in (0, 4, 8, 12)]
LISTED = '"event": "listed"'


@pytest.mark.parametrize(
    ("cidrs", "pod_cidrs", "count"),
    [
        ("10.10.0.0/16 by 24", [], [1]),
        ("10.10.0.0/16 by 24, a00::/8 by 24", [], [1, 1]),
        ("10.10.0.0/16 by 24", ["10.10.0.0/24"], [1]),
        ("10.10.0.0/16 by 24, a00::/8 by 24", ["10.10.0.0/24", "a00::/86"], [1, 1]),
    ],
    ids=["12", "13", "14", "15"],
)
def test_12_to_15_a_list_that_fits(
    cluster: Cluster, cidrs: str, pod_cidrs: Sequence[str], count: Sequence[int]
) -> None:
    """Held as they are; a Node without one is served."""
    cluster.register([node_body("node0", pod_cidrs=pod_cidrs)])

    controller = start(cluster, cidrs)
    cluster.join(["other"])
    nodes = blocks(cluster.served(2))

    families = [one.split(" by ")[0] for one in cidrs.split(", ")]
    held = [one + 1 for one in count]
    until_true(lambda: [used(controller, "default", one) for one in families] == held)
    assert nodes["other"] != nodes["node0"]
    assert not pod_cidrs or nodes["node0"] == " ".join(pod_cidrs)


def test_14_the_api_server_refuses_host_bits(cluster: Cluster) -> None:
    with pytest.raises(ApiError, match="must not have bits set beyond the prefix length"):
        cluster.register([node_body("node0", pod_cidrs=["10.10.0.1/24"])])


@pytest.mark.parametrize(
    ("cidrs", "pod_cidrs", "other"),
    [
        ("10.10.0.0/16 by 24", ["172.10.0.0/24"], "10.10.0.0/24"),
        ("10.10.0.0/16 by 24", ["10.10.0.0/24", "a00::/86"], "10.10.1.0/24"),
        (
            "10.10.0.0/16 by 24, a00::/8 by 24",
            ["172.10.0.0/24", "a00::/86"],
            "10.10.0.0/24 a00:100::/24",
        ),
        (
            "10.10.0.0/16 by 24, a00::/8 by 24",
            ["10.10.0.0/24", "cdd::/86"],
            "10.10.1.0/24 a00::/24",
        ),
    ],
    ids=["16", "17", "18", "19"],
)
def test_16_to_19_a_list_that_does_not_fit(
    cluster: Cluster, cidrs: str, pod_cidrs: Sequence[str], other: str
) -> None:
    """Reported and held; the others are served."""
    cluster.register([node_body("node0", pod_cidrs=pod_cidrs)])
    before = versions(cluster)

    start(cluster, cidrs)
    cluster.join(["other"])

    assert block_of(cluster, "other") == other
    until_told(cluster, "PodCIDRConflict", "node0")
    assert versions(cluster)["node0"] == before["node0"]


@pytest.mark.parametrize(
    ("service", "held", "expected"),
    [
        ("", [], "127.123.234.0/30"),
        ("127.123.234.0/26", [], "127.123.234.64/30"),
        ("127.123.234.0/26", [64, 68, 72, 80], "127.123.234.76/30"),
    ],
    ids=["20", "21", "22"],
)
def test_20_to_22_the_first_block_that_is_free(
    cluster: Cluster, service: str, held: Sequence[int], expected: str
) -> None:
    cluster.register(node_body(f"h{at}", pod_cidrs=[f"127.123.234.{at}/30"]) for at in held)
    flags = [f"--service-cluster-ip-range={service}"] if service else []

    start(cluster, "127.123.234.0/24 by 30", *flags)
    cluster.join(["node0"])

    assert block_of(cluster, "node0") == expected


@pytest.mark.parametrize(
    ("cidrs", "expected"),
    [
        ("127.0.0.0/8 by 24, ace:cab:deca::/84 by 98", "127.0.0.0/24 ace:cab:deca::/98"),
        ("ace:cab:deca::/84 by 98, 127.0.0.0/8 by 24", "ace:cab:deca::/98 127.0.0.0/24"),
    ],
    ids=["23", "24"],
)
def test_23_24_the_order_of_the_families(cluster: Cluster, cidrs: str, expected: str) -> None:
    start(cluster, cidrs, "--service-cluster-ip-range=127.123.234.0/26")
    cluster.join(["node0"])

    assert block_of(cluster, "node0") == expected


def test_25_more_than_two_cidrs(cluster: Cluster) -> None:
    """The API server takes at most one podCIDR of each family, so podroute does not start."""
    three = ["127.0.0.0/24", "ace:cab:deca::/98", "10.0.0.0/24"]
    with pytest.raises(ApiError, match="no more than one CIDR for each IP family"):
        cluster.register([node_body("three", pod_cidrs=three)])

    controller = start(cluster, "127.0.0.0/8 by 24, ace:cab:deca::/84 by 98, 10.0.0.0/8 by 24")
    assert controller.status(within=WITHIN) == 2


def test_26_no_double_counting(cluster: Cluster) -> None:
    held = {"node0": "10.10.0.0/24", "node1": "10.10.2.0/24"}
    cluster.register(node_body(name, pod_cidrs=[block]) for name, block in held.items())
    controller = start(cluster, "10.10.0.0/22 by 24")
    cluster.join(["node2"])

    assert block_of(cluster, "node2") == "10.10.1.0/24"
    until_true(lambda: used(controller, "default", "10.10.0.0/22") == 3)
    cluster.join(["node3"])
    assert block_of(cluster, "node3") == "10.10.3.0/24"


def full(cluster: Cluster, *, but: int = 4) -> None:
    """h0 and on have all blocks but one."""
    held = {f"h{at}": block for at, block in enumerate(FULL) if at != but}
    cluster.register(node_body(name, pod_cidrs=[block]) for name, block in held.items())


def test_27_a_full_pool_gives_nothing(cluster: Cluster) -> None:
    full(cluster)
    cluster.join(["node0"])
    before = versions(cluster)

    controller = start(cluster, SMALL)
    until_waiting(cluster, "node0")

    assert versions(cluster) == before
    assert '"event": "no block"' in controller.log.read_text()


def test_28_a_freed_block_is_given_to_the_next_node(cluster: Cluster) -> None:
    full(cluster)
    cluster.join(["node0"])
    start(cluster, SMALL)
    until_waiting(cluster, "node0")

    cluster.remove("h1")

    assert block_of(cluster, "node0") == FULL[1]


def test_29_the_last_block_is_given_again(cluster: Cluster) -> None:
    full(cluster, but=0)
    start(cluster, SMALL)

    for name in ("node0", "node1", "node2"):
        assert given_in_turn(cluster, [name]) == [FULL[0]]
        cluster.remove(name)


def test_30_to_32_only_the_end_of_a_node_frees(cluster: Cluster) -> None:
    cluster.register([kept("node0", "10.10.0.0/24")])
    controller = start(cluster, "10.10.0.0/24 by 24")
    cluster.join(["waiting"])
    until_waiting(cluster, "waiting")

    cluster.remove("node0")
    cluster.remove("waiting")
    cluster.join(["later"])
    until_waiting(cluster, "later")
    assert used(controller, "default", "10.10.0.0/24") == 1

    let_go(cluster.plane, "node0")
    assert block_of(cluster, "later") == "10.10.0.0/24"


def test_33_what_was_sent_is_what_is_shown(cluster: Cluster) -> None:
    controller = start(cluster, "10.1.0.0/16 by 24")
    cluster.join(f"node-{number}" for number in range(4))
    cluster.served(4)
    served = versions(cluster)
    controller.kill()

    again = start(cluster, "10.1.0.0/16 by 24")
    until_said(again, LISTED)
    cluster.join(["next"])
    cluster.served(5)

    assert {name: versions(cluster)[name] for name in served} == served
    until_true(lambda: used(again, "default", "10.1.0.0/16") == 5)
    assert used(again, "default", "10.1.0.0/16", "pending") == 0


def test_37_the_end_of_a_node_without_a_range(cluster: Cluster) -> None:
    """One whose podCIDR does not parse the API server does not take."""
    with pytest.raises(ApiError, match="podCIDR"):
        cluster.register([node_body("bad", pod_cidrs=["10.1.0.0.0/24"])])
    cluster.join(["without"])
    full(cluster)
    controller = start(cluster, SMALL)
    until_waiting(cluster, "without")

    cluster.remove("without")
    cluster.join(["next"])
    until_waiting(cluster, "next")
    assert used(controller, "default", "127.123.234.0/28") == 4
    cluster.remove("h3")

    assert block_of(cluster, "next") == FULL[3]
    assert not controller.has_ended
