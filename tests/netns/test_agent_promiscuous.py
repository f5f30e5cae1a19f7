"""With a promiscuous bridge, too, what somebody takes away is there again."""

import pytest

from tests.netns.agents import WorkerPlace, plugged_pods, state
from tests.netns.lab_command import until
from tests.netns.repairs import repaired_soon

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24", "--sync-period", "1h")
FAULTS = {
    "the bridge is promiscuous no longer": "ip link set cbr0 promisc off",
    "the table against duplicates is deleted": "nft delete table bridge podroute",
    "the ruleset is flushed": "nft flush ruleset",
    "the bridge is deleted": "ip link delete cbr0",
}


def test_it_is_there_again(place: WorkerPlace) -> None:
    with place.running(*V4, "--hairpin-mode", "promiscuous-bridge"):
        until((place.conf / "10-podroute.conflist").exists)
        with plugged_pods(place) as plugged:
            until(lambda: place.worker.ip("link").count("alias podroute port of cbr0") == 2)
            sound = state(place)
            assert "PROMISC" in sound["links"]
            assert "table bridge podroute" in sound["firewall"]

            for fault in FAULTS.values():
                repaired_soon(place, sound, fault)

            told = plugged.a.run("ping", "-c", "3", "-i", "0.2", plugged.address("b"))
            assert "3 received" in told
            assert "duplicates" not in told
