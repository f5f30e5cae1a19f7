"""One agent in a network, whatever folders they were given."""

import os
import socket
from contextlib import closing
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


def test_a_stranger_keeps_nobody_away(name: str) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as stranger:
        stranger.bind(f"\0{name}")
        with alone_in_network(name) as door:
            assert door.socket is None
            door.answer()


def test_other_failures_are_told() -> None:
    with pytest.raises(OSError, match="too long"), alone_in_network("a" * 200):
        pass
