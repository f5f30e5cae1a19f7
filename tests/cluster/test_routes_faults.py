"""Whoever dies, stalls or meddles: no route is lost, and what is broken is mended."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.node_ipam import (
    IN_TURN,
    LEADING,
    UNHURRIED,
    WITHIN,
    leader_of,
    log_line,
    until,
    until_said,
    until_true,
)
from tests.cluster.node_network import BRIDGE
from tests.cluster.nodes import node_body
from tests.cluster.routes import Routed, ip, lost, paths

pytestmark = pytest.mark.cluster

BLOCK = "10.200.1.0/24"
LOST = 5  # the exit status
AWAY = timedelta(minutes=1)


def join(routed: Routed, count: int, *, first: int = 0) -> Mapping[str, str]:
    """Nodes with a block each; the routes that they need."""
    numbers = range(first, first + count)
    wished = {f"10.200.{number}.0/24": f"10.240.1.{number}" for number in numbers}
    routed.cluster.register(
        node_body(f"worker-{number}", internal_ips=[hop], pod_cidrs=[block])
        for number, (block, hop) in zip(numbers, wished.items(), strict=True)
    )
    return wished


def names(count: int) -> list[str]:
    return [f"worker-{number}" for number in range(count)]


@pytest.mark.parametrize("replicas", [2, 3])
def test_the_leader_dies_among_joining_nodes(routed: Routed, replicas: int) -> None:
    wished = join(routed, 20)
    all_of_them = [routed.controller(*IN_TURN, "--settle=1s") for _ in range(replicas)]
    leader = until(lambda: leader_of(all_of_them))
    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(join, routed, 100, first=20)
        until_true(lambda: len(routed.router.routes()) > 30)
        leader.kill()
        later = joining.result()

    routed.router.until({**wished, **later})

    routed.until_available(*names(120))
    successors = [one for one in all_of_them if one is not leader]
    assert log_line(until(lambda: leader_of(successors)), '"how": "took over"')
    assert not lost(routed.router.record())


def test_the_leader_hands_over(routed: Routed) -> None:
    wished = join(routed, 20)
    only = "--controllers=node-route-controller"
    pair = [routed.controller(*UNHURRIED, only) for _ in range(2)]
    leader = until(lambda: leader_of(pair))
    (successor,) = (one for one in pair if one is not leader)
    until_said(successor, '"following"')
    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(join, routed, 100, first=20)
        until_true(lambda: len(routed.router.routes()) > 30)
        assert leader.stop(within=WITHIN) == 0
        until_said(successor, '"how": "handed over"')
        later = joining.result()

    routed.router.until({**wished, **later})

    routed.until_available(*names(120))
    assert not lost(routed.router.record())


def test_the_api_server_stalls_and_is_restarted(routed: Routed, plane: ControlPlane) -> None:
    wished = join(routed, 10)
    controller = routed.controller("--route-reconciliation-period=1s")
    routed.until_available(*names(10))
    before = routed.conditions()
    routed.router.forget()

    plane.stop_api_server()
    until_said(controller, "the API server is not followed")
    ip("route flush proto 200")
    routed.router.until(wished)
    routed.router.forget()  # a flush looks again, and takes what is back by then
    plane.start_api_server()
    later = join(routed, 1, first=10)
    routed.router.until({**wished, **later})

    routed.until_available("worker-10")
    assert {**routed.conditions(), **before} == routed.conditions()
    assert [one.gone for one in routed.router.record()] == [False]


def test_the_api_server_is_away_for_longer_than_the_lease(
    routed: Routed, plane: ControlPlane
) -> None:
    """A whole minute: the leader ends, and its successor, which cannot lead, changes no route."""
    wished = join(routed, 10)
    leader = routed.controller(*IN_TURN, "--settle=1s")
    routed.until_available(*names(10))
    before = routed.conditions()
    routed.router.forget()

    plane.stop_api_server()
    over = time.monotonic() + AWAY.total_seconds()
    assert leader.status(within=WITHIN) == LOST
    successor = routed.controller(*IN_TURN, "--settle=1s")
    until_said(successor, "no election")
    until_true(lambda: successor.has_ended or time.monotonic() > over, within=2 * AWAY)
    assert not successor.has_ended
    assert (routed.router.record(), routed.router.routes()) == ([], wished)
    plane.start_api_server()
    later = join(routed, 1, first=10)
    routed.router.until({**wished, **later})

    routed.until_available("worker-10")
    assert {**routed.conditions(), **before} == routed.conditions()
    assert [one.gone for one in routed.router.record()] == [False]


def test_somebody_flushes_our_routes(
    routed: Routed, record_property: Callable[[str, object], None]
) -> None:
    """The kernel says so: it is not the next look that finds it.

    Each route is taken once: ``ip route flush`` looks again, and would take those that are back
    before podroute has read them there.
    """
    wished = join(routed, 50)
    controller = routed.controller("--route-reconciliation-period=1h")
    routed.until_available(*names(50))
    before = routed.conditions()

    until_said(controller, "route created")
    ip("-batch -", lines=[f"route delete {block} proto 200" for block in wished])
    began = time.monotonic()
    routed.router.until(wished)
    seconds = time.monotonic() - began

    record_property("seconds until all routes are back", seconds)
    assert routed.conditions() == before
    until_said(controller, "drift")


def test_somebody_deletes_one_route(routed: Routed) -> None:
    wished = join(routed, 3)
    routed.controller()
    routed.router.until(wished)

    ip("route delete 10.200.1.0/24 proto 200")

    routed.router.until(wished)
    assert paths(routed.router.record(), BLOCK) == ["10.240.1.1", "", "10.240.1.1"]


def test_somebody_points_our_route_elsewhere(routed: Routed) -> None:
    wished = join(routed, 3)
    routed.controller()
    routed.router.until(wished)

    ip("route replace 10.200.1.0/24 via 10.240.7.7 proto 200")

    until_true(lambda: "10.240.7.7" in paths(routed.router.record(), BLOCK))
    routed.router.until(wished)
    assert paths(routed.router.record(), BLOCK) == ["10.240.1.1", "10.240.7.7", "10.240.1.1"]


def test_the_routers_link_goes_down_and_up(routed: Routed) -> None:
    wished = join(routed, 10)
    controller = routed.controller()
    routed.until_available(*names(10))

    ip("link set", BRIDGE, "down")
    until_true(lambda: not routed.router.routes())
    ip("link set", BRIDGE, "up")

    routed.router.until(wished)
    routed.until_available(*names(10))
    assert not controller.has_ended


def test_a_foreign_route_is_in_the_way(routed: Routed) -> None:
    ip("route add", BLOCK, "via 10.240.5.5 proto static")
    wished = join(routed, 3)
    controller = routed.controller()
    try:
        condition = routed.until_condition("worker-1", "True", "10.240.5.5")
        assert condition.reason == "NoRouteCreated"
        assert "10.240.5.5" in routed.until_told("ForeignRoute", "worker-1", BLOCK)
        routed.until_available("worker-0", "worker-2")
        assert BLOCK not in routed.router.routes()
        assert "via 10.240.5.5" in ip("route show", BLOCK)
    finally:
        ip("route delete", BLOCK, "via 10.240.5.5")

    routed.router.until(wished)
    routed.until_available("worker-1")
    assert not log_line(controller, '"level": "error"')


def test_a_foreign_route_comes_over_ours(routed: Routed) -> None:
    """The kernel takes a replacement with another protocol: ours is gone, theirs is left alone."""
    wished = join(routed, 3)
    routed.controller()
    routed.until_available(*names(3))

    ip("route replace", BLOCK, "via 10.240.5.5 proto static")
    routed.until_condition("worker-1", "True", "10.240.5.5")
    ip("route delete", BLOCK, "via 10.240.5.5")

    routed.router.until(wished)
    routed.until_available("worker-1")


def test_a_stalled_leader_comes_back_and_changes_nothing(routed: Routed) -> None:
    wished = join(routed, 5)
    leader = routed.controller(*IN_TURN, "--settle=1s")
    routed.router.until(wished)
    leader.pause()
    successor = routed.controller(*IN_TURN, "--settle=1s")
    until_said(successor, LEADING)
    routed.show("worker-1", "10.240.3.3")
    moved = {**wished, BLOCK: "10.240.3.3"}
    routed.router.until(moved)
    routed.router.forget()

    leader.resume()

    assert leader.status(within=WITHIN) == LOST
    assert routed.router.record() == []
    assert routed.router.routes() == moved
