"""A worker whose Node is away, or is not believed: it is repaired, and says how it is."""

import socket
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace, state
from tests.netns.lab_command import until
from tests.unit.command import node, node_list

pytestmark = pytest.mark.netns

BREAK = """\
nft delete table inet podroute
ip link delete cbr0
echo 0 > /proc/sys/net/ipv4/ip_forward
"""


@dataclass
class Manager:
    """What systemd would be told."""

    place: WorkerPlace
    nodes: Path
    listening: socket.socket

    def show(self, *cidrs: str, name: str = "worker-0") -> None:
        """From now on there is this Node."""
        beside = self.nodes.with_suffix(".beside")
        beside.write_text(node_list(node(name, "10.240.0.30", *cidrs)))
        beside.replace(self.nodes)

    def hears(self, status: str) -> None:
        """Waits until the agent says so of itself."""
        until(lambda: f"STATUS={status}" in self.listening.recv(4096).decode().splitlines())


@contextmanager
def watched(place: WorkerPlace, *, follow: bool = True) -> Generator[Manager]:
    """An agent that reads its Node from a file."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(str(place.folder / "notify"))
        listening.settimeout(60)
        manager = Manager(place, place.folder / "nodes.json", listening)
        manager.show()
        flags = ["-f", str(manager.nodes), "--node-name", "worker-0", "--sync-period", "200ms"]
        switch = [] if follow else ["--no-reconcile-cidr"]
        with place.running(*flags, *switch, NOTIFY_SOCKET=str(place.folder / "notify")):
            yield manager


def test_it_says_what_it_waits_for_and_is_repaired_without_its_node(place: WorkerPlace) -> None:
    with watched(place) as manager:
        manager.hears("waiting: Node worker-0 has no podCIDR yet")
        manager.show("10.200.0.0/24")
        manager.hears("in step")
        sound = state(place)

        manager.show("10.201.0.0/24", name="worker-1")
        manager.hears("waiting: there is no Node worker-0; meanwhile 10.200.0.0/24 is kept")
        place.worker.run("sh", "-ec", BREAK)
        until(lambda: state(place) == sound)

        manager.show("10.240.0.0/24")
        manager.hears(
            "blocked: podCIDR 10.240.0.0/24: "
            "10.240.0.0/24 overlaps 10.240.0.0/24, where this worker and the Nodes are: "
            "eth0 has 10.240.0.30/24"
        )
        place.worker.run("sh", "-ec", BREAK)
        until(lambda: state(place) == sound)

        manager.show("10.200.7.0/24")
        manager.hears("in step")
        assert "10.200.7.1/24" in place.worker.ip("address", "show", "dev", "cbr0")


def test_without_following_a_hostile_claim_keeps_no_repair_away(place: WorkerPlace) -> None:
    with watched(place, follow=False) as manager:
        manager.show("10.200.0.0/24")
        manager.hears("in step")
        sound = state(place)

        manager.show("0.0.0.0/0")
        place.worker.run("sh", "-ec", BREAK)

        until(lambda: state(place) == sound)
