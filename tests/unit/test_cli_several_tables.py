"""table and status of several routers: which router each line is of."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from podroute.observe.board import HeldBack
from podroute.observe.joint_board import JointBoard
from podroute.web.health import Checks, serving
from podroute.web.page import web_app
from tests.unit.command import node_list, podroute, worker
from tests.unit.two_routers import Two
from tests.web.boards import put, record, standing

ROUTE_0 = "10.200.0.0/24 10.240.0.30 ours"


@pytest.fixture
def two(tmp_path: Path) -> Two:
    two = Two(tmp_path)
    two.set("left", ROUTE_0)
    return two


def test_the_table_has_a_line_for_each_router(two: Two) -> None:
    ended = two.run("table")
    wide = two.run("table", "-o", "wide", "--no-headers")
    document = json.loads(two.run("table", "-o", "json").out)

    head, *rows = (line.split() for line in ended.out.splitlines())
    assert head[:5] == ["NODE", "INTERNAL-IP", "POD-CIDR", "STATE", "ROUTER"]
    assert [(row[2], row[4], row[3]) for row in rows] == [
        ("10.200.0.0/24", "left", "InSync"),
        ("10.200.0.0/24", "right", "Missing"),
        ("10.200.1.0/24", "left", "Missing"),
        ("10.200.1.0/24", "right", "Missing"),
    ]
    assert len(wide.out.splitlines()) == 4
    assert [one["router"] for one in document["items"]] == ["left", "right"] * 2
    alone = json.loads(two.run("table", "-o", "json", "--only-router=left").out)
    assert "router" not in alone["items"][0]


def test_a_node_without_a_pod_cidr_is_there_once(two: Two) -> None:
    spare = worker(2)
    spare["spec"] = {}
    two.nodes.write_text(node_list(worker(0), spare))
    ended = two.run("table", "--no-headers")
    document = json.loads(two.run("table", "-o", "json").out)

    rows = [line.split()[:5] for line in ended.out.splitlines()]
    assert [(row[0], row[4]) for row in rows] == [
        ("worker-0", "left"),
        ("worker-0", "right"),
        ("worker-2", "<none>"),
    ]
    assert ["router" in one for one in document["items"]] == [True, True, False]


def test_the_table_of_who_is_reached_is_shown(two: Two) -> None:
    ended = two.run("table", left="unreadable")
    none = two.run("table", left="unreadable", right="unreadable")

    assert ended.status == none.status == 3
    assert ended.out.count("right") == 2
    assert len(none.out.splitlines()) == 1
    assert "left: the router does not answer" in ended.err


HELD = HeldBack(4, "4 of 9 routes would go", "1a2b3c4d-left-t1", "podroute apply by hand")


@pytest.mark.parametrize(
    ("lease", "way"),
    [
        ("", "podroute apply by hand"),
        ("kube-system/podroute-controller", "podroute apply --confirm 1a2b3c4d-left-t1"),
    ],
)
async def test_status_of_a_controller_shows_each_router(lease: str, way: str) -> None:
    board = JointBoard(("left", "right"))
    left, right = board.boards["left"], board.boards["right"]
    put(left, record(0))
    put(right, record(0, "Missing", "the router says no"))
    left.stand(replace(standing(held=HELD), lease=lease))
    right.stand(replace(standing(), lease=lease, unreached="no route to host", read=None))
    app = web_app(Checks({}, {}), CollectorRegistry(), board, lambda _: ())
    async with serving(app, "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        status = await asyncio.to_thread(podroute, "status", "--controller", url)
        table = await asyncio.to_thread(podroute, "table", "--controller", url)
        document = await asyncio.to_thread(podroute, "status", "-o", "json", "--controller", url)
    assert status.status == 1
    told = [" ".join(line.split()) for line in status.out.splitlines()]
    assert "Routes: 1 InSync, 1 Missing" in told
    assert next(line for line in told if line.startswith("Router: left: linux, read "))
    assert "Router: right: linux, not reached: no route to host; not read yet" in told
    assert "Held back: 4: left: 4 of 9 routes would go" in told
    assert f"if that is right: {way}" in told
    assert next(line for line in told if line.startswith("Missing 10.200.0.0/24 at right worker-0"))
    assert [line.split()[4] for line in table.out.splitlines()] == ["ROUTER", "left", "right"]
    routers = json.loads(document.out)["routers"]
    assert [(one["name"], one["unreached"]) for one in routers] == [
        ("left", None),
        ("right", "no route to host"),
    ]
    assert routers[0]["held"]["confirmation"] == HELD.confirmation
