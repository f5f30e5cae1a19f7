"""Settings of the kernel that podroute check worker warns of keep packets away; its fix helps."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.testing.netns import Namespace
from tests.netns.agents import WorkerPlace, peer_seen, ping, plugged_pods
from tests.netns.lab_command import until
from tests.netns.test_agent_pods import KUBE_PROXY, SERVICES
from tests.netns.test_check_worker import run

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
BRIDGED = Path("/proc/sys/net/bridge")
SWITCHES = {4: "bridge-nf-call-iptables", 6: "bridge-nf-call-ip6tables"}
FAMILIES = {4: "ip", 6: "ip6"}
needs_br_netfilter = pytest.mark.skipif(
    not BRIDGED.exists(), reason="this kernel has no br_netfilter: modprobe br_netfilter"
)


def fixes(place: WorkerPlace, check: str, *more: str) -> Mapping[str, str]:
    """Of one check, by what is wrong."""
    told = json.loads(run(place, "check worker", *DUAL, "-o", "json", *more).out)
    (one,) = (one for one in told["items"] if one["id"] == check)
    return {problem["cause"]: problem["fix"] for problem in one["problems"]}


def join_by_a_second_link(worker: Namespace, outside: Namespace) -> None:
    """By which the machine outside, as 198.51.100.1, sends to Pods; answers go by the first."""
    target = f"/proc/{os.getpid()}/fd/{outside.handle}"
    lines = [
        f"link add eth1 type veth peer name eth1 netns {target}",
        "link set eth1 up",
        "address add 10.241.0.30/24 dev eth1",
        "route add default via 10.241.0.1 metric 100",
    ]
    worker.ip("-batch", "-", lines=lines)
    beyond = [
        "link set eth1 up",
        "address add 10.241.0.1/24 dev eth1",
        "address add 198.51.100.1/32 dev lo",
        "route add 10.200.0.0/24 via 10.241.0.30",
    ]
    outside.ip("-batch", "-", lines=beyond)
    # what it asks for neighbours in is its address of that link: a filter drops no question
    outside.run("sh", "-c", "echo 2 > /proc/sys/net/ipv4/conf/eth1/arp_announce")


def test_a_strict_filter_drops_what_comes_by_another_way(place: WorkerPlace) -> None:
    join_by_a_second_link(place.worker, place.outside)
    place.worker.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter")
    assert place.agent(*DUAL, "--once").status == 0
    with plugged_pods(place) as plugged:
        pod, source = plugged.address("a"), ("-I", "198.51.100.1")
        with pytest.raises(RuntimeError):
            ping(place.outside, pod, *source)

        found = fixes(place, "rp-filter")
        assert list(found) == [
            f"rp_filter is strict on {link}, one of several ways to this worker"
            for link in ("eth0", "eth1")
        ]
        for fix in found.values():
            place.worker.run("sh", "-ec", fix)

        ping(place.outside, pod, *source)
        assert fixes(place, "rp-filter") == {}


@needs_br_netfilter
@pytest.mark.parametrize("version", [4, 6])
def test_without_br_netfilter_no_pod_of_the_same_worker_is_reached_through_a_service(
    place: WorkerPlace, version: int
) -> None:
    switch = BRIDGED / SWITCHES[version]
    assert place.agent(*DUAL, "--once").status == 0
    with plugged_pods(place) as plugged:
        pod, service = plugged.address("a", version), SERVICES[version]
        proxy = KUBE_PROXY.format(family=FAMILIES[version], service=service, pod=pod)
        place.worker.run("nft", "-f", "-", text=proxy)
        place.worker.run("sh", "-c", f"echo 0 > {switch}")
        with pytest.raises(OSError, match="timed out"):
            peer_seen(plugged.b, plugged.a, service, pod)
        assert len(fixes(place, "br-netfilter")) == 1

        assert place.agent(*DUAL, "--once").status == 0

        assert fixes(place, "br-netfilter") == {}
        assert peer_seen(plugged.b, plugged.a, service, pod) == plugged.address("b", version)


@needs_br_netfilter
def test_a_running_agent_puts_it_right_at_its_period(place: WorkerPlace) -> None:
    with place.running(*DUAL, "--sync-period", "200ms"):
        until((place.conf / "10-podroute.conflist").exists)
        for switch in SWITCHES.values():
            place.worker.run("sh", "-c", f"echo 0 > {BRIDGED / switch}")

        shown = ("sh", "-c", f"cat {BRIDGED}/bridge-nf-call-ip*")
        until(lambda: place.worker.run(*shown) == "1\n1\n")


def test_a_kernel_without_br_netfilter_is_told(place: WorkerPlace, tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    settings.mkdir()
    for family in ("ipv4", "ipv6"):
        (settings / family).symlink_to(f"/proc/sys/net/{family}")
    without = ("--proc-sys-net", str(settings))
    assert place.agent(*DUAL, "--once", *without).status == 0

    assert fixes(place, "br-netfilter", *without) == {
        "packets between Pods of this worker pass by Services: br_netfilter is not loaded": (
            "modprobe br_netfilter"
        )
    }
