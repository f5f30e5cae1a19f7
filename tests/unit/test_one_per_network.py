"""One agent in a network, whatever folders they were given."""

import os
import select
import socket
from collections.abc import Sequence
from contextlib import ExitStack, closing
from itertools import count

import pytest

from podroute.host.files import AlreadyRunning
from podroute.host.one_per_network import alone_in_network

NUMBERS = count()


@pytest.fixture
def name() -> str:
    return f"podroute-test-{os.getpid()}-{next(NUMBERS)}"


def test_the_second_is_refused_and_told_who_the_first_is(name: str) -> None:
    with alone_in_network(name):
        for _ in range(3):
            with (
                pytest.raises(AlreadyRunning, match=f"^process {os.getpid()}$"),
                alone_in_network(name),
            ):
                pass
    with alone_in_network(name) as door:
        assert door.socket is not None


def test_who_asks_is_let_go(name: str) -> None:
    with alone_in_network(name) as door, closing(socket.socket(socket.AF_UNIX)) as asking:
        asking.connect(f"\0{name}")
        asking.settimeout(10)
        door.answer()
        assert asking.recv(1) == b""
        door.answer()


def test_a_flood_of_askers_is_answered_a_few_at_a_time(name: str) -> None:
    """Anybody may ask, without end: the agent has other things to do."""
    with alone_in_network(name) as door, ExitStack() as stack:
        askers = [stack.enter_context(closing(socket.socket(socket.AF_UNIX))) for _ in range(40)]
        for one in askers:
            one.connect(f"\0{name}")

        door.answer()
        assert 0 < len(let_go(askers)) < len(askers)
        for _ in askers:
            door.answer()
        assert let_go(askers) == askers


def let_go(askers: Sequence[socket.socket]) -> list[socket.socket]:
    """Those who have heard that nothing more comes."""
    return select.select(askers, [], [], 0)[0]


def test_a_stranger_keeps_nobody_away(name: str) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as stranger:
        stranger.bind(f"\0{name}")
        with alone_in_network(name) as door:
            assert door.socket is None
            door.answer()


def test_other_failures_are_told() -> None:
    with pytest.raises(OSError, match="too long"), alone_in_network("a" * 200):
        pass
