"""Whoever only looks: how often the router is read, and what is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic

from podroute.controllers.route_view import RouteView, Sources
from podroute.kube.node_events import Changed, Lost, Removed
from podroute.model.route import Quota
from podroute.observe.board import Board
from podroute.routing.lines import HELD
from tests.builders import SEED_RULES, installed, node, unreadable
from tests.unit.played_router import Api, Router, listed
from tests.waiting import until

A = node("a", "10.240.0.30", "10.200.0.0/24")
OF_A = installed("10.200.0.0/24", "10.240.0.30")
PERIOD = 0.2


async def times_of_reads(router: Router, count: int) -> float:
    """How long so many took."""
    view = RouteView(
        Sources(Api(listed(A)).follow, router, SEED_RULES, PERIOD), Board(), lambda _: None
    )
    running = asyncio.create_task(view.run())
    try:
        await until(lambda: len(router.reads) >= count)
        return monotonic() - router.reads[0]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_once_a_period_where_the_router_says_nothing() -> None:
    assert await times_of_reads(Router([OF_A]), 4) >= 3 * PERIOD


async def test_once_a_period_where_the_router_is_not_heard() -> None:
    router = Router([OF_A])
    router.deaf = "no such socket"

    assert await times_of_reads(router, 4) >= 3 * PERIOD


async def test_nothing_is_said_to_be_held_back_by_who_holds_nothing() -> None:
    """What a controller holds back, if there is one, it says itself."""
    nodes = [node(f"n{i}", f"10.240.0.{i + 30}", f"10.200.{i}.0/24") for i in range(5)]
    routes = [installed(f"10.200.{i}.0/24", "10.240.0.99") for i in range(5)]
    board = Board()
    view = RouteView(
        Sources(Api(listed(*nodes)).follow, Router(routes), SEED_RULES), board, lambda _: None
    )
    running = asyncio.create_task(view.run())
    try:
        await until(view.ready.is_set)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert {one.state for one in board.rows()} == {"WrongNextHop"}
    assert HELD not in {one.reason for one in board.rows()}


@asynccontextmanager
async def viewed(
    api: Api, router: Router | None, period: float = PERIOD
) -> AsyncGenerator[tuple[Board, list[str]]]:
    """The board, and what is told besides."""
    board, told = Board(), list[str]()
    view = RouteView(Sources(api.follow, router, SEED_RULES, period), board, told.append)
    running = asyncio.create_task(view.run())
    try:
        await until(view.ready.is_set)
        yield board, told
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def entries(board: Board) -> list[str]:
    return [f"{one.kind} {one.subject} {one.node}: {one.words}" for one in board.timeline()]


async def test_what_changes_between_two_looks_is_in_the_timeline() -> None:
    api, router = Api(listed(A)), Router([OF_A])
    b = node("b", "10.240.0.31", "10.200.1.0/24")
    of_b = installed("10.200.1.0/24", "10.240.0.31")

    async with viewed(api, router) as (board, _):
        assert entries(board) == []
        router.routes.alter([OF_A], ())
        await until(lambda: len(board.timeline()) == 1)
        router.routes.alter((), [OF_A])
        await until(lambda: len(board.timeline()) == 2)
        api.news.put_nowait(Changed(b))
        await until(lambda: len(board.rows()) == 2)
        router.routes.alter((), [of_b])
        await until(lambda: len(board.timeline()) == 3)
        api.news.put_nowait(Removed(b))
        await until(lambda: board.counts()["Stale"])
        router.routes.alter([of_b], ())
        await until(lambda: len(board.timeline()) == 4)

    assert entries(board) == [
        "drift 10.200.0.0/24 a: Missing: no such route is installed",
        "created 10.200.0.0/24 a: via 10.240.0.30",
        "created 10.200.1.0/24 b: via 10.240.0.31",
        "deleted 10.200.1.0/24 : was via 10.240.0.31",
    ]
    assert {one.seconds for one in board.timeline()} == {None}  # nobody who looks knows


async def test_claims_that_are_refused_and_nodes_that_cannot_be_read_are_in_it() -> None:
    api = Api(listed(A))
    api.news.put_nowait(Changed(unreadable("u")))

    async with viewed(api, Router([OF_A])) as (board, _):
        await until(lambda: len(board.timeline()) == 1)
        api.news.put_nowait(Changed(node("u")))
        api.news.put_nowait(Changed(node("thief", "10.240.0.66", "10.200.0.0/24")))
        api.news.put_nowait(Changed(node("far", "10.240.0.67", "10.9.0.0/24")))
        await until(lambda: len(board.timeline()) == 4)

    kinds = [one.kind for one in board.timeline()]
    assert sorted(kinds) == ["duplicate", "node", "node", "refused"]


async def test_a_router_that_is_not_reached_and_fills_up_is_in_it() -> None:
    api, router = Api(listed(A)), Router([OF_A])

    async with viewed(api, router, 0.02) as (board, told):
        router.down = "no route to host"
        await until(lambda: told)
        router.down, router.quota = "", Quota(4, 5)
        await until(lambda: len(board.timeline()) == 3)

    assert told == ["no route to host"]
    assert sorted(entries(board)) == [
        "quota  : the router has 4 of the 5 routes that it takes",
        "read  : the router answers again",
        "read  : the router is not reached: no route to host",
    ]


async def test_without_a_router_nothing_is_said_of_routes() -> None:
    api = Api(listed(A))

    async with viewed(api, None) as (board, _):
        api.news.put_nowait(Changed(node("b", "10.240.0.31", "10.200.1.0/24")))
        await until(lambda: len(board.rows()) == 2)

    assert board.timeline() == []


async def test_a_router_that_is_not_reached_is_shown_above_all_routes() -> None:
    """What is shown in sync may be so no longer."""
    api, router = Api(listed(A)), Router([OF_A])

    async with viewed(api, router, 0.02) as (board, _):
        router.down = "no route to host"
        await until(lambda: board.standing.unreached == "no route to host")
        router.down = ""
        await until(lambda: board.standing.unreached == "")


async def test_another_node_that_cannot_be_read_is_in_it_again() -> None:
    api = Api(listed(A, unreadable("u")))

    async with viewed(api, Router([OF_A])) as (board, _):
        await until(lambda: len(board.timeline()) == 1)
        api.news.put_nowait(Removed(unreadable("u")))
        api.news.put_nowait(Changed(unreadable("u")))
        await until(lambda: len(board.timeline()) == 2)

    assert entries(board) == ["node  u: a Node cannot be read: spoilt"] * 2


async def test_an_api_server_that_is_away_is_told_of_once_for_each_reason() -> None:
    api = Api(listed(A))

    async with viewed(api, Router([OF_A])) as (board, told):
        for reason in ("refused", "refused", "no route", "no route"):
            api.news.put_nowait(Lost(reason))
        api.news.put_nowait(listed(A))
        api.news.put_nowait(Lost("no route"))
        await until(lambda: len(told) == 3)

    assert told == ["refused", "no route", "no route"]
    lost = "node  : the API server is not followed"
    assert entries(board) == [
        f"{lost}: refused",
        f"{lost}: no route",
        "node  : the API server is followed again",
        f"{lost}: no route",
    ]
