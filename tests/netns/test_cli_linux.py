"""The command line on a real kernel."""

import subprocess
import sys
from pathlib import Path

import pytest

from podroute.testing.netns import Namespace
from tests.unit.command import CLEAN, Ended, node, node_list, worker

pytestmark = pytest.mark.netns

FLAGS = ["--provider", "linux", "--cluster-cidr", "10.200.0.0/16,fd00:10:200::/48"]
PLAIN = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """Three workers, one of them with both families."""
    path = tmp_path / "nodes.json"
    dual = node("dual", "10.240.0.32", "10.200.2.0/24", "fd00:10:200:2::/64")
    dual["status"] = {
        "addresses": [
            {"type": "InternalIP", "address": address}
            for address in ("10.240.0.32", "fd00:10:240::32")
        ]
    }
    path.write_text(node_list(worker(0), worker(1), dual))
    return path


def podroute(*arguments: str, within: list[str] | None = None) -> Ended:
    """In the namespace that this thread is in."""
    done = subprocess.run(
        [*(within or ()), sys.executable, "-m", "podroute", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=CLEAN,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def ours(netns: Namespace) -> list[str]:
    """The kernel's routes with our mark."""
    lines = netns.ip("route", "show", "proto", "200").splitlines()
    lines += netns.ip("-6", "route", "show", "proto", "200").splitlines()
    return sorted(" ".join(line.split()[:3]) for line in lines)


ALL = [
    "10.200.0.0/24 via 10.240.0.30",
    "10.200.1.0/24 via 10.240.0.31",
    "10.200.2.0/24 via 10.240.0.32",
    "fd00:10:200:2::/64 via fd00:10:240::32",
]


def test_from_nodes_to_routes(netns: Namespace, nodes: Path, tmp_path: Path) -> None:
    plan = str(tmp_path / "plan")
    planned = podroute("plan", *FLAGS, "-f", str(nodes), "--out", plan)
    applied = podroute("apply", plan)
    table = podroute("table", *FLAGS, "-f", str(nodes))
    again = podroute("apply", plan)

    assert planned.out.endswith("Plan: 4 to add, 0 to change, 0 to remove; 0 unchanged.\n")
    assert (applied.status, applied.out) == (0, "Applied: 4 of 4 changes, read back.\n")
    assert ours(netns) == ALL
    assert table.out.count(" InSync") == 4
    assert again.status == 5


def test_the_printed_commands_do_the_same(netns: Namespace, nodes: Path) -> None:
    netns.ip("route", "add", "10.200.1.0/24", "via", "10.240.0.99", "proto", "200")
    netns.ip("route", "add", "10.200.9.0/24", "via", "10.240.0.99", "proto", "200")

    commands = podroute("plan", *FLAGS, "-f", str(nodes), "--show-commands")
    netns.run("sh", "-eu", text=commands.out)
    left = podroute("plan", *FLAGS, "-f", str(nodes), "--detailed-exitcode")

    assert commands.err == ""
    assert left.status == 0
    assert ours(netns) == ALL


def test_a_foreign_route_is_left_alone(netns: Namespace, nodes: Path) -> None:
    netns.ip("route", "add", "10.200.1.0/24", "via", "10.240.0.99", "proto", "static")

    applied = podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")

    assert applied.status == 0
    assert "! 10.200.1.0/24 via 10.240.0.31  worker-1  Blocked: " in applied.out
    assert ours(netns) == [ALL[0], *ALL[2:]]
    assert "via 10.240.0.99" in netns.ip("route", "show", "proto", "static")


def test_a_foreign_next_hop_beside_ours_is_told_and_both_stay(
    netns: Namespace, nodes: Path
) -> None:
    podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")
    theirs = ["fd00:10:200:2::/64", "via", "fd00:10:240::99", "proto", "static"]
    netns.ip("-6", "route", "append", *theirs)
    before = netns.routes()

    applied = podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")
    commands = podroute("plan", *FLAGS, "-f", str(nodes), "--show-commands")
    kept = netns.routes()
    netns.ip("-6", "route", "del", *theirs)
    after = podroute("plan", *FLAGS, "-f", str(nodes), "--detailed-exitcode")

    assert applied.status == 0
    assert "via fd00:10:240::99 dev node0 weight 1 is not ours" in applied.out
    assert (commands.out.count("\nip "), kept) == (0, before)
    assert after.status == 0
    assert ours(netns) == ALL


def test_a_next_hop_that_is_not_on_a_link(netns: Namespace, nodes: Path) -> None:
    nodes.write_text(node_list(worker(0), node("far", "10.99.0.30", "10.200.7.0/24")))

    applied = podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")

    assert applied.status == 0
    assert "! 10.200.7.0/24  far  Blocked by address plan: " in applied.out
    assert "10.99.0.30 is not on a link of the router" in applied.out
    assert ours(netns) == ALL[:1]


@pytest.mark.parametrize(
    ("address", "node_name", "reason"),
    [
        ("10.200.1.7/32", "worker-1", "10.200.1.0/24 overlaps 10.200.1.7/32"),
        ("10.240.0.30/32", "worker-0", "10.240.0.30 is the router's own address"),
    ],
)
def test_an_address_that_the_router_got_later_is_told_and_removes_nothing(
    netns: Namespace, nodes: Path, address: str, node_name: str, reason: str
) -> None:
    podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")
    netns.ip("address", "add", address, "dev", "lo")

    applied = podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")
    table = podroute("table", *FLAGS, "-f", str(nodes))

    (line,) = [line for line in table.out.splitlines() if line.startswith(node_name)]
    assert " Blocked " in line
    assert reason in line
    assert line.endswith("; the installed route stays")
    assert table.out.count(" InSync") == 3
    assert applied.status == 0
    assert ours(netns) == ALL


@pytest.mark.parametrize("shown", ["10.99.0.30", "127.0.0.1", "10.240.0.1", "10.240.0.32"])
def test_a_node_that_shows_a_refused_address_keeps_its_route(
    netns: Namespace, nodes: Path, shown: str
) -> None:
    podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")
    moved = node("worker-1", shown, "10.200.1.0/24")
    nodes.write_text(node_list(worker(0), moved, node("dual", "10.240.0.32", "10.200.2.0/24")))

    podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve")

    assert "10.200.1.0/24 via 10.240.0.31" in ours(netns)


def test_without_privileges_nothing_is_done_and_the_way_is_shown(
    netns: Namespace, nodes: Path
) -> None:
    table = podroute("table", *FLAGS, "-f", str(nodes), within=PLAIN)
    applied = podroute("apply", *FLAGS, "-f", str(nodes), "--auto-approve", within=PLAIN)

    assert table.status == 0
    assert applied.status == 3
    assert "needs CAP_NET_ADMIN: run it with sudo" in applied.err
    assert "Traceback" not in applied.err
    assert ours(netns) == []
