"""Notes of host-local that somebody has removed: no Pod gets an address that another has."""

import shutil

import pytest

from tests.netns.agents import Plugged, WorkerPlace, ping, plugged_pods, pods
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")


def noted(place: WorkerPlace) -> set[str]:
    folder = place.folder / "state/networks/podroute"
    return {one.name for one in folder.glob("[1f][0d]*")}


def lose_notes(plugged: Plugged) -> set[str]:
    """The addresses that two Pods have, of which nothing is noted any more."""
    own = {*plugged.runtime.addresses("a"), *plugged.runtime.addresses("b")}
    assert noted(plugged.place) == own
    networks = plugged.place.folder / "state/networks"
    shutil.rmtree(networks.rename(networks.with_suffix(".lost")))  # an agent may write meanwhile
    return own


def test_they_are_written_anew_at_the_period_s_look(place: WorkerPlace) -> None:
    with place.running(*DUAL, "--sync-period", "500ms"):
        until((place.conf / "10-podroute.conflist").exists)
        with plugged_pods(place) as plugged:
            own = lose_notes(plugged)

            until(lambda: noted(place) == own)

    assert "host-local's note of 10.200.0.2: a Pod has it" in place.log()


def test_a_new_pod_gets_an_address_of_its_own_and_they_go_with_their_pods(
    place: WorkerPlace,
) -> None:
    assert place.agent(*DUAL, "--once").status == 0
    with plugged_pods(place) as plugged, pods(1) as (new,):
        own = lose_notes(plugged)
        assert place.agent(*DUAL, "--once").status == 0

        plugged.runtime.add("new", new)

        assert own.isdisjoint(plugged.runtime.addresses("new"))
        ping(new, plugged.address("a"))
        ping(new, plugged.address("b", 6))
        gone = {*plugged.runtime.addresses("a")}
        plugged.runtime.remove("a", plugged.a)
        assert place.agent(*DUAL, "--once").status == 0
        assert noted(place) == (own - gone) | {*plugged.runtime.addresses("new")}
