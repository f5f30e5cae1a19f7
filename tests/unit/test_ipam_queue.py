"""The queue of Nodes without a podCIDR, in use for years."""

from weakref import ref

import pytest

from podroute.ipam.facts import Waiting
from podroute.ipam.queue import Queue
from podroute.model.node import Node, NodeName, NodeUid

MANY = 10_000


class Moment(str):
    """A creation time of which one can see whether it is remembered."""

    __slots__ = ("__weakref__",)


class Traffic:
    """Nodes that come and go."""

    def __init__(self) -> None:
        self.queue = Queue()
        self._moments: list[ref[Moment]] = []

    def push(self, number: int) -> NodeUid:
        moment = Moment(f"2026-{number:09}")
        self._moments.append(ref(moment))
        uid = NodeUid(f"uid-{number}")
        self.queue.push(uid, Node(NodeName(f"n{number}"), (), (), uid, moment))
        return uid

    def remembered(self) -> int:
        return sum(1 for moment in self._moments if moment() is not None)

    def drain(self) -> list[str]:
        found: list[str] = []
        while (uid := self.queue.pop()) is not None:
            found.append(uid)
            self.queue.drop(uid)
        return found


@pytest.mark.parametrize("numbers", [range(MANY), [7] * MANY], ids=["others", "the same"])
def test_who_was_dropped_is_forgotten(numbers: range | list[int]) -> None:
    traffic = Traffic()

    for number in numbers:
        traffic.queue.drop(traffic.push(number))

    assert traffic.remembered() <= 64
    assert traffic.drain() == []


def test_who_stays_is_served_in_order_whatever_is_forgotten() -> None:
    traffic = Traffic()
    stay = [traffic.push(number) for number in reversed(range(0, MANY, 100))]

    for number in range(1, MANY):
        if number % 100:
            traffic.queue.drop(traffic.push(number))

    assert len(stay) <= traffic.remembered() <= 2 * len(stay) + 1
    assert traffic.drain() == stay[::-1]


def test_who_waits_for_room_is_not_asked_again_before_there_may_be_some() -> None:
    traffic = Traffic()
    waiting = [traffic.push(number) for number in range(50)]
    while (uid := traffic.queue.pop()) is not None:
        traffic.queue.wait(Waiting(NodeName(uid), uid, "p"))

    for number in range(50, 500):
        traffic.queue.drop(traffic.push(number))
        assert traffic.remembered() <= 50 + 64 + 1

    assert traffic.queue.pop() is None
    assert [one.uid for one in traffic.queue.waiting()] == waiting
    traffic.queue.retry()
    assert traffic.drain() == waiting


def test_a_long_queue_is_cleared_up_when_half_of_it_is_dropped() -> None:
    traffic = Traffic()
    stay = [traffic.push(number) for number in range(100)]

    for number in range(100, 202):
        traffic.queue.drop(traffic.push(number))
        assert traffic.remembered() == number + 1
    traffic.queue.drop(traffic.push(202))

    assert traffic.remembered() == 101
    assert traffic.drain() == stay


def test_a_small_queue_keeps_its_dropped_places_until_they_are_met() -> None:
    traffic = Traffic()
    for number in range(64):
        traffic.queue.drop(traffic.push(number))
    assert traffic.remembered() == 64

    traffic.push(64)

    assert traffic.remembered() == 1
