"""Modes of the bridge that change while Pods run, and those that the kernel cannot have."""

import json
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace, ping, plugged_pods
from tests.unit.command import node, node_list

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")


def reflecting(place: WorkerPlace) -> set[bool]:
    """Whether the bridge's ports do."""
    ports = json.loads(place.worker.ip("-d", "-j", "link", "show", "master", "cbr0"))
    return {bool(port["linkinfo"]["info_slave_data"]["hairpin"]) for port in ports}


def test_ports_reflect_no_longer_when_the_mode_is_another(place: WorkerPlace) -> None:
    assert place.agent(*V4, "--once").status == 0
    with plugged_pods(place) as plugged:
        assert place.agent(*V4, "--once").status == 0
        assert reflecting(place) == {True}

        done = place.agent(*V4, "--once", "--hairpin-mode", "none")

        assert done.status == 0
        assert done.out.count("hairpin off: --hairpin-mode=none") == 2
        assert reflecting(place) == {False}
        ping(plugged.a, plugged.address("b"))


def test_with_another_name_for_the_bridge_pods_keep_theirs(place: WorkerPlace) -> None:
    dual = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64", "--once")
    assert place.agent(*dual).status == 0
    with plugged_pods(place) as plugged:
        renamed = place.agent(*dual, "--bridge", "pods0")

        assert renamed.status == 0, renamed.err
        assert place.agent(*dual, "--bridge", "pods0").out == "Nothing to do.\n"
        assert "cbr0" not in place.worker.ip("link")
        for version in (4, 6):
            ping(plugged.a, plugged.address("b", version))
        ping(plugged.a, "192.0.2.1")


def test_an_mtu_that_ipv6_cannot_have_is_told_and_nothing_done(
    place: WorkerPlace, tmp_path: Path
) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text(node_list(node("worker-0", "10.240.0.30", "fd00:10:200::/64")))
    before = place.fingerprint()

    flags = ("-f", str(nodes), "--node-name", "worker-0", "--once")
    refused = place.agent(*flags, "--network-plugin-mtu", "1000")

    assert refused.status == 1
    assert refused.err.startswith(
        "podroute: blocked: MTU of cbr0: --network-plugin-mtu 1000 is too small for podCIDR "
        "fd00:10:200::/64: give at least 1280, or 0 for the lowest of the uplinks\n"
    )
    assert place.fingerprint() == before
    assert place.agent(*flags, "--network-plugin-mtu", "1280").status == 0
