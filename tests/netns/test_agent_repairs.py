"""What somebody takes away behind the agent's back is there again within a second, as a rule."""

from collections.abc import Generator
from dataclasses import dataclass, field
from statistics import median

import pytest

from podroute.testing.netns import Namespace
from tests.netns.agents import Plugged, WorkerPlace, ping, plugged_pods, state, worker_place
from tests.netns.lab_command import until
from tests.netns.repairs import FAULTS, repaired_soon

pytestmark = pytest.mark.netns

FLAGS = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64", "--sync-period", "1h")


@dataclass(frozen=True)
class Watched:
    """A worker whose agent runs, with two Pods."""

    place: WorkerPlace
    plugged: Plugged
    sound: dict[str, str]
    seconds: list[float] = field(default_factory=list[float])  # that each repair took

    @property
    def worker(self) -> Namespace:
        return self.place.worker


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Generator[Watched]:
    with (
        worker_place(tmp_path_factory.mktemp("watched")) as place,
        place.running(*FLAGS),
    ):
        until((place.conf / "10-podroute.conflist").exists)
        with plugged_pods(place) as plugged:
            until(lambda: place.worker.ip("link").count("alias podroute port of cbr0") == 2)
            yield Watched(place, plugged, state(place))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_it_is_there_again(watched: Watched, fault: str) -> None:
    watched.seconds.append(repaired_soon(watched.place, watched.sound, fault))

    for version in (4, 6):
        ping(watched.plugged.a, watched.plugged.address("b", version))
    ping(watched.plugged.a, "192.0.2.1")


def test_half_of_the_repairs_take_less_than_a_second(watched: Watched) -> None:
    assert median(watched.seconds or [0]) < 1


def test_an_idle_agent_does_nothing(watched: Watched) -> None:
    def nothing_is_done() -> bool:
        log = watched.place.log()
        watched.worker.run("nft", "add table ip kube-proxy; delete table ip kube-proxy")
        ping(watched.plugged.a, "10.200.0.1")
        return watched.place.log() == log

    until(nothing_is_done)  # once it has told of the last repair
