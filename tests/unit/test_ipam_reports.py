"""What is told of Nodes that wait for a block, again and again."""

from collections.abc import Sequence
from io import StringIO

from prometheus_client import CollectorRegistry

from podroute.controllers.ipam_reports import AGAIN, Reports
from podroute.controllers.recorder import Severity
from podroute.ipam.facts import Waiting
from podroute.model.node import NodeName, NodeUid, Unreadable
from podroute.observe.logs import make_logger
from podroute.observe.metrics import IpamMetrics

NODES = [Waiting(NodeName(name), NodeUid(f"uid-{name}"), "") for name in "abc"]


class Recorder:
    """Takes so many Events."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken = ""
        self.asked = 0

    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        assert (uid, severity, reason) == (f"uid-{node}", "Warning", "CIDRNotAvailable")
        assert message.startswith("no pool is for a Node with these labels")
        self.asked += 1
        if not self.room:
            return False
        self.room -= 1
        self.taken += node
        return True


class World:
    """Reports, and where they end."""

    def __init__(self, room: int) -> None:
        self.recorder = Recorder(room)
        self.log = StringIO()
        metrics = IpamMetrics(CollectorRegistry(), tuple, tuple)
        self.reports = Reports(make_logger(stream=self.log), metrics, self.recorder)

    def wait(self, nodes: Sequence[Waiting], now: float) -> str:
        """Of whom Events were taken up to now."""
        self.reports.waiting(nodes, tuple, now)
        return self.recorder.taken


def test_a_waiting_node_is_told_again_before_its_event_expires() -> None:
    world = World(100)

    assert world.wait(NODES, 5.0) == "abc"
    assert world.wait(NODES, 4.9 + AGAIN) == "abc"
    assert world.wait(NODES, 5.0 + AGAIN) == "abcabc"
    assert world.log.getvalue().count("no block") == 3


def test_one_whose_event_was_dropped_is_told_when_there_is_room() -> None:
    world = World(1)

    assert world.wait(NODES, 0.0) == "a"
    assert world.recorder.asked == 2
    world.recorder.room = 1
    assert world.wait(NODES, 5.0) == "ab"
    world.recorder.room = 9
    assert world.wait(NODES, 10.0) == "abc"
    assert world.log.getvalue().count("no block") == 3


def test_one_who_was_served_and_waits_anew_is_told_anew() -> None:
    world = World(9)

    assert world.wait(NODES, 0.0) == "abc"
    assert world.wait(NODES[1:], 1.0) == "abc"
    assert world.wait(NODES, 2.0) == "abca"
    assert world.log.getvalue().count("no block") == 4


def test_a_node_that_cannot_be_read_is_told_once_for_each_reason() -> None:
    world = World(0)
    spoilt, again = Unreadable("a", "spoilt"), Unreadable("a", "spoilt again")

    for seen in ([spoilt], [spoilt, Unreadable("b", "spoilt")], [again], [again]):
        world.reports.unreadable(seen)

    lines = world.log.getvalue().splitlines()
    assert ["cannot be read" in line for line in lines] == [True] * 3
    assert [line.split(" node=")[1] for line in lines] == [
        "a why=spoilt",
        "b why=spoilt",
        'a why="spoilt again"',
    ]
