"""What a cleanup puts back, and what it leaves because it is somebody else's by now."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")
DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")


def setting(place: WorkerPlace, name: str) -> str:
    return place.worker.run("cat", f"/proc/sys/net/{name}").strip()


def test_what_somebody_has_set_meanwhile_stays(place: WorkerPlace) -> None:
    """Of what the agent has never set, and of what it has."""
    advertised = ["via", "fd00:10:240::1", "dev", "eth0", "proto", "ra"]
    place.worker.ip("-6", "route", "delete", "default")
    place.worker.ip("-6", "route", "add", "default", *advertised)
    assert place.agent(*DUAL, "--once").status == 0
    assert setting(place, "ipv6/conf/eth0/accept_ra") == "2"

    for key, value in (("eth0/disable_ipv6", "1"), ("eth0/accept_ra", "0")):
        place.worker.run("sh", "-c", f"echo {value} > /proc/sys/net/ipv6/conf/{key}")
    cleaned = place.agent("--cleanup")

    assert cleaned.status == 0
    assert setting(place, "ipv6/conf/eth0/disable_ipv6") == "1"
    assert setting(place, "ipv6/conf/eth0/accept_ra") == "0"
    assert setting(place, "ipv6/conf/all/forwarding") == "0"
    assert cleaned.err == (
        "podroute: left: sysctl net.ipv6.conf.eth0.accept_ra = 0: "
        "somebody has changed it since; it was 1 before\n"
    )


def test_a_link_that_somebody_has_switched_is_not_switched_back(place: WorkerPlace) -> None:
    assert place.agent(*V4, "--once").status == 0
    place.worker.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/accept_redirects")

    assert place.agent("--cleanup").status == 0

    assert setting(place, "ipv4/ip_forward") == "0"
    assert setting(place, "ipv4/conf/all/accept_redirects") == "1"
    assert setting(place, "ipv4/conf/eth0/forwarding") == "0"


def test_whatever_names_and_folders_it_is_given_nothing_is_left_in_silence(
    place: WorkerPlace, tmp_path: Path
) -> None:
    before = place.fingerprint()
    assert place.agent(*V4, "--once").status == 0

    other = replace(place, folder=tmp_path / "other")
    cleaned = other.agent("--cleanup", "--bridge", "cbr9")

    assert cleaned.status == 0
    assert "left: the kernel's settings: there is no note of what they were" in cleaned.err
    assert "left: 10-podroute.conflist: it is not where it is looked for" in cleaned.err
    assert "cbr0" not in place.worker.ip("link")
    assert place.agent("--cleanup").status == 0
    assert place.fingerprint() == before
    assert list(place.conf.iterdir()) == []


def test_a_cleanup_with_another_bridge_leaves_nothing(place: WorkerPlace) -> None:
    before = place.fingerprint()
    assert place.agent(*V4, "--once").status == 0
    other = ("--pod-cidr", "10.201.0.0/24", "--bridge", "cbr1")
    assert place.agent(*other, "--once").status == 0
    (place.folder / "state/last-known.json").touch()

    assert place.agent("--cleanup", "--bridge", "cbr9").status == 0

    assert place.fingerprint() == before
    assert not (place.folder / "state/last-known.json").exists()
