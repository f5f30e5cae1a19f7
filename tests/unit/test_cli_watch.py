"""podroute table -w over the page of a controller."""

import asyncio
import subprocess
from collections.abc import Sequence

import msgspec
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from podroute.observe.board import Board, RouteRecord
from podroute.web.health import App, Checks, serving
from podroute.web.page import web_app
from podroute.web.remote import RemoteBoard
from tests.unit.test_cli_several_loops import running
from tests.waiting import until
from tests.web.boards import record, small

HOST = "127.0.0.1"
BLOCK = "10.200.0.0/24"


def page(board: Board) -> App:
    return web_app(Checks({}, {}), CollectorRegistry(), board, lambda _: ())


def of(router: str, state: RouteRecord) -> RouteRecord:
    return msgspec.structs.replace(state, router=router)


async def after(
    before: Sequence[RouteRecord], now: Sequence[RouteRecord], lines: int
) -> Sequence[str]:
    """So many lines that follow the table when the first block has others."""

    def next_line(table: subprocess.Popen[str]) -> str:
        assert table.stdout is not None
        return " ".join(table.stdout.readline().split())

    board = small()
    board.put(BLOCK, before)
    async with serving(page(board), HOST, 0) as port:
        with running("table", "-w", "--controller", f"{HOST}:{port}") as table:
            for _ in range(1 + len(board.rows())):
                await asyncio.to_thread(next_line, table)
            board.put(BLOCK, now)
            return [await asyncio.to_thread(next_line, table) for _ in range(lines)]


async def test_a_claim_that_is_no_more_beside_a_route_that_stays() -> None:
    thief = msgspec.structs.replace(record(0, "Blocked"), node="thief")

    told = await after([record(0), thief], [record(0)], 1)

    assert told == ["thief 172.16.0.10 10.200.0.0/24 Blocked gone"]


async def test_what_one_of_two_routers_has_no_more() -> None:
    stale = msgspec.structs.replace(record(0, "Stale"), node=None, internal_ips=())

    told = await after([of("left", stale), of("right", stale)], [of("right", stale)], 1)

    assert told == ["<none> <none> 10.200.0.0/24 Stale gone"]


async def test_a_line_with_a_successor_is_not_gone() -> None:
    stale = msgspec.structs.replace(record(0, "Stale"), node=None, internal_ips=())

    told = await after([stale], [record(0)], 1)
    assert told == ["worker-0 172.16.0.10 10.200.0.0/24 InSync"]


async def test_a_controller_that_is_away_is_told_of_once_for_each_reason() -> None:
    asked, told = list[str](), list[str]()

    async def refuse(request: Request) -> Response:
        asked.append(request.url.path)
        return PlainTextResponse("starting", 503)

    refusing = Starlette(routes=[Route("/{rest:path}", refuse)])
    async with serving(page(small()), HOST, 0) as port:
        remote = RemoteBoard(f"http://{HOST}:{port}", Board(), told.append, again=0.01)
        following = asyncio.create_task(remote.run())
        await until(remote.ready.is_set)
    async with serving(refusing, HOST, port):
        await until(lambda: len(asked) > 5)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    assert len(told) == len(set(told))
    assert told[-1].endswith("does not show routes: HTTP 503: starting")
