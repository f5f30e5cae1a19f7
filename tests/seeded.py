"""Histories of a cluster before a simulated cloud: a number decides what happens and what fails.

Of one number they are the same; what is under way when is not, since the clocks are real ones.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from podroute.kube.node_events import Changed, NodeEvent, Removed
from podroute.model.cidr import parse_address
from podroute.model.node import Node
from tests.builders import node
from tests.eventful import Story

THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
SEEDS: Final = range(int(os.environ.get("CLOUD_SEEDS", "100" if THOROUGH else "4")))
FIRST, ALL = 5, 12  # Nodes
SECONDS: Final = 3.0  # in which all of it happens
DISRUPTIONS: Final = (  # no more than pass without a person's word
    ("leave", "leave", "move"),
    ("leave", "swap"),
    ("move", "move", "leave"),
    ("move", "swap"),
)


def single(number: int, last: int = 0) -> Node:
    """Number 0 is worker0 with 10.240.0.30 and 10.200.0.0/24."""
    return node(f"worker{number}", f"10.240.0.{last or 30 + number}", f"10.200.{number}.0/24")


def addresses(number: int) -> tuple[str, str]:
    """The two that this Node may have of its own."""
    return f"10.240.0.{30 + number}", f"10.240.0.{60 + number}"


@dataclass(frozen=True)
class History:
    """``gone``: the podCIDRs whose Nodes have left; ``moved``: those of other next hops now."""

    story: Story
    gone: frozenset[str]
    moved: frozenset[str]

    @property
    def wished(self) -> Mapping[str, str]:
        """The next hop by podCIDR, in the end."""
        return {str(one.pod_cidrs[0]): str(one.internal_ips[0]) for one in self.story.last}


class _Cluster:
    """Who is there while it is told."""

    def __init__(self, dice: Random) -> None:
        self.there = {number: single(number) for number in range(FIRST)}
        self.gone: set[str] = set()
        self.moved: set[str] = set()
        self._dice = dice
        self._next = FIRST

    def join(self) -> Sequence[NodeEvent]:
        number, self._next = self._next, self._next + 1
        self.there[number] = single(number)
        return [Changed(self.there[number])]

    def leave(self) -> Sequence[NodeEvent]:
        (number,) = self._some(1)
        left = self.there.pop(number)
        self.gone.add(str(left.pod_cidrs[0]))
        return [Removed(left)]

    def move(self) -> Sequence[NodeEvent]:
        (number,) = self._some(1)
        here, there = addresses(number)
        elsewhere = there if str(self.there[number].internal_ips[0]) == here else here
        return [self._at(number, elsewhere)]

    def swap(self) -> Sequence[NodeEvent]:
        one, other = self._some(2)
        first, second = (str(self.there[number].internal_ips[0]) for number in (one, other))
        return [self._at(one, second), self._at(other, first)]

    def _at(self, number: int, address: str) -> NodeEvent:
        self.there[number] = replace(self.there[number], internal_ips=(parse_address(address),))
        self.moved.add(str(self.there[number].pod_cidrs[0]))
        return Changed(self.there[number])

    def _some(self, count: int) -> Sequence[int]:
        return self._dice.sample(sorted(self.there), count)


def history(dice: Random) -> History:
    """Seven Nodes join, and some of all leave, move, or take each other's address."""
    cluster = _Cluster(dice)
    first = tuple(cluster.there.values())
    deeds = ["join"] * (ALL - FIRST) + list(dice.choice(DISRUPTIONS))
    dice.shuffle(deeds)
    does = {
        "join": cluster.join,
        "leave": cluster.leave,
        "move": cluster.move,
        "swap": cluster.swap,
    }
    events = [event for deed in deeds for event in does[deed]()]
    story = Story(first, events, tuple(cluster.there.values()))
    return History(story, frozenset(cluster.gone), frozenset(cluster.moved))
