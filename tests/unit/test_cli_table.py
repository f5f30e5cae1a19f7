import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import msgspec
import pytest

from tests.unit.command import CLEAN, World, node, node_list, podroute, process, worker

HOSTILE = "\x1b[2J\x1b[31mroot\r\nworker-9   10.0.0.9\x07\u202e\u0085"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A route in sync, one missing, one wrong, one stale, a Node that waits."""
    world = World(tmp_path)
    world.nodes(*map(worker, range(3)), node("new", "10.240.0.40"))
    world.routes(
        "10.200.0.0/24 10.240.0.30 ours",
        "10.200.1.0/24 10.240.0.99 ours",
        "10.200.9.0/24 10.240.0.39 ours",
    )
    return world


def test_plain_columns(world: World) -> None:
    ended = podroute("table", *world.flags())

    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (
        "NODE       INTERNAL-IP   POD-CIDR        STATE          REASON\n"
        "worker-0   10.240.0.30   10.200.0.0/24   InSync\n"
        "worker-1   10.240.0.31   10.200.1.0/24   WrongNextHop   "
        "10.200.1.0/24 via 10.240.0.99 (ours)\n"
        "worker-2   10.240.0.32   10.200.2.0/24   Missing        no such route is installed\n"
        "<none>     <none>        10.200.9.0/24   Stale          no Node needs it\n"
        "new        10.240.0.40   <none>          Pending        no podCIDR yet\n"
    )


def test_wide_has_next_hop_and_owner(world: World) -> None:
    lines = podroute("table", *world.flags(), "-o", "wide").out.splitlines()

    assert lines[0].split()[3:] == ["STATE", "NEXT-HOP", "OWNER", "REASON"]
    assert lines[1].split()[3:] == ["InSync", "10.240.0.30", "ours"]
    assert lines[4].split()[:6] == [
        "<none>",
        "<none>",
        "10.200.9.0/24",
        "Stale",
        "10.240.0.39",
        "ours",
    ]


def test_headings_can_be_left_out(world: World) -> None:
    with_them = podroute("table", *world.flags()).out.splitlines()
    without = podroute("table", *world.flags(), "--no-headers").out.splitlines()

    assert [line.split() for line in without] == [line.split() for line in with_them[1:]]


def test_without_a_provider_the_state_is_unknown(world: World) -> None:
    ended = podroute("table", "-f", str(world.nodes_file))

    assert ended.status == 0
    assert ended.out.count("Unknown") == 3


def test_json_and_yaml_are_versioned_and_pure(world: World) -> None:
    world.nodes(worker(0), node("new", "10.240.0.40"), node("odd", "10.240.0.41", "x/24"))
    world.routes()

    in_json = podroute("table", *world.flags(), "-o", "json")
    in_yaml = podroute("table", *world.flags(), "-o", "yaml")
    document = json.loads(in_json.out)

    assert document["apiVersion"] == "podroute/v1alpha1"
    assert document["kind"] == "RouteTable"
    assert document["items"][0] == {
        "node": "worker-0",
        "internalIPs": ["10.240.0.30"],
        "podCIDR": "10.200.0.0/24",
        "nextHop": "10.240.0.30",
        "state": "Missing",
        "owner": None,
        "reason": "no such route is installed",
    }
    assert document["waiting"] == ["new"]
    assert document["unreadable"][0]["name"] == "odd"
    assert msgspec.yaml.decode(in_yaml.out) == document
    assert "Node odd cannot be read" in in_json.err


def test_plain_is_the_seeds_line_byte_for_byte(world: World) -> None:
    world.nodes(worker(0), node("new"), node("odd", HOSTILE, "not a cidr"))

    ended = process("table", "-f", str(world.nodes_file), "-o", "plain")

    assert ended.status == 0
    assert ended.out == f"10.240.0.30 10.200.0.0/24 \n  \n{HOSTILE} not a cidr \n"


def test_on_a_terminal_even_plain_is_escaped(world: World) -> None:
    world.nodes(node("odd", HOSTILE, "10.200.7.0/24"))
    screen, terminal = pty.openpty()

    subprocess.run(
        [sys.executable, "-m", "podroute", "table", "-f", str(world.nodes_file), "-o", "plain"],
        check=True,
        stdout=terminal,
        env=CLEAN,
    )
    shown = os.read(screen, 4096).decode()
    os.close(screen)
    os.close(terminal)

    assert shown.startswith("\\x1b[2J\\x1b[31mroot\\r\\nworker-9")
    assert shown.endswith(" 10.200.7.0/24 \r\n")


def test_plain_tells_of_what_is_no_node(world: World) -> None:
    world.nodes_file.write_text(node_list(worker(0), {"kind": "Node", "spec": 5}))
    some = podroute("table", "-f", str(world.nodes_file), "-o", "plain")
    world.nodes_file.write_text(node_list({"kind": "Node", "spec": 5}))
    none = podroute("table", "-f", str(world.nodes_file), "-o", "plain")

    assert (some.status, some.out) == (0, "10.240.0.30 10.200.0.0/24 \n")
    assert "items[1] is no Node that can be read" in some.err
    assert (none.status, none.out) == (1, "")


@pytest.mark.parametrize(
    "verb", [["table"], ["table", "-o", "wide"], ["plan"], ["apply", "--dry-run"]]
)
@pytest.mark.parametrize("place", ["name", "address", "block", "handle"])
def test_no_control_character_of_a_node_reaches_the_terminal(
    world: World, verb: list[str], place: str
) -> None:
    name = HOSTILE if place == "name" else "odd"
    address = HOSTILE if place == "address" else "10.240.0.41"
    block = HOSTILE if place == "block" else "10.200.7.0/24"
    world.nodes(worker(0), node(name, address, block))

    ended = podroute(*verb, *world.flags())

    shown = ended.out + ended.err
    assert ended.status == 0
    assert all(letter == "\n" or letter.isprintable() for letter in shown)
    assert ("\\x1b[31mroot\\r\\nworker-9" in shown) == (place != "handle")


def test_a_megabyte_is_cut(world: World) -> None:
    world.nodes(worker(0), node("x" * 1_000_000, "10.240.0.41", "10.200.7.0/24"))
    long_name = podroute("table", *world.flags())
    world.nodes(worker(0), node("odd", "10.240.0.41", "9" * 1_000_000))
    long_cidr = podroute("table", *world.flags())

    assert "(1000000 characters)" in long_name.out
    assert len(long_name.out) < 5000
    assert long_cidr.status == 0
    assert len(long_cidr.err) < 5000


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_only_where_it_is_wanted(
    world: World,
    environment: dict[str, str],
    coloured: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    table = process("table", *world.flags(), environment=environment)
    plan = process("plan", *world.flags(), environment=environment)

    assert ("\x1b[32mInSync\x1b[0m" in table.out) == coloured
    assert ("\x1b[32m+\x1b[0m" in plan.out) == coloured
    assert ("\x1b" in table.out + plan.out) == coloured


def test_dual_stack_shows_each_family_with_its_address(world: World) -> None:
    body = node("dual", "10.240.0.30", "10.200.0.0/24", "fd00:10:200::/64")
    body["status"] = {
        "addresses": [
            {"type": "InternalIP", "address": "10.240.0.30"},
            {"type": "InternalIP", "address": "fd00:10:240::30"},
            {"type": "Hostname", "address": "dual"},
        ]
    }
    world.nodes(body)

    lines = podroute("table", "-f", str(world.nodes_file), "--no-headers").out.splitlines()

    assert [line.split()[:3] for line in lines] == [
        ["dual", "10.240.0.30", "10.200.0.0/24"],
        ["dual", "fd00:10:240::30", "fd00:10:200::/64"],
    ]


def test_fifteen_thousand_rows(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    bodies = [
        node(f"n{n}", f"10.240.{n >> 8}.{n & 255}", f"10.{n >> 8}.{n & 255}.0/24")
        for n in range(15_000)
    ]
    world.nodes(*bodies)
    begin = perf_counter()

    ended = podroute("table", *world.router(), "-f", str(world.nodes_file), "--no-headers")

    record_property("seconds", perf_counter() - begin)
    assert ended.out.count("\n") > 14_999
