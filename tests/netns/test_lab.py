"""A lab that is kept: up, status, exec, down."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from podroute.kube.documents import read_documents
from podroute.kube.nodes import to_roster
from podroute.lab.matrix import measure
from podroute.lab.places import Places
from tests.netns.lab_command import Host, LabCommand, host, until

pytestmark = pytest.mark.netns

CIDR = "10.200.0.0/16"
CIDRS = f"{CIDR},fd00:10:200::/48"


@pytest.fixture
def before() -> Host:
    return host()


@pytest.fixture
def lab(before: Host, tmp_path: Path) -> Generator[LabCommand]:
    """Ends what the test has left up; this machine must then be as it was."""
    command = LabCommand(tmp_path)
    yield command
    for name in command.folders():
        assert command("down", "--name", name).returncode == 0
    assert command.folders() == []
    until(lambda: command.processes() == [])
    assert host() == before


def test_up_says_what_to_try_and_status_shows_who_is_there(lab: LabCommand) -> None:
    up = lab("up", "--workers", "2")

    assert up.returncode == 0, up.stderr
    assert "podroute lab exec router -- podroute apply" in up.stdout

    status = lab("status")
    assert status.returncode == 0
    rows = [line.split() for line in status.stdout.split("\n\n")[1].splitlines()]
    assert rows == [
        ["NAME", "ADDRESS", "POD-CIDR", "WORKER"],
        ["router", "10.240.0.1", "<none>", "<none>"],
        ["worker-0", "10.240.0.30", "10.200.0.0/24", "<none>"],
        ["worker-1", "10.240.0.31", "10.200.1.0/24", "<none>"],
        ["pod-0a", "10.200.0.2", "<none>", "worker-0"],
        ["pod-0b", "10.200.0.3", "<none>", "worker-0"],
        ["pod-1a", "10.200.1.2", "<none>", "worker-1"],
        ["pod-1b", "10.200.1.3", "<none>", "worker-1"],
    ]


def test_status_tells_the_addresses_that_the_kernel_has(lab: LabCommand) -> None:
    assert lab("up", "--workers", "1", "--dual-stack").returncode == 0

    for place, device, addresses in [
        ("router", "nodes", ("10.240.0.1/24", "fd00:10:240::1/64")),
        ("worker-0", "eth0", ("10.240.0.30/24", "fd00:10:240::30/64")),
        ("worker-0", "cbr0", ("10.200.0.1/24", "fd00:10:200::1/64")),
        ("pod-0b", "eth0", ("10.200.0.3/24", "fd00:10:200::3/64")),
    ]:
        shown = lab("exec", place, "--", "ip", "-brief", "address", "show", "dev", device)
        assert set(addresses) <= set(shown.stdout.split()), shown


def test_the_nodes_file_is_what_podroute_reads(lab: LabCommand) -> None:
    assert lab("up", "--dual-stack").returncode == 0

    roster = to_roster(read_documents(str(lab.folder().nodes_file)))

    assert roster.unreadable == ()
    assert [
        (node.name, [*map(str, node.internal_ips)], [*map(str, node.pod_cidrs)])
        for node in roster.nodes
    ] == [
        ("worker-0", ["10.240.0.30", "fd00:10:240::30"], ["10.200.0.0/24", "fd00:10:200::/64"]),
        ("worker-1", ["10.240.0.31", "fd00:10:240::31"], ["10.200.1.0/24", "fd00:10:200:1::/64"]),
        ("worker-2", ["10.240.0.32", "fd00:10:240::32"], ["10.200.2.0/24", "fd00:10:200:2::/64"]),
    ]
    assert len({node.uid for node in roster.nodes}) == 3
    assert all(node.created for node in roster.nodes)


@pytest.mark.parametrize("dual_stack", [False, True], ids=["IPv4", "dual stack"])
def test_pods_reach_other_workers_once_the_router_has_routes(
    lab: LabCommand, *, dual_stack: bool
) -> None:
    assert lab("up", *(["--dual-stack"] if dual_stack else [])).returncode == 0
    record = lab.record()
    places, topology = Places(record.holder), record.topology()

    until(lambda: measure(places, topology).only_on_one_worker())

    for worker in topology.workers:
        for cidr, hop in zip(worker.pod_cidrs, worker.internal_ips, strict=True):
            words = ["ip", "route", "add", str(cidr), "via", str(hop)]
            assert lab("exec", "router", "--", *words).returncode == 0

    def all_answer() -> bool:
        after = measure(places, topology)
        return after.complete() and len(after.answered) == 30 * topology.families

    until(all_answer)


def test_the_pods_keep_their_own_addresses_on_the_way(lab: LabCommand) -> None:
    """The agents masquerade what leaves 10.0.0.0/8 only."""
    assert lab("up", "--workers", "2").returncode == 0
    for words in ("10.200.0.0/24 via 10.240.0.30", "10.200.1.0/24 via 10.240.0.31"):
        assert lab("exec", "router", "--", "ip", "route", "add", *words.split()).returncode == 0
    ping = ("exec", "pod-0a", "--", "ping", "-c1", "10.200.1.2", "-W")
    until(lambda: lab(*ping, "1").returncode == 0)
    counting = "add table ip x; add chain ip x y { type filter hook input priority 0; }; "
    counting += "add rule ip x y ip saddr 10.200.0.2 counter"
    assert lab("exec", "pod-1a", "--", "nft", counting).returncode == 0

    assert lab(*ping, "10").returncode == 0

    assert "packets 1 " in lab("exec", "pod-1a", "--", "nft", "list", "table", "ip", "x").stdout


def test_an_agent_keeps_each_worker_as_it_is(lab: LabCommand) -> None:
    assert lab("up", "--workers", "1").returncode == 0
    show = ("exec", "worker-0", "--", "ip", "-brief", "address", "show", "dev", "cbr0")
    before = lab(*show).stdout.split()[2:]

    assert lab("exec", "worker-0", "--", "ip", "link", "delete", "cbr0").returncode == 0

    until(lambda: lab(*show).stdout.split()[2:] == before)
    ping = ("exec", "pod-0a", "--", "ping", "-c1", "-W1", "10.240.0.30")
    until(lambda: lab(*ping).returncode == 0)


def test_the_router_keeps_its_link_address_when_workers_leave(lab: LabCommand) -> None:
    """Those that stay would go on sending to the old one."""
    assert lab("up").returncode == 0
    show = ("exec", "router", "--", "ip", "-brief", "link", "show", "dev", "nodes")
    before = lab(*show).stdout.split()[2]

    for worker in ("worker-0", "worker-1", "worker-2"):
        assert lab("exec", "router", "--", "ip", "link", "delete", worker).returncode == 0

    assert lab(*show).stdout.split()[2] == before


def test_exec_hands_over_stdin_directory_and_exit_status(lab: LabCommand) -> None:
    assert lab("up", "--workers", "1").returncode == 0

    seven = lab("exec", "pod-0a", "--", "sh", "-c", "pwd; exit 7")
    assert (seven.returncode, seven.stdout) == (7, f"{Path.cwd()}\n")

    assert lab("exec", "router", "--", "sh", "-c", "kill -9 $$").returncode in {-9, 137}
    assert lab("exec", "router", "--", "no-such-program").returncode == 127


def test_exec_finds_podroute_itself(lab: LabCommand) -> None:
    assert lab("up", "--workers", "2").returncode == 0
    flags = ("--provider", "linux", "--cluster-cidr", CIDR, "-f", str(lab.folder().nodes_file))

    applied = lab("exec", "router", "--", "podroute", "apply", "--auto-approve", *flags)
    assert applied.returncode == 0, applied.stderr

    table = lab("exec", "router", "--", "podroute", "table", *flags)
    assert table.stdout.count("InSync") == 2
    ping = lab("exec", "pod-0a", "--", "ping", "-c1", "-W10", "10.200.1.2")
    assert ping.returncode == 0, ping.stdout


def test_down_twice_is_fine(lab: LabCommand) -> None:
    assert lab("down").returncode == 0
    assert lab("up", "--workers", "1").returncode == 0

    first, second = lab("down"), lab("down")

    assert (first.returncode, second.returncode) == (0, 0)
    assert "has ended" in first.stderr
    assert "was not up" in second.stderr
    assert lab.folders() == []


def test_down_ends_what_runs_inside(lab: LabCommand) -> None:
    assert lab("up", "--workers", "1").returncode == 0
    with lab.start("exec", "pod-0a", "--", "sh", "-c", "echo ready; sleep 600") as inside:
        assert inside.stdout is not None
        assert inside.stdout.readline() == "ready\n"

        assert lab("down").returncode == 0
        assert inside.wait(30) != 0


def test_two_labs_do_not_know_each_other(lab: LabCommand) -> None:
    assert lab("up", "--workers", "1", "--name", "one").returncode == 0
    assert lab("up", "--workers", "1", "--name", "two").returncode == 0
    touch = ("exec", "--name", "one", "router", "--", "ip", "route", "add", "blackhole", CIDR)
    assert lab(*touch).returncode == 0

    other = lab("exec", "--name", "two", "router", "--", "ip", "route")
    assert "blackhole" not in other.stdout

    assert lab("down", "--name", "one").returncode == 0
    assert lab("status", "--name", "one").returncode == 1
    assert lab("status", "--name", "two").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        pytest.param(["status"], 1, "podroute lab up", id="no lab"),
        pytest.param(["exec", "router", "--", "true"], 1, "podroute lab up", id="exec, no lab"),
        pytest.param(["up", "--name", "../x"], 2, "lower-case", id="name that leaves the folder"),
        pytest.param(["up", "--workers", "0"], 2, "from 1 to 20", id="no workers"),
        pytest.param(["up", "--workers", "21"], 2, "from 1 to 20", id="too many workers"),
        pytest.param(["demo", "--workers", "1"], 2, "from 2 to 20", id="demo needs two"),
        pytest.param(["exec"], 2, "PLACE", id="exec where?"),
    ],
)
def test_what_cannot_be_is_said(
    lab: LabCommand, arguments: list[str], status: int, words: str
) -> None:
    ended = lab(*arguments)

    assert ended.returncode == status
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_second_up_and_a_wrong_place_are_refused(lab: LabCommand) -> None:
    assert lab("up", "--workers", "1").returncode == 0

    again = lab("up")
    assert (again.returncode, again.stdout) == (1, "")
    assert "podroute lab down" in again.stderr

    nowhere = lab("exec", "pod-9a", "--", "true")
    assert nowhere.returncode == 2
    assert "pod-0b" in nowhere.stderr
    assert lab("exec", "pod-0a").returncode == 2


@pytest.mark.parametrize("verb", ["up", "demo"])
def test_missing_programs_are_named_with_their_packages(lab: LabCommand, verb: str) -> None:
    ended = LabCommand(lab.state, variables={"PATH": ""})(verb)

    assert ended.returncode == 2
    assert "apt-get install" in ended.stderr
    assert "util-linux" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_machine_without_user_namespaces_is_told_so(lab: LabCommand) -> None:
    """A user namespace that may have one child only, and that child as an ordinary user."""
    limit = (
        'echo 1 >/proc/sys/user/max_user_namespaces;exec unshare --user --map-user=1000 "$0" "$@"'
    )
    root = ("unshare", "--user", "--map-root-user", "sh", "-c", limit)

    ended = LabCommand(lab.state, prefix=root)("up")

    assert ended.returncode == 2, ended
    assert "cannot create namespaces" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_state_folder_that_cannot_be_made_is_named() -> None:
    ended = LabCommand(Path("/proc/nowhere"))("up")

    assert ended.returncode == 2
    assert "XDG_STATE_HOME" in ended.stderr


def test_state_is_private(lab: LabCommand) -> None:
    os.umask(os.umask(0o022))
    assert lab("up", "--workers", "1").returncode == 0

    assert lab.folder().path.stat().st_mode & 0o077 == 0
    assert lab.folder().path.parent.stat().st_mode & 0o077 == 0
