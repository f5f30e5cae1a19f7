"""The route loop over a router and an API server that a test plays."""

import asyncio
from dataclasses import replace
from time import monotonic

import pytest
from typing_extensions import override

from podroute.controllers.routes import SHARE
from podroute.kube.node_events import Alive, Changed, Removed
from podroute.model.route import RouteTable
from podroute.providers.interface import Limits
from podroute.routing.conditions import AVAILABLE
from tests.builders import installed, node, unreadable
from tests.unit.played_router import QUICK, Api, Router, listed, refusing, running
from tests.waiting import until

A, B = node("a", "10.240.0.30", "10.200.0.0/24"), node("b", "10.240.0.31", "10.200.1.0/24")

OF_A = installed("10.200.0.0/24", "10.240.0.30")
CREATE_A, CREATE_B = "+ 10.200.0.0/24 via 10.240.0.30", "+ 10.200.1.0/24 via 10.240.0.31"
SELDOM = replace(QUICK, period=60.0)


async def test_routes_are_made_and_the_nodes_told() -> None:
    api, router = Api(listed(A, B)), Router()

    async with running(api, router, rhythm=SELDOM) as world:
        await until(lambda: len(api.written) == 2)

    assert sorted(router.sent()) == [CREATE_A, CREATE_B]
    assert len(router.calls) == 1
    assert {one.condition for one in api.written} == {AVAILABLE}
    assert world.states() == ["10.200.0.0/24 InSync", "10.200.1.0/24 InSync"]
    assert world.metric('podroute_network_conditions_total{answer="applied"} 2.0')
    assert world.loop.fault == ""


async def test_where_all_is_right_nothing_is_sent_but_one_read_each_period() -> None:
    api, router = Api(listed(replace(A, network=AVAILABLE))), Router([OF_A])

    async with running(api, router) as world:
        for _ in range(50):
            api.news.put_nowait(Changed(replace(A, network=AVAILABLE)))
        api.news.put_nowait(Alive())
        await until(lambda: len(router.reads) == 4)
        began = router.reads[0]
        assert monotonic() - began >= 3 * QUICK.period

    assert (router.calls, api.written) == ([], [])
    assert world.keeping.watch.heard is not None


async def test_a_node_that_joins_and_one_that_ends() -> None:
    api, router = Api(listed(A, B)), Router([OF_A])

    async with running(api, router) as world:
        await until(lambda: world.states() == ["10.200.0.0/24 InSync", "10.200.1.0/24 InSync"])
        api.news.put_nowait(Removed(B))
        await until(lambda: world.states() == ["10.200.0.0/24 InSync"])

    assert router.sent() == [CREATE_B, "- 10.200.1.0/24 via 10.240.0.31"]
    assert not world.metric(
        'route_controller_route_sync_total{outcome="changed",trigger="node_change"} 0.0'
    )


async def test_what_somebody_else_removes_is_back_before_the_period_is_over() -> None:
    api, router = Api(listed(A)), Router([OF_A])

    async with running(api, router, rhythm=SELDOM) as world:
        await until(lambda: world.states() == ["10.200.0.0/24 InSync"])
        router.routes.alter([OF_A], ())
        await until(lambda: router.calls)
        await until(lambda: "drift" in world.log.getvalue())
        await until(lambda: "route created" in world.log.getvalue())

    assert router.sent() == [CREATE_A]
    assert world.metric(
        'route_controller_route_sync_total{outcome="changed",trigger="router_change"} 1.0'
    )


class BusyRouter(Router):
    """A reading takes 50 ms, and somebody changes routes all the time."""

    @override
    async def read(self) -> RouteTable:
        table = await super().read()
        await asyncio.sleep(0.05)
        return table

    @override
    async def changed(self) -> None:
        """At once."""


async def test_a_router_that_changes_all_the_time_is_not_read_all_the_time() -> None:
    router = BusyRouter([OF_A])

    async with running(Api(listed(A)), router, rhythm=SELDOM) as world:
        await until(lambda: len(router.reads) == 5)
        took = router.reads[4] - router.reads[0]

    assert took >= 4 * SHARE * 0.05
    assert (router.calls, world.loop.fault) == ([], "")


async def test_it_is_back_after_the_period_where_the_router_tells_nothing() -> None:
    api, router = Api(listed(A)), Router([OF_A])
    router.deaf = "no such socket"

    async with running(api, router) as world:
        await until(lambda: world.states() == ["10.200.0.0/24 InSync"])
        router.routes.alter([OF_A], ())
        await until(lambda: router.calls)

    assert "the router's own changes are not heard" in world.log.getvalue()


async def test_who_cannot_be_read_and_who_leaves_is_on_the_board() -> None:
    unread, leaving = unreadable("c"), replace(B, deleting=True)
    api = Api(listed(A, unread, leaving))

    async with running(api, Router()) as world:
        board = world.board
        await until(lambda: board.standing.deleting == ("b",))
        assert board.standing.unreadable == (("c", "spoilt"),)
        api.news.put_nowait(Changed(B))
        api.news.put_nowait(Changed(unreadable("a")))
        await until(lambda: len(board.standing.unreadable) == 2)
        assert board.standing.unreadable[0] == ("a", "spoilt")
        api.news.put_nowait(Removed(unread))
        api.news.put_nowait(Removed(unreadable("a")))
        await until(lambda: not board.standing.unreadable)

    assert board.standing.deleting == ()


async def test_what_has_failed_is_sent_again() -> None:
    api, router = Api(listed(A, B)), Router()
    router.answer = refusing("busy", 3)

    async with running(api, router, rhythm=SELDOM) as world:
        await until(lambda: world.states() == ["10.200.0.0/24 InSync", "10.200.1.0/24 InSync"])

    assert len(router.sent()) == 5
    assert "a uid-a Warning FailedToCreateRoute: create of the route to 10.200.0.0/24: busy" in (
        world.events
    )
    assert world.metric('workqueue_retries_total{name="Routes"} 3.0')


async def test_nothing_is_sent_to_a_router_that_was_not_read() -> None:
    api, router = Api(listed(A)), Router()
    router.down = "no route to host"

    async with running(api, router) as world:
        await until(lambda: len(router.reads) == 3)
        assert (router.calls, world.loop.fault) == ([], "no route to host")
        router.down = ""
        await until(lambda: api.written)

    assert world.log.getvalue().count("the router is not reached") == 1
    assert world.log.getvalue().count("the router answers again") == 1
    assert world.loop.fault == ""


async def test_a_router_that_was_not_reached_is_read_again_soon_and_then_sent_to() -> None:
    """Not a period later."""
    api, router = Api(listed(A)), Router()
    router.shut = "refused"

    async with running(api, router, rhythm=SELDOM) as world:
        await until(lambda: world.loop.fault == "refused")
        reads = len(router.reads)
        router.shut = ""
        await until(lambda: world.states() == ["10.200.0.0/24 InSync"])

    assert len(router.reads) > reads
    assert set(router.sent()) == {CREATE_A}


async def test_of_calls_that_begin_together_none_is_made_after_one_has_found_nobody() -> None:
    api, router = Api(listed(A, B)), Router(limits=Limits(at_once=2, batch=1))
    router.shut = "refused"

    async with running(api, router, rhythm=SELDOM) as world:
        await until(lambda: world.loop.fault == "refused")
        assert len(router.calls) == 1
        router.shut = ""
        await until(lambda: sum("InSync" in one for one in world.states()) == 2)


async def test_one_that_asks_for_time_gets_it() -> None:
    api, router = Api(listed(A)), Router()
    router.down, router.after = "HTTP 503", 0.3

    async with running(api, router):
        await until(lambda: len(router.reads) == 2)

    assert router.reads[1] - router.reads[0] >= 0.3


async def test_a_router_that_throttles_gets_fewer_calls_and_in_the_end_everything() -> None:
    nodes = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(8)]
    api, router = Api(listed(*nodes)), Router(limits=Limits(at_once=8, batch=1))
    router.answer = refusing("HTTP 429", 4, after=0.0)

    async with running(api, router) as world:
        await until(lambda: sum("InSync" in one for one in world.states()) == 8)

    assert len(router.sent()) == 12
    assert "the router asks for fewer requests" in world.log.getvalue()
    assert not world.metric('podroute_provider_throttle_wait_seconds_total{provider="played"} 0.0')


@pytest.mark.parametrize(
    ("takes", "wanted", "most"),
    [(2, None, 2), (2, 8, 2), (4, 2, 2)],
    ids=["router", "more", "flag"],
)
async def test_no_more_calls_at_once_and_in_a_call_than_the_router_takes(
    takes: int, wanted: int | None, most: int
) -> None:
    """A person may want fewer, by ``--concurrent-route-calls``."""
    nodes = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(10)]
    api, router = Api(listed(*nodes)), Router(limits=Limits(at_once=takes, batch=3))
    router.hold = asyncio.Event()

    async with running(api, router, at_once=wanted) as world:
        await until(lambda: len(router.calls) == 2)
        await asyncio.sleep(0.02)
        assert len(router.calls) == 2
        router.hold.set()
        await until(lambda: sum("InSync" in one for one in world.states()) == 10)

    assert router.most == most
    assert [len(one) for one in router.calls] == [3, 3, 3, 1]


async def test_a_rate_is_kept_to() -> None:
    nodes = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(6)]
    api, router = Api(listed(*nodes)), Router(limits=Limits(at_once=2, rate=20.0, burst=2))
    began = monotonic()

    async with running(api, router):
        await until(lambda: len(router.sent()) == 6)

    assert monotonic() - began >= 4 / 20


async def test_a_lag_is_waited_for() -> None:
    api, router = Api(listed(A)), Router(limits=Limits(lag=0.2))

    async with running(api, router, rhythm=SELDOM):
        await until(lambda: router.calls)
        router.routes.alter((await router.routes.read()).routes, ())
        await until(lambda: len(router.calls) > 1)

    assert router.begun[1] - router.begun[0] >= 0.2
    assert router.sent() == [CREATE_A] * 2
    assert len(router.reads) < 40


async def test_a_destination_is_added_to_the_queue_when_it_begins_to_wait() -> None:
    """As client-go counts: with the work, not with its answer; what is tried again counts again."""
    api, router = Api(listed(A, B)), Router()
    router.hold = asyncio.Event()

    async with running(api, router, rhythm=SELDOM) as world:
        await until(lambda: router.busy)
        assert world.metric('workqueue_adds_total{name="Routes"} 2.0')
        router.answer = refusing("busy", times=1)
        router.hold.set()
        await until(lambda: world.states() == ["10.200.0.0/24 InSync", "10.200.1.0/24 InSync"])

    assert world.metric('workqueue_adds_total{name="Routes"} 3.0')


async def test_that_the_router_is_heard_again_is_told() -> None:
    api, router = Api(listed(A)), Router([OF_A])
    router.deaf = "no such socket"

    async with running(api, router) as world:
        await until(lambda: len(router.reads) > 3)
        router.deaf = ""
        await until(lambda: len(router.reads) > 6)
        router.routes.alter([OF_A], ())
        await until(lambda: "heard again" in world.log.getvalue())

    assert world.log.getvalue().count("the router's own changes are not heard") == 1
