"""Behaviours 42 to 52, 54 and 61 at a real API server: several pools, and races over blocks."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.cluster.ipam_cases import (
    block_of,
    blocks,
    change,
    given_in_turn,
    kept,
    labelled,
    let_go,
    one_pool,
    remove_all,
    start,
    start_with_pools,
    until_told,
    until_waiting,
    used,
)
from tests.cluster.node_ipam import Cluster, until_said, until_true
from tests.cluster.nodes import node_body
from tests.cluster.pod_cidrs import Family, assert_sound, unserved

pytestmark = pytest.mark.cluster

QUARTERS = "10.1.0.0/24 by 26"
LISTED = '"event": "listed"'
FREED = '"event": "freed"'
RECREATIONS = 6
LABELS = 10
REST = 2.0  # seconds

CHOICES = [
    one_pool("fewer labels", "10.1.0.0/24", 28, selector="case=1"),
    one_pool("more labels", "10.2.0.0/16", 24, selector="case=1,zone=a"),
    one_pool("more blocks", "10.3.0.0/21", 24, selector="case=2"),
    one_pool("fewer blocks", "10.4.0.0/22", 24, selector="case=2"),
    one_pool("larger block", "10.5.0.0/22", 24, selector="case=3"),
    one_pool("smaller block", "10.6.0.0/23", 25, selector="case=3"),
    one_pool("later text", "10.7.0.0/22", 24, selector="zone=a,case=4"),
    one_pool("first text", "10.8.0.0/22", 24, selector="rack=1,case=4"),
    one_pool("higher address", "10.10.0.0/22", 24, selector="case=5"),
    one_pool("lower address", "10.9.0.0/22", 24, selector="case=5"),
    one_pool("IPv6", "fd00::/22", 24, selector="case=6"),
    one_pool("IPv4", "10.11.0.0/22", 24, selector="case=6"),
]


def test_42_which_pool(cluster: Cluster) -> None:
    """All six choices in one cluster."""
    start_with_pools(cluster, *CHOICES)

    cluster.register(
        labelled(f"n{case}", case=str(case), zone="a", rack="1") for case in range(1, 7)
    )

    assert blocks(cluster.served(6)) == {
        "n1": "10.2.0.0/24",
        "n2": "10.4.0.0/24",
        "n3": "10.6.0.0/25",
        "n4": "10.8.0.0/24",
        "n5": "10.9.0.0/24",
        "n6": "10.11.0.0/24",
    }


def test_43_a_pool_with_nodes_cannot_vanish(cluster: Cluster) -> None:
    old, new = one_pool("old", "10.1.0.0/16", 24), one_pool("new", "10.2.0.0/16", 24)
    draining = {**old, "draining": True}
    cluster.register([node_body("a", pod_cidrs=["10.1.0.0/24"])])
    controller = start_with_pools(cluster, draining)
    cluster.join(["b"])
    until_waiting(cluster, "b")

    change(cluster, controller, new, said="a would lose their blocks")
    change(cluster, controller, draining, new)
    assert block_of(cluster, "b") == "10.2.0.0/24"
    cluster.remove("a")
    until_said(controller, FREED)
    change(cluster, controller, new)


def test_44_pools_change_while_nodes_join(cluster: Cluster) -> None:
    a, b = one_pool("a", "10.1.0.0/16", 24), one_pool("b", "10.2.0.0/16", 24)
    controller = start_with_pools(cluster, a)
    until_said(controller, LISTED)
    before = cluster.nodes()
    with ThreadPoolExecutor(1) as threads:
        for turn in range(8):
            names = [f"node-{turn}-{number}" for number in range(25)]
            joining = threads.submit(cluster.join, names)
            gives, rests = (a, b) if turn % 2 else (b, a)
            change(cluster, controller, {**rests, "draining": True}, gives)
            joining.result()
            nodes = cluster.nodes()
            assert_sound(
                nodes, before=before, families=[Family("10.0.0.0/14", 24)], besides=unserved(nodes)
            )
            before = nodes

    nodes = cluster.served(200)
    assert_sound(nodes, before=before, families=[Family("10.0.0.0/14", 24)])
    assert {block[:5] for block in blocks(nodes).values()} == {"10.1.", "10.2."}


def test_46_32_owners_race_for_16_blocks(cluster: Cluster) -> None:
    """Of the other family there are enough: nobody gets the one without the other."""
    controller = start(cluster, "10.1.0.0/20 by 24, fd00::/59 by 64")
    until_said(controller, LISTED)

    cluster.join(f"node-{number}" for number in range(32))
    until_true(lambda: len(cluster.events("CIDRNotAvailable")) == 16)

    nodes = cluster.some_served(16)
    losers = unserved(nodes)
    assert losers == {one.regarding.name for one in cluster.events("CIDRNotAvailable")}
    assert_sound(
        nodes, families=[Family("10.1.0.0/20", 24), Family("fd00::/59", 64)], besides=losers
    )
    until_true(lambda: used(controller, "default", "fd00::/59") == 16)
    assert used(controller, "default", "fd00::/59", "free") == 16


def test_47_one_owner_racing_with_itself(cluster: Cluster) -> None:
    """It changes all the time, and is made anew under its name."""
    controller = start(cluster, "10.1.0.0/16 by 24")
    until_said(controller, LISTED)
    names = [f"node-{number}" for number in range(4)]

    def busy(name: str) -> None:
        for _ in range(RECREATIONS):
            cluster.join([name])
            for number in range(LABELS):
                cluster.label(name, str(number))
            cluster.remove(name)
        cluster.join([name])

    with ThreadPoolExecutor(len(names)) as threads:
        assert list(threads.map(busy, names)) == [None] * len(names)

    assert_sound(cluster.served(4), families=[Family("10.1.0.0/16", 24)])
    until_true(lambda: used(controller, "default", "10.1.0.0/16") == 4)
    until_true(lambda: used(controller, "default", "10.1.0.0/16", "free") == 252)


def test_48_two_nodes_claim_one_block_and_leave_at_once(cluster: Cluster) -> None:
    controller = start(cluster, QUARTERS)
    assert given_in_turn(cluster, ["a"]) == ["10.1.0.0/26"]
    cluster.register([node_body("b", pod_cidrs=["10.1.0.0/26"])])
    until_told(cluster, "PodCIDRConflict", "a", "b")
    assert used(controller, "default", "10.1.0.0/24") == 1

    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(partial(remove_all, cluster), ["ab", "ba"] * 2))) == 4
    until_true(lambda: used(controller, "default", "10.1.0.0/24") == 0)
    assert controller.log.read_text().count(FREED) == 1

    cluster.join(f"next-{number}" for number in range(4))
    assert_sound(cluster.served(4), families=[Family("10.1.0.0/24", 26)])
    cluster.join(["surplus"])
    until_waiting(cluster, "surplus")


def test_48_many_race_for_one_block_and_leave_at_once(cluster: Cluster) -> None:
    controller = start(cluster, "10.1.0.0/24 by 24")
    for race in range(3):
        names = [f"node-{race}-{number}" for number in range(8)]
        cluster.join(names)
        (winner,) = cluster.some_served(1).keys() - unserved(cluster.nodes())
        until_waiting(cluster, *(set(names) - {winner}))

        with ThreadPoolExecutor(8) as threads:
            assert len(list(threads.map(cluster.remove, sorted(names)))) == 8
        until_true(lambda: used(controller, "default", "10.1.0.0/24", "free") == 1)


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_49_54_a_release_frees_nothing_that_another_one_has(
    cluster: Cluster, first: str, second: str
) -> None:
    """Who waits for the block is not served while anybody has it."""
    cluster.register(node_body(name, pod_cidrs=["10.1.0.0/24"]) for name in ("a", "b"))
    controller = start(cluster, "10.1.0.0/24 by 24")
    cluster.join(["c"])
    until_waiting(cluster, "c")

    cluster.remove(first)
    cluster.join(["d"])
    until_waiting(cluster, "d")
    assert unserved(cluster.nodes()) == {"c", "d"}
    assert used(controller, "default", "10.1.0.0/24") == 1
    cluster.remove("d")
    cluster.remove(second)

    assert block_of(cluster, "c") == "10.1.0.0/24"


def test_50_a_node_that_is_being_deleted_gets_nothing(cluster: Cluster) -> None:
    cluster.register([kept("a")])
    cluster.remove("a")
    controller = start(cluster, QUARTERS)
    until_said(controller, LISTED)
    cluster.join(["b"])

    assert blocks(cluster.served(1, besides=["a"])) == {"a": "", "b": "10.1.0.0/26"}
    until_true(lambda: used(controller, "default", "10.1.0.0/24") == 1)
    assert used(controller, "default", "10.1.0.0/24", "free") == 3
    assert cluster.events("CIDRNotAvailable") == []
    let_go(cluster.plane, "a")


def test_52_a_block_rests(cluster: Cluster) -> None:
    cluster.register([node_body("a", pod_cidrs=["10.1.0.0/24"])])
    controller = start(cluster, "10.1.0.0/24 by 24", "--quarantine=1h")
    cluster.join(["b"])
    until_waiting(cluster, "b")

    cluster.remove("a")
    until_said(controller, FREED)

    assert used(controller, "default", "10.1.0.0/24", "quarantined") == 1


def test_36_52_a_block_that_has_rested_is_given_without_any_event(cluster: Cluster) -> None:
    cluster.register([node_body("a", pod_cidrs=["10.1.0.0/24"])])
    controller = start(cluster, "10.1.0.0/24 by 24", f"--quarantine={REST:g}s")
    cluster.join(["b"])
    until_waiting(cluster, "b")

    removed = time.monotonic()
    cluster.remove("a")
    until_said(controller, FREED)

    assert block_of(cluster, "b") == "10.1.0.0/24"
    assert time.monotonic() - removed >= REST


def test_61_first_pool_full_then_the_second(cluster: Cluster) -> None:
    start_with_pools(
        cluster, one_pool("large", "10.2.0.0/16", 24), one_pool("small", "10.1.0.0/23", 24)
    )
    expected: Sequence[str] = ["10.1.0.0/24", "10.1.1.0/24", "10.2.0.0/24"]

    assert given_in_turn(cluster, ["a", "b", "c"]) == expected
