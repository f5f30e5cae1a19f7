"""Behaviours 1 to 10 at a real API server, by the controller as it is run."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from tests.cluster.ipam_cases import (
    block_of,
    blocks,
    given_in_turn,
    one_pool,
    start,
    start_with_pools,
    until_waiting,
    used,
)
from tests.cluster.node_ipam import Cluster, until_said, until_true
from tests.cluster.nodes import node_body
from tests.cluster.pages import metrics
from tests.cluster.pod_cidrs import Family, assert_sound

pytestmark = pytest.mark.cluster

TWO_HUNDRED_AND_FIFTY_SIX = ["127.123.0.0/16", "beef::/16"]
HALF = 128


def blocks_of(cidr: str, length: int) -> Sequence[str]:
    return [str(one) for one in ip_network(cidr).subnets(new_prefix=length)]


@pytest.mark.parametrize("only", ["127.123.234.0/30", "beef:1234::/30"])
def test_1_a_pool_of_one_block(cluster: Cluster, only: str) -> None:
    start(cluster, f"{only} by 30")
    cluster.join(["a"])
    assert block_of(cluster, "a") == only
    cluster.join(["b"])
    until_waiting(cluster, "b")

    cluster.remove("a")
    assert block_of(cluster, "b") == only
    cluster.join(["c"])
    until_waiting(cluster, "c")

    cluster.served(1, besides=["c"])


@pytest.mark.parametrize("cidr", TWO_HUNDRED_AND_FIFTY_SIX)
def test_3_256_of_256_twice_in_the_same_order(cluster: Cluster, cidr: str) -> None:
    """One after the other at first, to see the order; the others at once."""
    controller = start(cluster, f"{cidr} by 24")
    rounds = [f"first-{number}" for number in range(8)], [f"second-{number}" for number in range(8)]
    for names in rounds:
        assert given_in_turn(cluster, names) == blocks_of(cidr, 24)[:8]
        cluster.join(f"node-{number}" for number in range(248))
        assert set(blocks(cluster.served(256)).values()) == set(blocks_of(cidr, 24))
        cluster.join(["surplus"])
        until_waiting(cluster, "surplus")
        cluster.remove("surplus")
        cluster.clear()
        until_true(lambda: used(controller, "default", cidr) == 0)


@pytest.mark.parametrize("cidr", TWO_HUNDRED_AND_FIFTY_SIX)
def test_4_half_of_it_marked(cluster: Cluster, cidr: str) -> None:
    every = blocks_of(cidr, 24)
    holders = {f"holder-{at}": block for at, block in enumerate([*every[HALF:], every[200]])}
    cluster.register(node_body(name, pod_cidrs=[block]) for name, block in holders.items())
    start(cluster, f"{cidr} by 24")

    cluster.join(f"node-{number}" for number in range(HALF))

    given = blocks(cluster.served(HALF + len(holders)))
    assert {name: given[name] for name in holders} == holders
    assert {given[name] for name in given.keys() - holders} == set(every[:HALF])
    cluster.join(["surplus"])
    until_waiting(cluster, "surplus")


def test_5_marks_and_releases_count_blocks_not_calls(cluster: Cluster) -> None:
    cidr = "10.42.0.0/16"
    controller = start_with_pools(
        cluster, one_pool("new", cidr, 24), one_pool("old", cidr, 22, draining=True)
    )
    until_said(controller, '"event": "listed"')
    marks = [
        ("a", "10.42.5.0/24", 1),
        ("b", "10.42.9.0/24", 2),
        ("c", "10.42.8.0/22", 5),
        ("d", "10.42.9.0/24", 5),
    ]
    for name, block, count in marks:
        cluster.register([node_body(name, pod_cidrs=[block])])
        until_said(controller, f'"node": "{name}"')
        assert used(controller, "new", cidr) == count

    for name in ("b", "d", "c"):
        cluster.remove(name)
    until_true(lambda: used(controller, "new", cidr) == 1)

    cluster.join(f"node-{number}" for number in range(255))
    assert_sound(cluster.served(256), families=[Family(cidr, 24)])
    cluster.join(["surplus"])
    until_waiting(cluster, "surplus")


@pytest.mark.parametrize(
    ("cidrs", "expected"),
    [
        ("127.0.0.0/8 by 32", ["127.0.0.0/32", "127.0.0.1/32"]),
        ("2001:beef::/32 by 49", ["2001:beef::/49", "2001:beef:0:8000::/49"]),
        (
            "2001:beef:1234:3690::/60 by 64",
            ["2001:beef:1234:3690::/64", "2001:beef:1234:3691::/64"],
        ),
        ("2001::/16 by 112", ["2001::/112", "2001::1:0/112"]),
    ],
)
def test_8_any_mask_difference(cluster: Cluster, cidrs: str, expected: Sequence[str]) -> None:
    start(cluster, cidrs)

    assert given_in_turn(cluster, ["a", "b"]) == expected


@pytest.mark.parametrize(
    ("cidrs", "sizes"),
    [
        ("10.0.0.0/16 by 24", {"10.0.0.0/16": 256}),
        (
            "10.0.0.0/16 by 24, 2001:db8::/48 by 64",
            {"10.0.0.0/16": 256, "2001:db8::/48": 65536},
        ),
    ],
    ids=["one family", "two families"],
)
def test_9_gauges(cluster: Cluster, cidrs: str, sizes: dict[str, int]) -> None:
    controller = start(cluster, cidrs)
    names = [f"node-{number}" for number in range(8)]
    cluster.join(names)
    cluster.served(8)
    until_true(lambda: metrics(controller)["podroute_ipam_patches_total applied"] == 8)
    given = metrics(controller)

    cluster.clear()
    until_true(lambda: all(used(controller, "default", cidr) == 0 for cidr in sizes))
    freed = metrics(controller)

    own = "node_ipam_controller"
    for cidr, size in sizes.items():
        assert given[f"{own}_cirdset_max_cidrs {cidr}"] == size
        assert given[f"{own}_cidrset_usage_cidrs {cidr}"] == 8 / size
        assert given[f"{own}_cidrset_cidrs_allocations_total {cidr}"] == 8
        assert given[f"{own}_cidrset_cidrs_releases_total {cidr}"] == 0
        assert given[f"{own}_cidrset_allocation_tries_per_request_count {cidr}"] == 8
        assert freed[f"{own}_cidrset_usage_cidrs {cidr}"] == 0
        assert freed[f"{own}_cidrset_cidrs_releases_total {cidr}"] == 8


def test_9_the_search_tells_how_many_blocks_it_passed(cluster: Cluster) -> None:
    cidr = "10.0.0.0/16"
    holders = [node_body(f"h{at}", pod_cidrs=[f"10.0.{at}.0/24"]) for at in range(HALF)]
    cluster.register(holders)
    controller = start(cluster, f"{cidr} by 24")

    cluster.join(["a", "b"])
    cluster.served(HALF + 2)

    tries = "node_ipam_controller_cidrset_allocation_tries_per_request"
    assert metrics(controller)[f"{tries}_sum {cidr}"] == HALF


@pytest.mark.parametrize(
    "service", ["10.0.255.0/24", "10.1.0.0/24", "10.1.255.0/24", "10.2.0.0/24"]
)
def test_10_no_block_touches_the_service_range(cluster: Cluster, service: str) -> None:
    inside = service.startswith("10.1.")
    room = 63 if inside else 64
    start(cluster, "10.1.0.0/16 by 22", f"--service-cluster-ip-range={service}")

    cluster.join(f"node-{number}" for number in range(room))
    nodes = cluster.served(room)
    cluster.join(["surplus"])
    until_waiting(cluster, "surplus")

    assert_sound(nodes, families=[Family("10.1.0.0/16", 22)], reserved=[service])
