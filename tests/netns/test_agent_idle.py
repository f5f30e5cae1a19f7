"""An agent that has nothing to do sleeps, and what it looks at by the clock costs no process."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest

from tests.netns.agents import Plugged, WorkerPlace, plugged_pods, woken
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
BUSY = ("-q", "-c", "30", "-i", "0.1", "-W", "2")  # three seconds of it
LOOKS = 20
DROPPING = "add table ip x; add chain ip x y { type filter hook forward priority 0; policy drop; }"


@dataclass(frozen=True)
class Sleeper:
    """An agent of a worker with two Pods, once it is in step."""

    place: WorkerPlace
    plugged: Plugged
    process: Popen[str]

    def woken(self) -> int:
        return woken(self.process)

    def programs(self) -> int:
        """Grows with each process that it has started and seen end."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[8])  # faults of the children that were waited for

    def talk(self) -> str:
        """A Pod asks another one for a while."""
        return self.plugged.a.run("ping", *BUSY, self.plugged.address("b"))


@contextmanager
def sleeping(place: WorkerPlace, period: str) -> Generator[Sleeper]:
    with place.running(*DUAL, "--sync-period", period) as process:
        until((place.conf / "10-podroute.conflist").exists)
        with plugged_pods(place) as plugged:
            until(lambda: place.worker.ip("link").count("alias podroute port of cbr0") == 2)
            yield Sleeper(place, plugged, process)


def test_it_wakes_for_events_and_the_period_alone(place: WorkerPlace) -> None:
    with sleeping(place, "1h") as agent:
        told, counts = [""], [agent.woken()]

        def still() -> bool:
            """IPv6 has settled: two whole talks pass without a word from the kernel."""
            told.append(agent.talk())
            counts.append(agent.woken())
            return counts[-3:] == [counts[-1]] * 3

        until(still, seconds=120)
        place.worker.ip("link", "set", "cbr0", "mtu", "1300")
        until(lambda: "mtu 1500" in place.worker.ip("link", "show", "cbr0"))

        assert "30 received" in told[-1]
        assert agent.woken() > counts[-1]


def test_what_it_looks_at_by_the_clock_starts_no_program(place: WorkerPlace) -> None:
    with sleeping(place, "50ms") as agent:
        counts = [agent.programs()]

        def still() -> bool:
            agent.talk()
            began = agent.woken()
            until(lambda: agent.woken() > began + LOOKS)
            counts.append(agent.programs())
            return counts[-1] == counts[-2]

        until(still, seconds=120)


def test_what_others_do_to_the_firewall_is_seen_by_the_clock(place: WorkerPlace) -> None:
    with sleeping(place, "50ms") as agent:
        began = agent.woken()
        until(lambda: agent.woken() > began + LOOKS)
        assert "drops what it does not accept itself" not in place.log()

        place.worker.run("nft", DROPPING)
        until(lambda: "drops what it does not accept itself" in place.log())
        place.worker.run("nft", "delete table ip x")
        until(lambda: "over" in place.log().splitlines()[-1])
