"""Workers on one link that reach each other's Pods without a router."""

import os
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from podroute.testing.netns import Namespace, empty_namespace
from tests.netns.agents import WorkerPlace, peer_seen, ping, plugged_pods
from tests.netns.lab_command import until
from tests.unit.command import Body, node, node_list

pytestmark = pytest.mark.netns

CIDRS = ("--cluster-cidr", "10.200.0.0/16,fd00:10:200::/48", "--peer-routes")


def node_of(number: int, *cidrs: str) -> Body:
    body = node(f"worker-{number}", "", *cidrs)
    ips = (f"10.240.0.{30 + number}", f"fd00:10:240::{30 + number}")
    body["status"] = {"addresses": [{"type": "InternalIP", "address": ip} for ip in ips]}
    return body


def usual(number: int) -> Body:
    return node_of(number, f"10.200.{number}.0/24", f"fd00:10:200:{number}::/64")


@contextmanager
def workers(count: int, folder: Path) -> Generator[Sequence[WorkerPlace]]:
    """On one bridge; "outside" is where that bridge is."""
    with ExitStack() as stack:
        switch = stack.enter_context(empty_namespace())
        switch.ip(
            "-batch", "-", lines=["link set lo up", "link add net type bridge", "link set net up"]
        )
        made: list[WorkerPlace] = []
        for number in range(count):
            worker = stack.enter_context(empty_namespace())
            plug(switch, worker, number)
            place = folder / f"worker-{number}"
            place.mkdir()
            made.append(WorkerPlace(worker, switch, place))
        yield made


def plug(switch: Namespace, worker: Namespace, number: int) -> None:
    target = f"/proc/{os.getpid()}/fd/{worker.handle}"
    lines = [
        f"link add port{number} type veth peer name eth0 netns {target}",
        f"link set port{number} master net up",
    ]
    switch.ip("-batch", "-", lines=lines)
    inside = [
        "link set lo up",
        "link set eth0 up",
        f"address add 10.240.0.{30 + number}/24 dev eth0",
        f"address add fd00:10:240::{30 + number}/64 dev eth0 nodad",
    ]
    worker.ip("-batch", "-", lines=inside)


def show(nodes: Path, *bodies: Body) -> None:
    beside = nodes.with_suffix(".beside")
    beside.write_text(node_list(*bodies))
    beside.replace(nodes)


def flags(nodes: Path, number: int) -> list[str]:
    return [*CIDRS, "-f", str(nodes), "--node-name", f"worker-{number}"]


def direct(place: WorkerPlace) -> list[str]:
    """The agent's routes, both families."""
    told = place.worker.ip("route", "show", "proto", "201")
    told += place.worker.ip("-6", "route", "show", "proto", "201")
    return sorted(" ".join(line.split()[:3]) for line in told.splitlines())


def test_pods_of_two_workers_reach_each_other_without_a_router(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    show(nodes, usual(0), usual(1))
    with workers(2, tmp_path) as (one, two):
        for number, place in enumerate((one, two)):
            assert place.agent(*flags(nodes, number), "--once").status == 0
        assert direct(one) == [
            "10.200.1.0/24 via 10.240.0.31",
            "fd00:10:200:1::/64 via fd00:10:240::31",
        ]
        with plugged_pods(one) as here, plugged_pods(two) as there:
            for version in (4, 6):
                seen = peer_seen(here.a, there.a, there.address("a", version))
                assert seen == here.address("a", version)
        assert one.agent("--cleanup").out.endswith("2 peer routes removed.\n")
        assert direct(one) == []


def test_routes_follow_the_nodes_and_come_back_when_somebody_removes_them(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    v4 = [node_of(number, f"10.200.{number}.0/24") for number in range(4)]
    show(nodes, *v4[:3])
    with workers(1, tmp_path) as (place,):
        place.worker.ip(*["route", "add", "10.200.9.0/24", "via", "10.240.0.39", "proto", "201"])
        place.worker.ip(*["route", "add", "10.200.8.0/24", "via", "10.240.0.38", "proto", "static"])
        with place.running(*flags(nodes, 0), "--sync-period", "200ms"):
            first = [f"10.200.{number}.0/24 via 10.240.0.{30 + number}" for number in (1, 2)]
            until(lambda: direct(place) == first)
            place.worker.ip("route", "flush", "proto", "201")
            until(lambda: direct(place) == first)
            show(nodes, *v4[:1], *v4[2:])
            second = [f"10.200.{number}.0/24 via 10.240.0.{30 + number}" for number in (2, 3)]
            until(lambda: direct(place) == second)
            show(nodes, v4[0])
            until(lambda: direct(place) == [])
        assert "10.200.8.0/24" in place.worker.ip("route", "show", "proto", "static")


def test_many_removals_at_once_wait_for_a_persons_word(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    v4 = [node_of(number, f"10.200.{number}.0/24") for number in range(12)]
    show(nodes, *v4)
    with workers(1, tmp_path) as (place,), place.running(*flags(nodes, 0), "--sync-period=100ms"):
        until(lambda: len(direct(place)) == 11)
        show(nodes, *v4[:3])
        until(lambda: "if that is right: podroute agent --confirm " in place.log())
        assert len(direct(place)) == 11
        held = place.agent(*flags(nodes, 0), "--dry-run").out
        assert "Peer routes: 0 changes.\nHeld back: 9 of our 11 routes would be removed" in held
        word = held.split()[-1].rstrip(".")

        assert place.agent("--confirm", "another").status == 0
        until(lambda: not (place.folder / "state/confirmed").exists())
        assert len(direct(place)) == 11
        assert place.agent("--confirm", word).status == 0

        until(lambda: len(direct(place)) == 2)


def test_one_pass_holds_them_back_too(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    v4 = [node_of(number, f"10.200.{number}.0/24") for number in range(12)]
    show(nodes, *v4)
    with workers(1, tmp_path) as (place,):
        assert place.agent(*flags(nodes, 0), "--once").status == 0
        show(nodes, v4[0])
        held = place.agent(*flags(nodes, 0), "--once")
        assert (held.status, len(direct(place))) == (5, 11)
        word = held.err.split("--confirm ")[1][:8]

        assert place.agent(*flags(nodes, 0), "--once", "--confirm", word).status == 0
        assert direct(place) == []


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (node("far", "10.241.0.9", "10.200.1.0/24"), "10.241.0.9 is not on a link of this worker"),
        (node("thief", "10.240.0.31", "10.200.0.0/24"), "10.200.0.0/24 overlaps 10.200.0.0/24"),
        (node("greedy", "10.240.0.31", "10.200.0.0/16"), "overlaps 10.200.0.0/24"),
        (node("all", "10.240.0.31", "0.0.0.0/0"), "a range for special purposes"),
        (node("me", "10.240.0.30", "10.200.1.0/24"), "is this worker's own address"),
        (node("gate", "10.240.0.39", "10.200.1.0/24"), "is the default gateway of this worker"),
    ],
)
def test_a_peer_that_cannot_be_is_told_with_the_reason(
    tmp_path: Path, peer: Body, reason: str
) -> None:
    nodes = tmp_path / "nodes.json"
    show(nodes, node_of(0, "10.200.0.0/24"), node_of(2, "10.200.2.0/24"), peer)
    with workers(1, tmp_path) as (place,):
        place.worker.ip("route", "add", "default", "via", "10.240.0.39")
        assert place.agent(*flags(nodes, 0), "--once").status == 0
        told = place.agent(*flags(nodes, 0), "--once")

        assert reason in told.err
        assert direct(place) == ["10.200.2.0/24 via 10.240.0.32"]
        ping(place.worker, "10.200.0.1")


def test_an_agent_for_direct_routes_alone(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    show(nodes, usual(0), usual(1))
    with workers(1, tmp_path) as (place,):
        alone = ("--no-configure-cbr0", "--once")
        shown = place.agent(*flags(nodes, 0), *alone, "--dry-run")
        assert shown.out == "Peer routes: 2 changes.\n"
        assert place.agent(*flags(nodes, 0), *alone).status == 0
        assert len(direct(place)) == 2
        assert "cbr0" not in place.worker.ip("link")

        dry = place.agent("--cleanup", "--dry-run")
        assert dry.out == "Plan: 0 steps, 0 blocked.\nPeer routes: 2 changes.\n"
        assert place.agent("--cleanup").out == "2 peer routes removed.\n"
        assert place.agent("--cleanup").out == "Nothing to do.\n"
