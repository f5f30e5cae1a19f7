"""Server-sent events: snapshot, changes, resumption, and the end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from podroute.observe.board import REMEMBERED, Board, Happening
from podroute.web.health import serving
from podroute.web.stream import MOST, Stream
from tests.unit.event_reader import listening
from tests.waiting import until
from tests.web.boards import put, record, small, standing

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def streamed(board: Board, beat: float = 60.0) -> AsyncGenerator[str]:
    stream = Stream(board, beat)
    app = Starlette(routes=[Route("/events", stream.answer)])
    app.state.closing = stream.closing
    async with serving(app, LOOPBACK, 0) as port:
        yield f"http://{LOOPBACK}:{port}/events"


async def test_first_all_that_is_there_then_what_changes() -> None:
    board = small()
    async with streamed(board) as url, listening(url) as reader:
        first = await reader.told()
        put(board, record(1, "Missing", "no such route is installed"))
        board.happened(Happening(1_800_000_000.25, "drift", "10.200.1.0/24", "worker-1", "gone"))
        second = await reader.told()

    assert reader.answer.headers["content-type"].startswith("text/event-stream")
    assert reader.answer.headers["cache-control"] == "no-store"
    assert first.kind == "snapshot"
    assert list(first.content["subjects"]) == ["10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24"]
    assert first.content["status"]["leader"] == "podroute-7c9d5b-x2x8k"
    assert first.content["addressSpace"]["pools"][0]["cidr"] == "10.200.0.0/16"
    assert second.kind == "changes"
    assert [one["state"] for one in second.content["subjects"]["10.200.1.0/24"]] == ["Missing"]
    assert second.content["timeline"][0]["time"] == "2027-01-15T08:00:00.250Z"
    assert "status" not in second.content


async def test_a_subject_that_is_gone_has_no_lines() -> None:
    board = small()
    async with streamed(board) as url, listening(url) as reader:
        await reader.told()
        board.put("10.200.1.0/24", [])
        board.stand(standing())
        change = await reader.told()

    assert change.content["subjects"] == {"10.200.1.0/24": []}


async def test_many_changes_come_together() -> None:
    board = small()
    async with streamed(board) as url, listening(url) as reader:
        await reader.told()
        put(board, *(record(number, "Pending") for number in range(200)))
        change = await reader.told()

    assert len(change.content["subjects"]) == 200


async def test_who_comes_back_gets_what_was_missed() -> None:
    board = small()
    async with streamed(board) as url:
        async with listening(url) as reader:
            last = (await reader.told()).id
        put(board, record(2, "Missing"))
        async with listening(url, last) as reader:
            by_header = await reader.told()
        async with listening(f"{url}?after={last}") as reader:
            by_query = await reader.told()

    assert by_header == by_query
    assert by_header.kind == "changes"
    assert list(by_header.content["subjects"]) == ["10.200.2.0/24"]


@pytest.mark.parametrize("last", ["", "nonsense", "00000000-1", "{process}-999", "{process}-x"])
async def test_an_id_that_means_nothing_here_brings_a_snapshot(last: str) -> None:
    board = small()
    async with streamed(board) as url:
        async with listening(url) as reader:
            process = (await reader.told()).id.partition("-")[0]
        async with listening(url, last.format(process=process)) as reader:
            event = await reader.told()

    assert event.kind == "snapshot"


async def test_who_was_away_too_long_gets_a_snapshot() -> None:
    board = small()
    async with streamed(board) as url:
        async with listening(url) as reader:
            last = (await reader.told()).id
        for number in range(REMEMBERED + 1):
            put(board, record(0, "Missing", str(number)))
        async with listening(url, last) as reader:
            event = await reader.told()

    assert event.kind == "snapshot"


async def test_a_board_on_which_nothing_is_yet_is_shown_too() -> None:
    async with streamed(Board()) as url, listening(url) as reader:
        event = await reader.told()

    assert (event.kind, event.content["subjects"]) == ("snapshot", {})


async def test_where_nothing_changes_there_is_a_sign_of_life() -> None:
    async with streamed(small(), beat=0.01) as url, listening(url) as reader:
        first = await reader.told()
        beat = await reader.told()

    assert (beat.kind, beat.id) == ("beat", first.id)
    assert beat.content["time"].endswith("Z")


async def test_where_something_changes_all_the_time_there_is_a_sign_of_life_too() -> None:
    """It has the time, by which a page knows how old a moment is."""
    board = small()
    async with streamed(board, beat=0.3) as url, listening(url) as reader:
        kinds = list[str]()
        for number in range(20):
            put(board, record(1, "Missing", str(number)))
            kinds.append((await reader.told()).kind)

    assert kinds.count("changes") > kinds.count("beat") > 0


async def test_the_end_of_the_process_ends_the_stream_whole() -> None:
    async def read(url: str) -> bytes:
        async with httpx2.AsyncClient() as client:
            return (await client.get(url)).content  # fails where the last chunk is missing

    stream = Stream(small(), 60)
    app = Starlette(routes=[Route("/events", stream.answer)])
    app.state.closing = stream.closing
    async with serving(app, LOOPBACK, 0) as port:
        reading = asyncio.create_task(read(f"http://{LOOPBACK}:{port}/events"))
        await until(lambda: stream.open == 1)

    assert b"event: snapshot" in await reading


async def test_so_many_pages_and_no_more() -> None:
    stream = Stream(small(), 60)
    app = Starlette(routes=[Route("/events", stream.answer)])
    async with serving(app, LOOPBACK, 0) as port, AsyncExitStack() as pages:
        url = f"http://{LOOPBACK}:{port}/events"
        readers = [await pages.enter_async_context(listening(url)) for _ in range(MOST)]
        for reader in readers:
            await reader.told()
        async with listening(url) as reader:
            assert reader.answer.status_code == 503
            assert b"close some of them" in await reader.answer.aread()
        await pages.aclose()
        await until(lambda: stream.open == 0)
        async with listening(url) as reader:
            assert (await reader.told()).kind == "snapshot"


async def test_asked_for_the_head_it_does_not_go_on() -> None:
    async with streamed(small()) as url, httpx2.AsyncClient() as client:
        answer = await client.head(url)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_who_goes_is_forgotten() -> None:
    board = small()
    stream = Stream(board, 60)
    app = Starlette(routes=[Route("/events", stream.answer)])
    async with serving(app, LOOPBACK, 0) as port:
        async with listening(f"http://{LOOPBACK}:{port}/events") as reader:
            await reader.told()
            assert stream.open == 1
        await until(lambda: stream.open == 0)
