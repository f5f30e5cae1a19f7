"""follow_nodes: the list and the watch, from a server that answers as it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podroute.kube.node_events import Alive, Changed, Relisted, Removed
from podroute.kube.watching import FIRST_PAUSE, SHORTEST_WATCH
from tests.unit.kube_server import Answer, Server, serving
from tests.unit.watch_texts import (
    added,
    bookmark,
    error,
    initial,
    item,
    line,
    node,
    page,
    relisted,
    status,
)
from tests.unit.watchers import (
    Dice,
    asked,
    ending,
    following,
    in_turn,
    query,
    reasons,
    slow_clock,
    some,
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


async def test_the_server_streams_the_list_and_what_comes_after(server: Server) -> None:
    in_turn(server, server.feed(initial(7, "a", "b") + added("c", 8)))

    async with following(server) as stream:
        events = await some(stream, 2)
        server.feeds[0].put(line("MODIFIED", item("a", 9)) + line("DELETED", item("b", 10)))
        server.feeds[0].put(bookmark(11))
        events += await some(stream, 3)

    assert events == [
        relisted(7, "a", "b"),
        Changed(node("c")),
        Changed(node("a")),
        Removed(node("b")),
        Alive(),
    ]
    (one,) = map(query, server.seen)
    assert SHORTEST_WATCH <= int(one.pop("timeoutSeconds")) < 2 * SHORTEST_WATCH
    assert one == {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
    }


async def test_labels_are_kept_where_their_key_is_asked_for(server: Server) -> None:
    one = {"metadata": {"name": "a", "labels": {"zone": "x", "other": "y"}}}
    in_turn(server, server.feed(line("ADDED", one), initial(7), line("MODIFIED", one)))

    async with following(server) as stream:
        listed, changed = await some(stream, 2)

    assert isinstance(listed, Relisted)
    assert isinstance(changed, Changed)
    assert (changed.node,) == listed.roster.nodes
    assert [one.labels for one in listed.roster.nodes] == [(("zone", "x"),)]


async def test_a_streamed_list_is_what_there_is_at_its_end(server: Server) -> None:
    start = added("a", 1) + added("b", 2) + bookmark(4)
    gone = line("DELETED", item("a", 5)) + line("DELETED", item("never seen", 5))
    given = line("MODIFIED", item("b", 6, podCIDR="10.200.1.0/24"))
    spoilt = line("ADDED", item("c", 6, podCIDR="10.200.1.1/24"))
    in_turn(server, server.feed(start, gone + given, spoilt, initial(7), bookmark(8)))

    async with following(server) as stream:
        listed, alive = await some(stream, 2)

    assert isinstance(listed, Relisted)
    assert [[str(cidr) for cidr in one.pod_cidrs] for one in listed.roster.nodes] == [
        ["10.200.1.0/24"]
    ]
    assert [(one.name, one.uid) for one in listed.roster.unreadable] == [("c", "uid-c")]
    assert (listed.version, alive) == ("7", Alive())


async def test_a_streamed_list_that_breaks_off_is_no_list(server: Server) -> None:
    in_turn(server, ending(added("a", 1)), ending(initial(7, "a", "b")))

    async with following(server) as stream:
        events = await some(stream, 2)

    (reason,) = reasons(events)
    assert reason.endswith(" ended the Node list before it was whole")
    assert events[1] == relisted(7, "a", "b")
    assert asked(server)[:2] == ["streamed list"] * 2


@pytest.mark.parametrize("code", [400, 422])
async def test_a_server_that_streams_no_lists_is_asked_for_pages(server: Server, code: int) -> None:
    gone = ending(error(410, "too old"))
    in_turn(server, status(code), page(7, "a"), ending(added("b", 8)), gone, page(9, "c"))

    async with following(server) as stream:
        events = await some(stream, 3)

    assert events == [relisted(7, "a"), Changed(node("b")), relisted(9, "c")]
    assert asked(server)[:5] == ["streamed list", "paged list", "7", "8", "paged list"]


async def test_a_stream_that_ends_goes_on_where_it_was_without_a_pause(server: Server) -> None:
    in_turn(
        server,
        ending(initial(7, "a"), bookmark(12)),
        ending(added("b", 15)),
        ending(bookmark(20)),
    )
    dice = Dice()

    async with following(server, dice=dice, clock=slow_clock()) as stream:
        events = await some(stream, 4)

    assert events == [relisted(7, "a"), Alive(), Changed(node("b")), Alive()]
    assert asked(server)[:3] == ["streamed list", "12", "15"]
    assert dice.pauses == []


async def test_streams_that_end_at_once_are_asked_for_less_and_less_often(server: Server) -> None:
    in_turn(server, ending(initial(7)), *(ending(bookmark(number)) for number in range(8, 12)))
    dice = Dice()

    async with following(server, dice=dice) as stream:
        await some(stream, 5)

    assert [most for _, most in dice.pauses] == [4 * FIRST_PAUSE, 8 * FIRST_PAUSE, 16 * FIRST_PAUSE]


async def test_half_an_event_at_the_end_of_a_stream_is_told_again(server: Server) -> None:
    in_turn(
        server,
        ending(initial(7, "a"), added("b", 8) + added("c", 9)[:-1]),
        ending(added("c", 9)),
    )

    async with following(server) as stream:
        events = await some(stream, 3)

    assert events == [relisted(7, "a"), Changed(node("b")), Changed(node("c"))]
    assert asked(server)[:2] == ["streamed list", "8"]


@pytest.mark.parametrize(
    "gone",
    [ending(error(410, "too old resource version")), ending(bookmark(9), error(410, "compacted"))],
)
async def test_a_version_that_is_no_longer_kept_brings_a_new_list(
    server: Server, gone: Answer
) -> None:
    in_turn(server, ending(initial(7, "a")), gone, ending(initial(9, "b")))

    async with following(server) as stream:
        events = await some(stream, 2)
        while not isinstance(events[-1], Relisted):
            events += await anext(stream)

    assert events[-1] == relisted(9, "b")
    assert reasons(events) == []
    assert asked(server)[:3] == ["streamed list", "7", "streamed list"]


async def test_the_same_by_http(server: Server) -> None:
    in_turn(server, ending(initial(7, "a")), status(410), status(410), ending(initial(9)))

    async with following(server) as stream:
        events = await some(stream, 2)

    assert events == [relisted(7, "a"), relisted(9)]
    assert asked(server)[:4] == ["streamed list", "7", "streamed list", "streamed list"]


async def test_a_lower_version_than_ever_is_a_cluster_that_was_set_back(server: Server) -> None:
    in_turn(
        server,
        ending(initial(7, "a")),
        ending(added("b", 900)),
        ending(error(410, "gone")),
        ending(initial(8, "a")),
        ending(error(410, "gone")),
        ending(initial(8, "a")),
    )

    async with following(server) as stream:
        events = await some(stream, 4)

    assert events == [
        relisted(7, "a"),
        Changed(node("b")),
        relisted(8, "a", rewound=True),
        relisted(8, "a"),
    ]
