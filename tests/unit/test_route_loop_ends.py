"""The route loop: its end, its patches, a person's word, an API server that is away."""

import asyncio
from dataclasses import replace
from time import monotonic

import pytest

from podroute.controllers.election import Claim, Term
from podroute.kube.node_events import Changed, Lost, Removed
from podroute.kube.patch_answers import Denied, Throttled
from podroute.providers.interface import Limits
from tests.builders import installed, node, unreadable
from tests.unit.played_router import QUICK, Api, Router, World, listed, running
from tests.waiting import until

A, B = node("a", "10.240.0.30", "10.200.0.0/24"), node("b", "10.240.0.31", "10.200.1.0/24")

OF_A = installed("10.200.0.0/24", "10.240.0.30")

CREATE_A = "+ 10.200.0.0/24 via 10.240.0.30"


async def test_a_term_that_ends_sends_nothing_more() -> None:
    api, router = Api(listed(A)), Router([OF_A])
    term = Term(Claim("fresh", 0), monotonic(), endless=True)

    async with running(api, router, term=term) as world:
        await until(lambda: api.written)
        term.end()
        written, calls = len(api.written), len(router.calls)
        api.news.put_nowait(Changed(B))
        await until(lambda: "10.200.1.0/24 Missing" in world.states())
        await asyncio.sleep(0.05)

    assert (len(api.written), len(router.calls)) == (written, calls)


async def test_a_term_that_ends_while_a_patch_waits_for_its_turn() -> None:
    api, router = Api(listed(A)), Router([OF_A])
    api.queue = asyncio.Event()
    term = Term(Claim("fresh", 0), monotonic(), endless=True)

    async with running(api, router, term=term):
        await until(lambda: api.waiting)
        term.end()
        api.queue.set()

    assert api.written == []


async def test_stop_waits_for_what_is_under_way_and_sends_nothing_new() -> None:
    api, router = Api(listed(A)), Router(limits=Limits(batch=1))
    router.hold = asyncio.Event()

    async with running(api, router) as world:
        await until(lambda: router.busy)
        world.loop.stop()
        api.news.put_nowait(Changed(B))
        await until(api.news.empty)
        await asyncio.sleep(0.02)
        assert router.busy == 1
        router.hold.set()

    assert router.sent() == [CREATE_A]
    assert router.busy == 0


async def stopped_in_a_read(world: World, router: Router) -> int:
    """Which does not end; how many there were before."""
    router.hold_read = asyncio.Event()
    reads = len(router.reads)
    await until(lambda: len(router.reads) > reads)
    world.loop.stop()
    await asyncio.sleep(0.02)
    return reads


async def test_stop_waits_for_a_patch_and_for_no_read() -> None:
    """As of a router that hangs: the lease is released within the process's last seconds."""
    api, router = Api(listed(A)), Router([OF_A])
    api.hold = asyncio.Event()

    async with running(api, router) as world:
        await until(lambda: api.written)
        reads = await stopped_in_a_read(world, router)
        api.hold.set()

    assert len(router.reads) == reads + 1
    assert len(api.written) == 1


async def test_stop_waits_for_a_change_though_a_read_hangs() -> None:
    api, router = Api(listed(A)), Router()
    router.hold = asyncio.Event()

    async with running(api, router) as world:
        await until(lambda: router.busy)
        await stopped_in_a_read(world, router)
        assert router.busy == 1
        router.hold.set()

    assert router.sent() == [CREATE_A]


@pytest.mark.parametrize("turns", range(12))
async def test_whenever_it_comes_stop_ends_it(turns: int) -> None:
    """Also where a read is begun, but has not had its turn."""
    router = Router([OF_A])
    router.hold_read = asyncio.Event()

    async with running(Api(listed(A)), router, within=5.0):
        for _ in range(turns):
            await asyncio.sleep(0)


@pytest.mark.parametrize("turns", range(24))
async def test_whenever_it_comes_nothing_is_sent_after_a_stop(turns: int) -> None:
    """Also where a call is about to be made."""
    router = Router()

    async with running(Api(listed(A)), router, within=5.0):
        for _ in range(turns):
            await asyncio.sleep(0)
        calls = len(router.calls)

    assert len(router.calls) == calls


async def test_another_node_that_cannot_be_read_is_told_of_again() -> None:
    api = Api(listed(A, unreadable("x")))
    api.news.put_nowait(Removed(unreadable("x")))
    api.news.put_nowait(Changed(unreadable("x")))

    async with running(api, Router([OF_A]), within=5.0) as world:
        await until(lambda: world.log.getvalue().count("a Node cannot be read") == 2)

    assert len([one for one in world.events if "InvalidNode" in one]) == 2


async def test_a_stop_before_the_patch_has_its_turn() -> None:
    api, router = Api(listed(A)), Router([OF_A])
    api.queue = asyncio.Event()

    async with running(api, router) as world:
        await until(lambda: api.waiting)
        world.loop.stop()
        api.queue.set()

    assert api.written == []


async def test_only_so_many_patches_are_under_way() -> None:
    nodes = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(6)]
    routes = [installed(f"10.200.{i}.0/24", f"10.240.0.{i + 1}") for i in range(6)]
    api, router = Api(listed(*nodes)), Router(routes)
    api.hold = asyncio.Event()

    async with running(api, router, rhythm=replace(QUICK, conditions=2)):
        await until(lambda: len(api.written) == 2)
        await asyncio.sleep(0.02)
        assert len(api.written) == 2
        api.hold.set()
        await until(lambda: len(api.written) == 6)


async def test_a_patch_that_was_not_done_is_sent_again() -> None:
    api, router = Api(listed(A)), Router([OF_A])
    api.answers = [Denied("HTTP 403: policy"), Throttled(0.01, "HTTP 429")]

    async with running(api, router) as world:
        await until(lambda: len(api.written) == 3)

    assert world.log.getvalue().count("condition not written") == 2
    assert world.metric('podroute_network_conditions_total{answer="denied"} 1.0')


async def test_a_person_lets_pass_what_is_held_back() -> None:
    nodes = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(5)]
    routes = [installed(f"10.200.{i}.0/24", f"10.240.0.{i + 1}") for i in range(5)]
    api, router = Api(listed(*nodes)), Router(routes)

    async with running(api, router) as world:
        await until(lambda: len(api.written) == 5)
        for one in nodes[:4]:
            api.news.put_nowait(Removed(one))
        await until(lambda: (held := world.board.standing.held) and held.count == 4)
        assert world.metric('podroute_deletes_held{provider="played"} 4.0')
        held = world.board.standing.held
        world.loop.confirm("other")
        world.loop.confirm("other")
        world.loop.confirm(held.confirmation if held else "")
        await until(lambda: world.board.standing.held is None)
        await until(lambda: len(router.sent()) == 4)

    (line,) = (one for one in world.log.getvalue().splitlines() if 'event="held back"' in one)
    assert "podroute apply --confirm " in line


async def test_an_api_server_that_is_away_takes_no_route() -> None:
    api, router = Api(listed(A, unreadable("x"))), Router([OF_A])

    async with running(api, router) as world:
        await until(lambda: api.written)
        api.news.put_nowait(Lost("connection refused"))
        await until(lambda: "not followed" in world.log.getvalue())
        reads = len(router.reads)
        await until(lambda: len(router.reads) > reads + 2)

    assert router.calls == []
    assert 'event="a Node cannot be read" node=x why=spoilt' in world.log.getvalue()
