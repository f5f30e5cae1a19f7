"""Whoever only looks at several routers: what is shown of those that are not reached."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from podroute.controllers.route_view import Sources
from podroute.controllers.route_views import RouteViews
from podroute.kube.node_events import Lost
from podroute.observe.joint_board import JointBoard
from podroute.providers.interface import ProviderUnreachable
from tests.builders import SEED_RULES, installed, node
from tests.unit.played_router import Api, Router, listed
from tests.waiting import until

A = node("a", "10.240.0.30", "10.200.0.0/24")
OF_A = installed("10.200.0.0/24", "10.240.0.30")
PERIOD = 0.05


@dataclass
class Looking:
    """At two routers."""

    board: JointBoard
    views: RouteViews
    told: list[str]

    def states(self) -> list[str]:
        return [f"{one.router} {one.state}" for one in self.board.rows()]


@asynccontextmanager
async def looking(
    left: Router, right: Router, patience: float = 20.0, api: Api | None = None
) -> AsyncGenerator[Looking]:
    board, told, api = JointBoard(("left", "right")), list[str](), api or Api(listed(A))
    sources = {
        name: Sources(api.follow, router, SEED_RULES, PERIOD)
        for name, router in (("left", left), ("right", right))
    }
    views = RouteViews(sources, board, told.append, patience)
    running = asyncio.create_task(views.run())
    try:
        await until(lambda: views.ready.is_set() or running.done())
        yield Looking(board, views, told)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_each_is_shown_by_its_name() -> None:
    async with looking(Router([OF_A]), Router()) as seen:
        assert seen.states() == ["left InSync", "right Missing"]
        assert seen.told == []


async def test_one_that_is_not_reached_is_shown_when_it_is_back() -> None:
    right = Router([OF_A])
    right.down = "no route to host"
    async with looking(Router([OF_A]), right) as seen:
        assert seen.states() == ["left InSync"]
        assert seen.board.standing.unreached == "right: no route to host"
        await until(lambda: len(right.reads) > 3)
        assert seen.told == ["router right: no route to host"]
        right.down = ""
        await until(lambda: seen.states() == ["left InSync", "right InSync"])
        assert seen.board.standing.unreached == ""


async def test_one_that_does_not_answer_hides_no_other_for_long() -> None:
    """As behind a half-open connection."""
    right = Router([OF_A])
    right.hold_read = asyncio.Event()
    async with looking(Router([OF_A]), right, patience=0.05) as seen:
        assert seen.states() == ["left InSync"]
        why = "no answer yet, 0.05 s after that of another router"
        assert seen.board.standing.unreached == f"right: {why}"
        assert seen.told == [f"router right: {why}"]
        right.hold_read.set()
        await until(lambda: seen.states() == ["left InSync", "right InSync"])
        await until(lambda: seen.board.standing.unreached == "")


async def test_one_that_is_back_while_the_cluster_is_away_ends_no_other() -> None:
    api, right = Api(listed(A)), Router([OF_A])
    right.down = "no route to host"
    async with looking(Router([OF_A]), right, api=api) as seen:
        api.first = Lost("connection refused")
        right.down = ""
        await until(lambda: "router right: connection refused" in seen.told)
        api.first = listed(A)
        await until(lambda: seen.states() == ["left InSync", "right InSync"])
        assert seen.told == [
            f"router right: {why}" for why in ("no route to host", "connection refused")
        ]


async def test_where_none_is_reached_there_is_nothing_to_show() -> None:
    left, right = Router(), Router()
    left.down = right.down = "no route to host"
    api = Api(listed(A))
    sources = {
        name: Sources(api.follow, one, SEED_RULES)
        for name, one in [("left", left), ("right", right)]
    }
    views = RouteViews(sources, JointBoard(("left", "right")), lambda _: None)
    with pytest.raises(ExceptionGroup) as raised:
        await views.run()
    assert raised.group_contains(ProviderUnreachable, match="no route to host")
