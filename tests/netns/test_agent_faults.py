"""What goes wrong on a worker, and what the agent makes of it."""

import json
import socket
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.environment import unmeasured
from tests.netns.agents import (
    Plugged,
    WorkerPlace,
    peer_seen,
    ping,
    plugged_pods,
)
from tests.netns.lab_command import until
from tests.unit.command import CLEAN, node, node_list

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")
DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
PLAIN = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
CONFLIST = "10-podroute.conflist"
UNREAD = "/proc/sys/net/unix/max_dgram_qlen"


@pytest.mark.parametrize("flags", [V4, DUAL])
@pytest.mark.parametrize("forwarding", ["0", "1"])
def test_a_cleanup_leaves_the_machine_as_it_was_found(
    place: WorkerPlace, flags: tuple[str, ...], forwarding: str
) -> None:
    settings = {"ipv4/ip_forward": forwarding, "ipv6/conf/all/forwarding": forwarding}
    settings |= {"ipv4/conf/eth0/forwarding": "1", "ipv4/conf/all/accept_redirects": "0"}
    for name, value in settings.items():
        place.worker.run("sh", "-c", f"echo {value} > /proc/sys/net/{name}")
    place.worker.run("nft", "add table inet other; add chain inet other x")
    before = place.fingerprint()

    assert place.agent(*flags, "--once", "--hairpin-mode", "promiscuous-bridge").status == 0
    assert place.agent(*flags, "--once").status == 0
    assert place.fingerprint() != before
    shown = place.agent("--cleanup", "--dry-run")
    cleaned = place.agent("--cleanup")

    assert cleaned.out.splitlines()[:-1] == shown.out.splitlines()[:-1]
    assert place.fingerprint() == before
    assert list(place.conf.iterdir()) == []
    assert place.agent("--cleanup").out == "Nothing to do.\n"


def test_a_dry_run_changes_nothing(place: WorkerPlace) -> None:
    before = place.fingerprint()

    shown = place.agent(*DUAL, "--dry-run")

    assert (shown.status, shown.err) == (0, "")
    assert shown.out.startswith("+ bridge cbr0 mac 0a:58:0a:c8:00:01 mtu 1500\n")
    assert shown.out.endswith("Plan: 11 steps, 0 blocked.\n")
    assert place.fingerprint() == before
    assert not place.conf.exists()


def test_it_holds_no_library_for_flags_pages_or_clouds(place: WorkerPlace) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "podroute", "agent"]
    with place.worker.entered():
        done = subprocess.run(
            [*command, *place.flags(*V4, "--dry-run")],
            check=True,
            capture_output=True,
            text=True,
            env=unmeasured(CLEAN),
        )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    modules = {line.rpartition("|")[2].strip() for line in lines}
    names = {one.partition(".")[0] for one in modules if "." in one}  # a try to load is no module

    assert "podroute" in names
    assert not names & {"aiohttp", "botocore", "cyclopts", "google", "httpx2", "lightkube", "rich"}
    assert not names & {"prometheus_client", "starlette", "uvicorn", "yaml"}


def test_of_two_agents_the_second_refuses(place: WorkerPlace) -> None:
    with place.running(*V4):
        until((place.conf / CONFLIST).exists)
        for second in (place.agent(*V4, "--once"), place.agent(*V4)):
            assert second.status == 5
            assert "another podroute agent runs on this machine" in second.err


def test_without_privileges_it_says_so_and_does_nothing(place: WorkerPlace) -> None:
    before = place.fingerprint()

    refused = place.agent(*V4, "--once", within=PLAIN)

    assert refused.status == 3
    assert "CAP_NET_ADMIN" in refused.err
    assert "Traceback" not in refused.err
    assert place.fingerprint() == before


def test_one_privilege_is_enough(place: WorkerPlace) -> None:
    """As in deploy/podroute-agent.service and deploy/agent.yaml."""
    one = ("setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all,+net_admin")

    assert place.agent(*DUAL, "--once", within=one).status == 0
    with plugged_pods(place) as plugged:
        ping(plugged.a, "192.0.2.1")
    assert place.agent("--cleanup", within=one).status == 0


def test_somebody_elses_bridge_is_left_alone(place: WorkerPlace) -> None:
    place.worker.run(
        "sh", "-c", "ip link add cbr0 type bridge; ip address add 172.17.0.1/16 dev cbr0"
    )
    before = place.fingerprint()

    refused = place.agent(*V4, "--once")
    cleaned = place.agent("--cleanup")

    assert refused.status == 1
    assert "cbr0 is there, and not podroute's: it has the address 172.17.0.1/16" in refused.err
    assert cleaned.out == "Nothing to do.\n"
    assert place.fingerprint() == before
    assert place.agent(*V4, "--once", "--bridge", "cbr1").status == 0


def test_somebody_elses_network_is_not_doubled(place: WorkerPlace) -> None:
    place.conf.mkdir()
    other = place.conf / "05-cilium.conflist"
    other.write_text(json.dumps({"name": "cilium", "plugins": [{"type": "cilium-cni"}]}))

    refused = place.agent(*V4, "--once")

    assert refused.status == 1
    assert "05-cilium.conflist is there" in refused.err
    assert [one.name for one in place.conf.iterdir()] == ["05-cilium.conflist"]
    other.unlink()
    assert place.agent(*V4, "--once").status == 0


def test_a_read_only_folder_is_named(place: WorkerPlace) -> None:
    place.conf.mkdir()
    place.worker.run("mount", "-t", "tmpfs", "-o", "ro", "none", str(place.conf))
    try:
        failed = place.agent(*V4, "--once")
    finally:
        place.worker.run("umount", str(place.conf))

    assert failed.status == 4
    assert failed.out.endswith("Applied: 6 of 7 steps.\n")
    assert "Read-only file system" in failed.err


def test_no_nft_no_forwarding(place: WorkerPlace, tmp_path: Path) -> None:
    hidden = 'mount --bind /dev/null $(command -v nft || echo /usr/sbin/nft) && exec "$@"'
    failed = place.agent(*V4, "--once", within=("unshare", "--mount", "sh", "-c", hidden, "sh"))

    assert failed.status == 3
    assert "nft" in failed.err
    assert not (tmp_path / "net.d").exists()
    assert place.worker.run("cat", "/proc/sys/net/ipv4/ip_forward") == "0\n"


def show(nodes: Path, *cidrs: str) -> None:
    """From now on the worker's Node has these."""
    beside = nodes.with_suffix(".beside")
    beside.write_text(node_list(node("worker-0", "10.240.0.30", *cidrs)))
    beside.replace(nodes)


def bridge_addresses(place: WorkerPlace) -> list[str]:
    told = place.worker.ip("-o", "address", "show", "dev", "cbr0", "scope", "global")
    return sorted(line.split()[3] for line in told.splitlines())


def make_anew(plugged: Plugged, pod: str) -> None:
    plugged.runtime.remove(pod, plugged.a)
    plugged.runtime.add(pod, plugged.a)


def test_a_second_family_and_another_pod_cidr_while_pods_run(
    place: WorkerPlace, tmp_path: Path
) -> None:
    nodes = tmp_path / "nodes.json"
    shows = partial(show, nodes)
    addresses = partial(bridge_addresses, place)
    shows()
    flags = ("-f", str(nodes), "--node-name", "worker-0", "--sync-period", "100ms")
    with place.running(*flags):
        until(lambda: "has no podCIDR yet" in place.log())
        assert not place.conf.exists()
        shows("10.200.0.0/24")
        until((place.conf / CONFLIST).exists)
        with plugged_pods(place) as plugged:
            shows("10.200.0.0/24", "fd00:10:200::/64")
            until(lambda: addresses() == ["10.200.0.1/24", "fd00:10:200::1/64"])
            assert peer_seen(plugged.a, place.outside, "10.240.0.1") == "10.200.0.2"

            shows("10.200.7.0/24")  # the Node was made anew
            until(lambda: "10.200.7.0/24" in (place.conf / CONFLIST).read_text())
            until(lambda: addresses() == ["10.200.0.1/24", "10.200.7.1/24"])
            ping(plugged.a, "10.240.0.1")
            until(lambda: "2 Pods have addresses outside the Node's podCIDRs" in place.log())
            make_anew(plugged, "a")
            assert plugged.address("a") == "10.200.7.2"
            ping(plugged.a, plugged.address("b"))
            plugged.runtime.remove("b", plugged.b)
            until(lambda: addresses() == ["10.200.7.1/24"])
            ping(plugged.a, "10.240.0.1")


def test_a_hostile_pod_cidr_is_refused(place: WorkerPlace, tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    before = place.fingerprint()
    for cidr in ("0.0.0.0/0", "10.240.0.0/24", "169.254.169.254/32", "::/0", "127.0.0.0/8"):
        nodes.write_text(node_list(node("worker-0", "10.240.0.30", cidr)))
        refused = place.agent("-f", str(nodes), "--node-name", "worker-0", "--once")
        assert (refused.status, refused.out) == (1, "Nothing was changed.\n"), cidr
        assert "blocked: podCIDR" in refused.err
    assert place.fingerprint() == before


def test_a_service_manager_hears_that_it_is_ready_and_alive(
    place: WorkerPlace, tmp_path: Path
) -> None:
    place.worker.run("sh", "-c", f"echo 1000 > {UNREAD}")  # what is told to one who is busy is lost
    with place.worker.entered():
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with closing(made) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        told: list[str] = []
        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        with place.running(*V4, "--sync-period", "1h", **variables) as process:
            while len(told) < 4:
                told.append(manager.recv(4096).decode())
            process.terminate()
            process.wait(30)
            while "STOPPING=1" not in told[-1]:
                told.append(manager.recv(4096).decode())
    assert all("READY=1\nWATCHDOG=1" in one for one in told[:4])
    assert process.returncode == 0


@pytest.mark.parametrize(("found", "kept"), [("1", "2"), ("0", "0")])
def test_router_advertisements_go_on_giving_the_default_route(
    place: WorkerPlace, found: str, kept: str
) -> None:
    """By the kernel, or by a program that has switched off the kernel's hearing."""
    heard = "/proc/sys/net/ipv6/conf/eth0/accept_ra"
    advertised = ["via", "fd00:10:240::1", "dev", "eth0", "proto", "ra"]
    place.worker.run("sh", "-c", f"echo {found} > {heard}")
    place.worker.ip("-6", "route", "delete", "default")
    place.worker.ip("-6", "route", "add", "default", *advertised)

    assert place.agent(*DUAL, "--once").status == 0

    settings = place.worker.run("sh", "-c", "cat /proc/sys/net/ipv6/conf/*0/accept_ra")
    assert settings == f"0\n{kept}\n"
    assert place.agent("--cleanup").status == 0
    assert place.worker.run("cat", heard) == f"{found}\n"
