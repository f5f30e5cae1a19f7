"""follow_nodes: what breaks off, is refused or makes no sense is told, and tried again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podroute.kube.node_events import Alive, Changed, Removed
from podroute.kube.watching import FIRST_PAUSE, LAST_PAUSE, LONGEST_LINE
from podroute.model.node import NodeUid, Unreadable
from tests.unit.kube_server import Answer, Server, serving
from tests.unit.watch_texts import (
    added,
    bookmark,
    error,
    initial,
    item,
    line,
    relisted,
    status,
)
from tests.unit.watchers import Dice, asked, ending, following, in_turn, reasons, slow_clock, some


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


async def test_silence_brings_a_new_list(server: Server) -> None:
    in_turn(server, server.feed(initial(7, "a")), server.feed(initial(8, "b")))

    async with following(server, silence=2.0) as stream:
        events = await some(stream, 3)

    (reason,) = reasons(events)
    assert "did not answer in time" in reason
    assert events[::2] == [relisted(7, "a"), relisted(8, "b")]
    assert asked(server)[:2] == ["streamed list"] * 2


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (ending(error(500, "etcd is\x1b[31m away")), "ended the watch: etcd is"),
        (ending(b"no JSON\n"), "sent a line that is no watch event"),
        (ending(b'{"type":"ADDED"}\n'), "sent a line that is no watch event"),
        (ending(b'{"type":"ERROR","object":7}\n'), "sent a line that is no watch event"),
        (ending(b'{"type":"ADDED","object":{}}\n'), "sent a line that is no watch event"),
        (ending(b'{"type":"ADDED","object":{"a":"\xff"}}\n'), "sent a line that is no watch event"),
        (ending(b'{"type":"BOOKMARK","object":7}\n'), "sent a line that is no watch event"),
        (ending(b'{"type":"A","object":' + b"[" * 99_999 + b"\n"), "a line that is no watch event"),
        (ending(b"x" * (LONGEST_LINE + 1)), f"one event is longer than {LONGEST_LINE} bytes"),
        (status(503, "busy"), "refused (HTTP 503): busy"),
        (status(401, "who?"), "does not accept the credentials (401: who?)"),
        (Answer(b"moved", 302, headers={"Location": "/elsewhere"}), "is no Kubernetes API server"),
    ],
)
async def test_a_failure_is_told_and_everything_listed_anew(
    server: Server, trouble: Answer, words: str
) -> None:
    start = ending(initial(7, "a"), bookmark(8))
    again = [trouble] * 2 if trouble.status == 401 else [trouble]
    in_turn(server, start, *again, ending(initial(9, "b")))
    dice = Dice()

    async with following(server, dice=dice) as stream:
        events = await some(stream, 4)

    (reason,) = reasons(events)
    assert words in reason
    assert events[0] == relisted(7, "a")
    assert events[-1] == relisted(9, "b")
    assert asked(server)[1 : len(again) + 2] == ["8"] * len(again) + ["streamed list"]
    assert len(dice.pauses) == 1


@pytest.mark.parametrize("trouble", [b"no JSON\n", b'{"type":"BOOKMARK","object":7}\n'])
async def test_a_spoilt_list_is_read_anew(server: Server, trouble: bytes) -> None:
    in_turn(server, ending(added("a", 1), trouble), ending(initial(7)))

    async with following(server) as stream:
        events = await some(stream, 2)

    (reason,) = reasons(events)
    assert reason.endswith("sent a line that is no watch event")
    assert events[1] == relisted(7)


async def test_a_node_that_cannot_be_read_is_news_too(server: Server) -> None:
    spoilt = item("a", 8, podCIDR="10.200.1.1/24")
    misshapen = {**item("b", 9), "spec": {"podCIDRs": 7}}
    in_turn(
        server,
        server.feed(
            initial(7),
            line("MODIFIED", spoilt),
            line("MODIFIED", misshapen) + line("DELETED", spoilt),
        ),
    )

    async with following(server) as stream:
        _, first, second, third = await some(stream, 4)

    assert isinstance(first, Changed)
    assert isinstance(first.node, Unreadable)
    assert (first.node.name, first.node.uid) == ("a", NodeUid("uid-a"))
    assert third == Removed(first.node)
    assert isinstance(second, Changed)
    assert second.node == Unreadable("b", "spec.podCIDRs: Expected `array | null`, got `int`")


async def test_pauses_grow_while_nothing_works_and_not_without_end(server: Server) -> None:
    in_turn(server, *[status(503)] * 12, ending(initial(7)), status(503))
    dice = Dice()

    async with following(server, dice=dice) as stream:
        await some(stream, 14)
        server.answer = lambda _: server.feed(initial(8))
        await some(stream, 1)

    longest = [pause for _, pause in dice.pauses]
    assert longest[:3] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert longest[:12] == sorted(longest[:12])
    assert longest[11] == LAST_PAUSE
    assert longest[12:] == [LAST_PAUSE, LAST_PAUSE]
    assert all(least == most / 2 for least, most in dice.pauses)


async def test_pauses_are_short_again_after_a_watch_that_lasted(server: Server) -> None:
    in_turn(server, status(503), ending(initial(7)), status(503), ending(initial(8)))
    dice = Dice()

    async with following(server, dice=dice, clock=slow_clock()) as stream:
        await some(stream, 4)

    assert [most for _, most in dice.pauses] == [2 * FIRST_PAUSE, 2 * FIRST_PAUSE]


async def test_streams_that_end_at_once_are_not_asked_for_without_a_pause(server: Server) -> None:
    in_turn(server, ending(initial(7)), *[ending()] * 5, ending(bookmark(8)))
    dice = Dice()

    async with following(server, dice=dice) as stream:
        assert await some(stream, 2) == [relisted(7), Alive()]

    assert len(dice.pauses) == 5
