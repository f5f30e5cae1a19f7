"""podroute check worker and podroute explain, on a worker that is sound or is not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace, ping, plugged_pods
from tests.unit.command import CLEAN, Ended, node, node_list

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")


def run(place: WorkerPlace, verb: str, *arguments: str) -> Ended:
    command = [sys.executable, "-m", "podroute", *verb.split(), *place.flags(*arguments)]
    with place.worker.entered():
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=CLEAN)
    return Ended(done.returncode, done.stdout, done.stderr)


def failed(place: WorkerPlace) -> dict[str, list[str]]:
    """The findings of each check that failed, by cause."""
    told = run(place, "check worker", *V4, "-o", "json")
    checks = json.loads(told.out)["items"]
    found = {one["id"]: [each["cause"] for each in one["problems"]] for one in checks}
    assert told.status == int(any(found.values()))
    return {name: causes for name, causes in found.items() if causes}


def test_a_machine_is_no_worker_before_the_agent_and_one_behind_it(place: WorkerPlace) -> None:
    before = place.fingerprint()
    assert {"bridge", "forwarding", "firewall", "cni-config"} <= failed(place).keys()
    assert place.fingerprint() == before

    assert place.agent(*V4, "--once").status == 0
    with plugged_pods(place):
        assert place.agent(*V4, "--once").status == 0
        assert failed(place).keys() <= {"br-netfilter"}  # where the kernel has none


DOCKER = "ip link add cbr0 type bridge; ip address add 172.17.0.1/16 dev cbr0"
DROPPING = "add table ip x; add chain ip x y { type filter hook forward priority 0; policy drop; }"


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("echo 0 > /proc/sys/net/ipv4/ip_forward", "forwarding"),
        ("ip link set cbr0 mtu 1300", "mtu"),
        ("nft delete table inet podroute", "firewall"),
        (f"nft '{DROPPING}'", "forward-drop"),
        ("iptables-legacy -A FORWARD -j DROP", "iptables-legacy"),
        ("ip6tables-legacy -A FORWARD -j DROP", "iptables-legacy"),
        ("ip address add 10.200.0.7/32 dev eth0", "pod-cidr"),
        ("ip link set cbr0 alias ''", "bridge"),
        (f"ip link delete cbr0; {DOCKER}", "bridge-owner"),
        ("ip link delete cbr0; ip link property add dev eth0 altname cbr0", "bridge-owner"),
        ("ip link set cbr0 down name cbr9; ip link add cbr0 type bridge", "bridge-owner"),
        ("echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet", "route-localnet"),
        ("chmod o+w $CONF/10-podroute.conflist", "cni-rights"),
    ],
)
def test_a_fault_is_found(place: WorkerPlace, fault: str, check: str) -> None:
    assert place.agent(*V4, "--once").status == 0

    place.worker.run("sh", "-ec", fault.replace("$CONF", str(place.conf)))

    assert check in failed(place)


def test_a_route_of_somebody_else_before_the_bridge_s_own_is_found(place: WorkerPlace) -> None:
    """As one that was typed for the block when it was another worker's."""
    place.worker.ip("route", "add", "10.200.0.0/24", "via", "10.240.0.1")
    assert place.agent(*V4, "--once").status == 0
    with plugged_pods(place):
        astray = "10.200.0.2 is a Pod's, on cbr0: it is sent to 10.240.0.1 on eth0"
        assert failed(place)["pod-routes"][0] == astray

        place.worker.ip("route", "delete", "10.200.0.0/24", "via", "10.240.0.1")

        assert "pod-routes" not in failed(place)


def test_a_chain_that_drops_is_mended_by_the_lines_to_type(place: WorkerPlace) -> None:
    assert place.agent(*V4, "--once").status == 0
    place.worker.run("nft", DROPPING)
    with plugged_pods(place) as plugged:
        assert place.agent(*V4, "--once").status == 0
        with pytest.raises(RuntimeError):
            ping(plugged.a, "10.240.0.1")

        told = json.loads(run(place, "check worker", *V4, "-o", "json").out)["items"]
        (fix,) = (
            problem["fix"]
            for one in told
            if one["id"] == "forward-drop"
            for problem in one["problems"]
        )
        lines = fix.removeprefix("let it accept the Pods: ").replace(
            "CLUSTER-CIDR", "10.200.0.0/16"
        )
        place.worker.run("sh", "-ec", lines)

        ping(plugged.a, "10.240.0.1")
        ping(place.outside, plugged.address("a"))
        assert "forward-drop" not in failed(place)


def test_two_pods_with_one_address_are_found(place: WorkerPlace) -> None:
    assert place.agent(*V4, "--once").status == 0
    with plugged_pods(place) as plugged:
        plugged.b.ip("address", "add", "10.200.0.2/32", "dev", "lo")

        assert failed(place)["duplicate-address"] == ["2 Pods have 10.200.0.2"]


def explained(place: WorkerPlace, target: str, nodes: Path) -> Ended:
    flags = ("-f", str(nodes), "--node-name", "worker-0")
    return run(place, "explain", target, *flags)


def test_the_way_of_a_packet_ends_where_it_is_broken(place: WorkerPlace, tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text(
        node_list(
            node("worker-0", "10.240.0.30", "10.200.0.0/24"),
            node("worker-1", "10.240.0.31", "10.200.1.0/24"),
        )
    )
    assert place.agent("-f", str(nodes), "--node-name", "worker-0", "--once").status == 0

    by_router = explained(place, "10.200.1.2", nodes)
    place.worker.ip("route", "add", "10.200.1.0/24", "via", "10.240.0.31")
    direct = explained(place, "10.200.1.2", nodes)
    place.worker.ip("route", "replace", "blackhole", "10.200.1.0/24", "metric", "0")
    lost = explained(place, "10.200.1.2", nodes)
    place.worker.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    mute = explained(place, "10.200.1.2", nodes)

    assert (by_router.status, direct.status, lost.status, mute.status) == (0, 0, 1, 1)
    assert "10.200.1.2 is worker-1's, and sent to 10.240.0.1 on eth0" in by_router.out
    assert "podroute table shows what 10.240.0.1 does with it" in by_router.out
    assert "sent to 10.240.0.31 on eth0, which is that Node" in direct.out
    assert "4   BROKEN   route" in lost.out
    assert "a route blackhole 10.200.1.0/24 takes it away" in lost.out
    assert mute.out.splitlines()[2].startswith("2   BROKEN   forwarding")
    assert mute.out.splitlines()[3].startswith("Next: podroute agent --once")


def test_the_way_to_a_pod_of_the_same_worker(place: WorkerPlace, tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text(node_list(node("worker-0", "10.240.0.30", "10.200.0.0/24")))
    assert place.agent("-f", str(nodes), "--node-name", "worker-0", "--once").status == 0
    with plugged_pods(place):
        assert place.agent("-f", str(nodes), "--node-name", "worker-0", "--once").status == 0
        there = explained(place, "10.200.0.3", nodes)
        nobody = explained(place, "10.200.0.9", nodes)

    assert (there.status, nobody.status) == (0, 1)
    assert "a Pod of this worker has 10.200.0.3" in there.out
    assert "no Pod of this worker has 10.200.0.9" in nobody.out


@pytest.mark.parametrize("text", ["pod-a", "10.200.0.0/24", ""])
def test_what_is_no_address_is_refused(place: WorkerPlace, text: str) -> None:
    told = run(place, "explain", text, *V4)

    assert told.status == 2
    assert "give the IP address of a Pod" in told.err
