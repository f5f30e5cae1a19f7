"""Real CNI plugins plug Pods into a worker of the agent's; real packets pass, or do not."""

import json
import os
import re
from collections.abc import Generator

import pytest

from tests.netns.agents import (
    DEBIAN,
    Plugged,
    WorkerPlace,
    peer_seen,
    ping,
    plugged_pods,
    pods,
)
from tests.netns.cni_runtime import UNLIMITED
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
SERVICES = {4: "10.32.0.10", 6: "fd00:10:32::10"}
KUBE_PROXY = """\
table {family} kube-proxy {{
    chain services {{
        type nat hook prerouting priority dstnat;
        {family} daddr {service} tcp dport 8080 dnat to {pod}
    }}
    chain masquerading {{
        type nat hook postrouting priority srcnat - 1;
        {family} saddr {pod} {family} daddr {pod} masquerade
    }}
}}
"""

COUNTING = """\
add table {family} count
add chain {family} count heard {{ type filter hook input priority 200; }}
"""
COUNTED = "{family} count heard {echo} type echo-request {family} saddr {source} counter"


@pytest.fixture
def plugged(place: WorkerPlace) -> Generator[Plugged]:
    assert place.agent(*DUAL, "--once").status == 0
    with plugged_pods(place) as made:
        yield made


def test_a_runtime_gets_through_the_life_of_a_pod(place: WorkerPlace) -> None:
    assert place.agent(*DUAL, "--once").status == 0
    runtime = place.runtime()
    reserved = place.folder / "state/networks/podroute"
    with pods(2) as (a, b):
        runtime.status()
        runtime.add("a", a, bandwidth=UNLIMITED)
        runtime.add("b", b)
        assert runtime.addresses("a") == ["10.200.0.2", "fd00:10:200::2"]
        runtime.check("a", a, bandwidth=UNLIMITED)
        runtime.remove("a", a)
        assert {one.name for one in reserved.iterdir() if "_" not in one.name} == {
            "lock",
            "10.200.0.3",
            "fd00:10:200::3",
        }
        runtime.collect()
        assert [one.name for one in reserved.iterdir() if "_" not in one.name] == ["lock"]


def test_addresses_of_forgotten_pods_are_free_again_and_no_others(place: WorkerPlace) -> None:
    """A runtime that was killed does not come back to them."""
    notes = place.folder / "state/networks/podroute"
    with place.running(*DUAL, "--sync-period", "100ms"):
        until((place.conf / "10-podroute.conflist").exists)
        with plugged_pods(place) as plugged:
            for name in ("10.200.0.9", "fd00:10:200::9", "10.200.0.8"):
                (notes / name).write_text("forgotten\r\neth0")
            for note in notes.glob("[1f][0d]*"):
                if note.name != "10.200.0.8":  # is just being plugged in
                    os.utime(note, (0, 0))

            until(lambda: not (notes / "10.200.0.9").exists())
            until(lambda: not (notes / "fd00:10:200::9").exists())

            left = {one.name for one in notes.glob("[1f][0d]*")}
            own = {plugged.address(pod, version) for pod in "ab" for version in (4, 6)}
            assert left == {*own, "10.200.0.8"}


def test_a_bridge_that_is_taken_over_keeps_its_mac_and_its_pods(place: WorkerPlace) -> None:
    lines = ["link add cbr0 type bridge", "link set cbr0 up", "address add 10.200.0.1/24 dev cbr0"]
    place.worker.ip("-batch", "-", lines=lines)
    before = mac(place)

    assert place.agent(*DUAL, "--once").status == 0
    assert mac(place) == before
    place.worker.ip("link", "add", "port0", "address", "02:00:00:00:00:01", "type", "veth")
    place.worker.ip("link", "set", "port0", "master", "cbr0", "up")
    assert mac(place) == before

    with plugged_pods(place) as plugged:
        ping(plugged.a, plugged.address("b"))


def mac(place: WorkerPlace) -> str:
    return place.worker.ip("-o", "link", "show", "cbr0").split("link/ether ")[1].split()[0]


def test_plugins_of_a_distribution_do_as_well(place: WorkerPlace) -> None:
    """Debian's 1.1.1 knows neither GC nor STATUS, nor CNI 1.1.0."""
    assert place.agent(*DUAL, "--once", bin_dir=DEBIAN).status == 0
    runtime = place.runtime("1.0.0", DEBIAN)
    with pods(1) as (pod,):
        runtime.add("a", pod)
        ping(pod, "10.240.0.1")
        ping(pod, "fd00:10:240::1")
        runtime.remove("a", pod)
    with pytest.raises(AssertionError):
        place.runtime("1.1.0").conflist()


def test_pods_reach_each_other_and_their_worker(plugged: Plugged) -> None:
    for version in (4, 6):
        other = plugged.address("b", version)
        seen = peer_seen(plugged.a, plugged.b, other)
        assert seen == plugged.address("a", version)
    ping(plugged.a, "10.200.0.1")
    ping(plugged.a, "fd00:10:200::1")
    ping(plugged.place.worker, plugged.address("a"))
    ping(plugged.a, "10.240.0.30")


def test_ipv6_alone(place: WorkerPlace) -> None:
    before = place.fingerprint()
    assert place.agent("--pod-cidr", "fd00:10:200::/64", "--once").status == 0
    with plugged_pods(place) as plugged:
        other = plugged.address("b", 6)
        ping(place.outside, other)  # by the first packet that the bridge delivers
        assert peer_seen(plugged.a, plugged.b, other) == plugged.address("a", 6)
        assert peer_seen(plugged.a, place.outside, "2001:db8::1") == plugged.address("a", 6)
        assert place.worker.run("cat", "/proc/sys/net/ipv4/ip_forward") == "0\n"
    until(lambda: "veth" not in place.worker.ip("link"))  # they end a while after their Pods
    assert place.agent("--cleanup").status == 0
    assert place.fingerprint() == before


@pytest.mark.parametrize(
    ("outside", "seen"),
    [
        ("10.240.0.1", "10.200.0.2"),
        ("192.0.2.1", "10.240.0.30"),
        ("2001:db8::1", "fd00:10:200::2"),
    ],
)
def test_who_is_outside_sees_the_pod_or_the_worker(
    plugged: Plugged, outside: str, seen: str
) -> None:
    assert peer_seen(plugged.a, plugged.place.outside, outside) == seen


def test_masquerade_of_ipv6_and_none_at_all(place: WorkerPlace) -> None:
    assert place.agent(*DUAL, "--once", "--non-masquerade-cidr", "fd00::/8").status == 0
    with plugged_pods(place) as plugged:
        assert peer_seen(plugged.a, place.outside, "2001:db8::1") == "fd00:10:240::30"
        assert peer_seen(plugged.a, place.outside, "192.0.2.1") == "10.200.0.2"
        assert place.agent(*DUAL, "--once", "--non-masquerade-cidr", "0.0.0.0/0").status == 0
        assert peer_seen(plugged.a, place.outside, "2001:db8::1") == "fd00:10:200::2"


@pytest.mark.parametrize(
    ("version", "family", "bridge"), [(4, "ip", "10.200.0.1"), (6, "ip6", "fd00:10:200::1")]
)
def test_a_pod_reaches_itself_and_others_through_a_service(
    plugged: Plugged, version: int, family: str, bridge: str
) -> None:
    pod, service = plugged.address("a", version), SERVICES[version]
    proxy = KUBE_PROXY.format(family=family, service=service, pod=pod)
    plugged.place.worker.run("nft", "-f", "-", text=proxy)

    assert peer_seen(plugged.a, plugged.a, service, pod) == bridge
    assert peer_seen(plugged.b, plugged.a, service, pod) == plugged.address("b", version)


def test_what_a_promiscuous_bridge_delivers_is_not_delivered_again(place: WorkerPlace) -> None:
    """The second delivery is one by the host, of what it got a copy of."""
    assert place.agent(*DUAL, "--once", "--hairpin-mode", "promiscuous-bridge").status == 0
    with plugged_pods(place) as plugged:
        other = plugged.address("b")
        told = plugged.a.run("ping", "-c", "5", "-i", "0.2", "-W", "2", other)
        assert "5 received" in told
        assert "duplicates" not in told
        by_host = ["neigh", "replace", other, "lladdr", "0a:58:0a:c8:00:01", "dev", "eth0"]
        plugged.a.ip(*by_host)
        with pytest.raises(RuntimeError):
            ping(plugged.a, other)
        ping(plugged.a, "10.240.0.1")
        place.worker.run("nft", "delete", "table", "bridge", "podroute")
        ping(plugged.a, other)


def test_a_pod_speaks_for_nobody_else(plugged: Plugged) -> None:
    place = plugged.place
    counting = (
        "add table ip count; add chain ip count in { type filter hook prerouting priority 0; };"
    )
    place.outside.run("nft", f"{counting} add rule ip count in ip saddr 10.9.9.9 counter")
    plugged.a.ip("address", "add", "10.9.9.9/32", "dev", "lo")

    def spoofed() -> int:
        with pytest.raises(RuntimeError):
            ping(plugged.a, "10.240.0.1", "-I", "10.9.9.9")
        listed = place.outside.run("nft", "list", "table", "ip", "count")
        found = re.search(r"packets (\d+)", listed)
        assert found
        return int(found[1])

    assert spoofed() == 0
    place.worker.run("nft", "flush", "chain", "inet", "podroute", "forward")
    assert spoofed() > 0


def test_a_full_packet_leaves_unbroken(place: WorkerPlace) -> None:
    place.worker.ip("link", "set", "eth0", "mtu", "1400")
    assert place.agent(*DUAL, "--once").status == 0
    with plugged_pods(place) as plugged:
        assert "mtu 1400" in plugged.a.ip("link", "show", "eth0")
        ping(plugged.a, "10.240.0.1", "-M", "do", "-s", str(1400 - 28))
        ping(plugged.a, "fd00:10:240::1", "-M", "do", "-s", str(1400 - 48))
        with pytest.raises(RuntimeError):
            ping(plugged.a, "10.240.0.1", "-M", "do", "-s", str(1401 - 28))


def test_the_configuration_is_what_the_runtime_reads(plugged: Plugged) -> None:
    (path,) = plugged.place.conf.iterdir()
    assert path.name == "10-podroute.conflist"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["name"] == "podroute"


@pytest.mark.parametrize(
    ("version", "local", "gateway", "family", "echo"),
    [
        (4, "203.0.113.30", "10.200.0.1", "ip", "icmp"),
        (6, "2001:db8::30", "fd00:10:200::1", "ip6", "icmpv6"),
    ],
)
def test_whoever_speaks_to_the_worker_does_so_in_its_own_name(  # noqa: PLR0917 -- a table
    place: WorkerPlace, version: int, local: str, gateway: str, family: str, echo: str
) -> None:
    """Where elsewhere they would speak in the worker's: a Pod, and the worker by its gateway."""
    flags = ("--non-masquerade-cidr", "10.0.0.0/8", "--non-masquerade-cidr", "fd00::/8")
    assert place.agent(*DUAL, *flags, "--once").status == 0
    place.worker.ip("address", "add", local, "dev", "lo")
    with plugged_pods(place) as plugged:
        own = plugged.address("a", version)
        assert peer_seen(plugged.a, place.worker, local) == own

        place.worker.run("nft", "-f", "-", text=COUNTING.format(family=family))
        for speaker, source in ((plugged.a, own), (place.worker, gateway)):
            rule = COUNTED.format(family=family, echo=echo, source=source)
            place.worker.run("nft", "add", "rule", *rule.split())
            ping(speaker, local, "-I", source)

    listed = place.worker.run("nft", "list", "table", family, "count")
    assert re.findall(r"counter packets (\d+)", listed) == ["1", "1"]
