"""The command line and a router behind SSH; what a hostile client gets there."""

from pathlib import Path

import pytest

from podroute.model.cidr import parse_cidr
from podroute.model.route import InstalledRoute
from podroute.providers.linux.ssh_provider import KIND
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.machine_root import needs_machine_root
from tests.onprem.sshd import ADDRESS, PORT, USER, SshRouter, podroute_at
from tests.unit.command import node_list, worker

pytestmark = [pytest.mark.netns, needs_machine_root]

KEPT = Path(__file__).parents[2] / "deploy/router/kept-routes"


def logged_in(router: SshRouter, command: str, text: str) -> str:
    """What OpenSSH's own client prints with our key."""
    known_hosts = f"UserKnownHostsFile={router.place / 'known_hosts'}"
    options = ("-F", "none", "-o", "BatchMode=yes", "-o", known_hosts, "-p", str(PORT))
    place = f"{USER}@{ADDRESS}"
    return router.node.run(
        "ssh", "-i", str(router.place / "key"), *options, place, command, text=text
    )


async def test_plan_lines_apply_and_table(router: SshRouter, tmp_path: Path) -> None:
    """The lines are those that the same provider prints on the router, behind ``ssh``."""
    nodes = tmp_path / "nodes.json"
    nodes.write_text(node_list(worker(0), worker(1)))
    source = ("-f", str(nodes))

    lines = podroute_at(router, router.options(), "plan", "--show-commands", *source)
    applied = podroute_at(router, router.options(), "apply", "--auto-approve", *source)
    table = podroute_at(router, router.options(), "table", *source)

    line = "ssh -p 2222 root@10.240.0.1 'ip route add 10.200.0.0/24 via 10.240.0.30 proto 200'"
    assert line in lines.stdout.splitlines()
    assert applied.returncode == 0
    assert "Applied: 2 of 2 changes, read back." in applied.stdout
    assert table.stdout.count("InSync") == 2
    shown = router.node.ip("route", "show", "proto", "200")
    assert shown.split("\n")[0] == "10.200.0.0/24 via 10.240.0.30 dev node0 "


def test_the_router_is_checked_there(router: SshRouter, tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text(node_list(worker(0)))

    said: list[str] = []
    for forwards in (0, 1):
        router.node.run("sysctl", "-qw", f"net.ipv4.ip_forward={forwards}")
        checked = podroute_at(router, router.options(), "check", "-f", str(nodes))
        said += [line for line in checked.stdout.splitlines() if "router-forwarding" in line]

    assert len(said) == 2, said
    assert "failed" in said[0].lower()
    assert "passed" in said[1].lower()


async def test_a_node_name_is_only_a_name(router: SshRouter) -> None:
    trace = router.place / "trace"
    names = [
        f"$(touch {trace})",
        f"`touch {trace}`",
        f"a'; touch {trace}; '",
        f'a"; touch {trace}; "',
        f"a\n{{}}\ntouch {trace}\n",
        "\0\n\x1b[2J",
        "x" * 1_000_000,
    ]
    wishes = [
        Create(route(f"10.200.{number}.0/24", "10.240.0.30", name))
        for number, name in enumerate(names)
    ]
    async with KIND.connect(router.options()) as provider:
        outcomes = await provider.apply(wishes)
        lines = provider.commands(wishes)

    assert list(outcomes) == [Done(wish) for wish in wishes]
    assert not [line for line in lines if "touch" in line or "\n" in line]
    assert not trace.exists()


async def test_a_stolen_key_gets_no_further_than_the_routers_file(router: SshRouter) -> None:
    """It starts nothing else, takes no other route away, and leads no traffic elsewhere."""
    router.node.ip("route", "add", "default", "via", "10.240.0.2", "proto", "static")
    handle = "0.0.0.0/0 via 10.240.0.2 dev node0 proto 4 metric 0"
    before = router.node.routes()
    wish = route("10.200.0.0/24", "10.240.0.30")
    lie = InstalledRoute(parse_cidr("10.200.0.0/24"), wish.next_hop, "foreign", handle)
    attempts: list[Change] = [
        Create(route("0.0.0.0/1", "10.240.0.30")),
        Create(route("10.200.1.0/24", "10.9.9.9")),
        Adopt(lie, wish, written=True),
    ]
    async with KIND.connect(router.options()) as provider:
        assert handle in [one.handle for one in (await provider.read()).routes]
        outcomes = await provider.apply(attempts)
    said = logged_in(router, f"touch {router.place / 'trace'}", "reboot\n")

    assert [type(one) for one in outcomes] == [Failed] * 3
    assert router.node.routes() == before
    assert not (router.place / "trace").exists()
    assert [line.partition(",")[0] for line in said.splitlines()] == [
        '{"kind":"Hello"',
        '{"kind":"NothingDone"',
    ]


def test_kept_routes_are_back_after_a_boot(netns: Namespace, tmp_path: Path) -> None:
    """Those that are there already stay as they are."""
    environment = ("env", f"STATE_DIRECTORY={tmp_path}")
    for line in (
        "route add 10.200.0.0/24 via 10.240.0.30 proto 200",
        "route add 10.200.1.0/24 via 10.240.0.31 proto 200",
        "route add 10.200.2.0/24 via 10.240.0.32 proto static",
        "-6 route add fd00:10:200::/64 via fd00:10:240::30 proto 200",
    ):
        netns.ip(*line.split())
    before = netns.routes()
    netns.run(*environment, str(KEPT), "save")
    netns.ip("route", "flush", "proto", "200")
    netns.ip("-6", "route", "flush", "proto", "200")
    assert netns.routes() != before
    netns.ip(*["route", "add", "10.200.1.0/24", "via", "10.240.0.31", "proto", "200"])

    netns.run(*environment, str(KEPT), "restore")

    assert netns.routes() == before
