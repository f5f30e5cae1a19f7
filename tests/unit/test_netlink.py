from collections.abc import Iterator
from struct import pack

import pytest

from podroute.host.netlink import Interrupted, NetlinkFailed, read_list, until_whole

ROUTE, ERROR, DONE = 24, 2, 3
MULTI, INTERRUPTED = 0x02, 0x10


def message(kind: int, body: bytes = b"", flags: int = MULTI, sequence: int = 7) -> bytes:
    """One netlink message."""
    return pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def code(number: int) -> bytes:
    """The body of an end mark or a refusal."""
    return pack("=i", number)


def listing(*datagrams: bytes) -> Iterator[bytes]:
    yield from datagrams


def test_the_bodies_of_all_datagrams_up_to_the_end() -> None:
    first = message(ROUTE, b"aaaa") + message(ROUTE, b"bbbb")

    assert read_list(listing(first, message(ROUTE, b"cccc") + message(DONE, code(0))), 7) == [
        b"aaaa",
        b"bbbb",
        b"cccc",
    ]


def test_what_answers_another_request_is_not_for_us() -> None:
    stray = message(ROUTE, b"xxxx", sequence=6) + message(DONE, code(0), sequence=6)

    assert read_list(listing(stray, message(DONE, code(0))), 7) == []


@pytest.mark.parametrize(
    "datagram",
    [
        message(ROUTE, b"aaaa", MULTI | INTERRUPTED) + message(DONE, code(0)),
        message(ROUTE, b"aaaa") + message(DONE, code(0), MULTI | INTERRUPTED),
    ],
)
def test_a_list_that_was_interrupted_is_no_list(datagram: bytes) -> None:
    with pytest.raises(Interrupted):
        read_list(listing(datagram), 7)


@pytest.mark.parametrize("kind", [ERROR, DONE])
def test_a_refusal_is_no_empty_list(kind: int) -> None:
    with pytest.raises(PermissionError):
        read_list(listing(message(ROUTE, b"aaaa") + message(kind, code(-1))), 7)


@pytest.mark.parametrize("kind", [ERROR, DONE])
def test_a_table_that_does_not_exist_has_no_routes(kind: int) -> None:
    assert read_list(listing(message(kind, code(-2))), 7) == []


def test_a_list_without_an_end_is_no_list() -> None:
    with pytest.raises(OSError, match="no end"):
        read_list(listing(message(ROUTE, b"aaaa")), 7)


class Table:
    """Changes while it is read, ``restless`` times."""

    def __init__(self, restless: int) -> None:
        self._restless = restless

    def read(self) -> list[bytes]:
        self._restless -= 1
        if self._restless >= 0:
            raise Interrupted
        return [b"whole"]


def test_a_table_that_changes_while_it_is_read_is_read_again() -> None:
    assert until_whole(Table(restless=9).read) == [b"whole"]


def test_a_table_that_never_holds_still_is_not_read_for_ever() -> None:
    with pytest.raises(NetlinkFailed, match="each of 10 attempts"):
        until_whole(Table(restless=10).read)
