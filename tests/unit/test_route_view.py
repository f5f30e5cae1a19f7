"""Whoever only looks: how often the router is read."""

import asyncio
from time import monotonic

from podroute.controllers.route_view import RouteView, Sources
from podroute.observe.board import Board
from podroute.routing.lines import HELD
from tests.builders import SEED_RULES, installed, node
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
