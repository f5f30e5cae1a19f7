"""A link that the kernel finds by the bridge's name too (altname): it is named, and left alone."""

import pytest

from tests.netns.agents import WorkerPlace, ping, plugged_pods
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")
ANOTHER = ("link", "property", "add", "dev", "eth0", "altname", "an-uplink-of-this-worker")
TAKEN = ("link", "property", "add", "dev", "eth0", "altname", "cbr0")
BLOCKED = (
    "podroute: blocked: bridge cbr0: cbr0 is another name (altname) of {link}: take it off "
    "(ip link property del dev {link} altname cbr0), or give another name by --bridge\n"
)


def test_it_is_said_and_nothing_is_changed(place: WorkerPlace) -> None:
    for one in (ANOTHER, TAKEN):
        place.worker.ip(*one)
    before = place.fingerprint()

    refused = place.agent(*V4, "--once")
    cleaned = place.agent("--cleanup")

    assert refused.status == 1
    assert refused.err == BLOCKED.format(link="eth0")
    assert refused.out == "Nothing was changed.\n"
    assert cleaned.out == "Nothing to do.\n"
    assert place.fingerprint() == before
    assert place.agent(*V4, "--once", "--bridge", "cbr1").status == 0


def test_as_soon_as_the_name_is_free_the_bridge_is_made(place: WorkerPlace) -> None:
    place.worker.ip(*TAKEN)
    with place.running(*V4, "--sync-period", "1h"):
        until(lambda: "cbr0 is another name (altname) of eth0" in place.log())
        assert "failed" not in place.log()

        place.worker.ip("link", "property", "del", "dev", "eth0", "altname", "cbr0")

        until((place.conf / "10-podroute.conflist").exists)


def test_our_own_bridge_may_have_its_name_as_another_one(place: WorkerPlace) -> None:
    assert place.agent(*V4, "--once").status == 0
    with plugged_pods(place) as plugged:
        place.worker.ip("link", "set", "cbr0", "down", "name", "cbr9")
        place.worker.ip("link", "set", "cbr9", "up")
        place.worker.ip("link", "property", "add", "dev", "cbr9", "altname", "cbr0")

        refused = place.agent(*V4, "--once")

        assert (refused.status, refused.err) == (1, BLOCKED.format(link="cbr9"))
        ping(plugged.a, plugged.address("b"))
        place.worker.ip("link", "property", "del", "dev", "cbr9", "altname", "cbr0")
        assert place.agent(*V4, "--once").status == 0
        ping(plugged.a, plugged.address("b"))
