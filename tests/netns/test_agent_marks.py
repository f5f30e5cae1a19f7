"""A bridge of ours is known without its mark, and a person's never becomes ours."""

import pytest

from tests.netns.agents import WorkerPlace, ping, plugged_pods, pods
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
V6 = ("--pod-cidr", "fd00:10:200::/64")
OFF = ("link", "set", "cbr0", "alias", "")


def alias(place: WorkerPlace, name: str = "cbr0") -> str:
    """The bridge's mark."""
    return place.worker.ip("link", "show", "dev", name).partition("alias ")[2].strip()


def mac(place: WorkerPlace) -> str:
    return place.worker.ip("link", "show", "dev", "cbr0").partition("link/ether ")[2].split()[0]


def test_a_mark_that_somebody_takes_off_is_there_again_at_once(place: WorkerPlace) -> None:
    before = place.fingerprint()
    with place.running(*DUAL, "--sync-period", "1h"):
        until((place.conf / "10-podroute.conflist").exists)
        until((place.folder / "state/marked-links.json").exists)
        place.worker.ip(*OFF)

        until(lambda: alias(place) == "podroute")  # the period would be an hour

    assert place.agent("--cleanup").status == 0
    assert place.fingerprint() == before


@pytest.mark.parametrize("name", ["cbr0", "br7"])
def test_a_cleanup_leaves_no_bridge_whose_mark_is_gone(place: WorkerPlace, name: str) -> None:
    before = place.fingerprint()
    assert place.agent(*DUAL, "--once").status == 0
    place.worker.ip(*OFF)
    if name != "cbr0":
        place.worker.ip("link", "set", "cbr0", "down", "name", name)

    assert place.agent("--cleanup").status == 0

    assert place.fingerprint() == before
    assert not (place.folder / "state/marked-links.json").exists()


def test_the_next_agent_gives_it_its_mark_and_its_name(place: WorkerPlace) -> None:
    assert place.agent(*DUAL, "--once").status == 0
    with plugged_pods(place) as plugged:
        place.worker.ip(*OFF)
        place.worker.ip("link", "set", "cbr0", "down", "name", "br7")

        mended = place.agent(*DUAL, "--once")

        assert mended.status == 0, mended.err
        assert alias(place) == "podroute"
        for version in (4, 6):
            ping(plugged.a, plugged.address("b", version))


def test_a_bridge_that_a_person_makes_in_its_place_is_theirs(place: WorkerPlace) -> None:
    """With the same name and MAC."""
    assert place.agent(*DUAL, "--once").status == 0
    made = ("link", "add", "cbr0", "address", mac(place), "type", "bridge")
    place.worker.ip("link", "delete", "cbr0")
    place.worker.ip(*made)
    place.worker.ip("link", "set", "cbr0", "up")

    assert place.agent(*DUAL, "--once").status == 0
    assert alias(place) == "podroute (adopted)"
    place.worker.ip(*OFF)
    assert place.agent("--cleanup").status == 0

    assert alias(place) == ""
    assert "inet 10.200.0.1" not in place.worker.ip("address", "show", "dev", "cbr0")


@pytest.mark.parametrize("flags", [DUAL, V6])
def test_what_a_runtime_makes_while_ours_has_another_name_is_said(
    place: WorkerPlace, flags: tuple[str, str]
) -> None:
    assert place.agent(*flags, "--once").status == 0
    version = 4 if flags == DUAL else 6
    with plugged_pods(place) as plugged, pods(1) as (late,):
        place.worker.ip("link", "set", "cbr0", "down", "name", "cbr9")
        place.worker.ip("link", "set", "cbr9", "up")
        plugged.runtime.add("late", late)

        told = place.agent(*flags, "--once")

        assert told.status == 1
        assert "blocked: bridge cbr0: cbr9 is podroute's bridge, by its mark" in told.err
        assert "remove cbr0 (ip link delete cbr0), then the Pods behind it" in told.err
        place.worker.ip("link", "delete", "cbr0")
        plugged.runtime.remove("late", late)
        assert place.agent(*flags, "--once").status == 0
        ping(plugged.a, plugged.address("b", version))
        plugged.runtime.add("again", late)
        ping(late, plugged.address("a", version))


def test_ports_follow_to_a_bridge_of_another_name(place: WorkerPlace) -> None:
    assert place.agent(*DUAL, "--once").status == 0
    with plugged_pods(place) as plugged:
        assert place.agent(*DUAL, "--once").status == 0  # the ports are marked
        place.worker.ip("link", "delete", "cbr0")

        assert place.agent(*DUAL, "--once", "--bridge", "pods0").status == 0

        for version in (4, 6):
            ping(plugged.a, plugged.address("b", version))
        assert place.agent("--cleanup").status == 0
