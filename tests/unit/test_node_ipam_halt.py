"""The node IPAM loop when somebody else writes podCIDRs."""

import asyncio
from time import monotonic

from podroute.controllers.election import Claim, Term, Timing
from podroute.kube.node_events import Changed
from podroute.kube.patch_answers import Throttled
from tests.builders import node
from tests.unit.played_api import SERVED, SOON, Api, listed, running
from tests.waiting import until


async def test_a_foreign_write_stops_new_assignments_and_a_registration_with_one_does_not() -> None:
    api = Api(lambda: listed(node("a"), node("b")))
    api.hold = asyncio.Event()

    async with running(api) as world:
        await until(lambda: len(api.sent) == 2)
        api.news.put_nowait(Changed(node("born", "", "10.200.7.0/24")))
        await until(lambda: world.events)
        assert not world.loop.halted
        api.news.put_nowait(Changed(node("a", "", "10.200.9.0/24")))
        await until(lambda: world.loop.halted)
        api.news.put_nowait(Changed(node("late")))
        api.hold.set()
        await until(api.news.empty)

    assert {one.node for one in api.sent} == {"a", "b"}
    assert [(name, reason) for name, reason, _ in world.events] == [
        ("born", "ForeignPodCIDR"),
        ("a", "ForeignPodCIDR"),
    ]
    assert world.metric("podroute_ipam_halted 1.0")
    assert "kube-controller-manager" in world.log.getvalue()


async def test_nothing_that_was_denied_before_is_sent_again_after_a_foreign_write() -> None:
    """The other writer may have given the block since."""
    api = Api(lambda: listed(node("a"), node("b")), [Throttled(1.0, "HTTP 429")] * 2)

    async with running(api) as world:
        await until(lambda: len(api.sent) == 2)
        api.news.put_nowait(Changed(node("b", "", "10.200.0.0/24")))
        await until(lambda: world.loop.halted)
        again = monotonic() + 1.5
        await until(lambda: monotonic() > again)
        assert world.loop.in_doubt()

    assert len(api.sent) == 2


async def test_a_foreign_write_that_a_list_shows_first_stops_new_assignments() -> None:
    api = Api(lambda: listed(node("a")))
    api.hold = asyncio.Event()

    async with running(api) as world:
        await until(lambda: api.sent)
        api.news.put_nowait(listed(node("a"), node("born", "", "10.200.7.0/24")))
        await until(lambda: world.events)
        assert not world.loop.halted
        api.news.put_nowait(listed(node("a", "", "10.200.9.0/24"), node("late")))
        await until(lambda: world.loop.halted)
        api.hold.set()

    assert world.has_blocks("10.200.0.0/24")
    assert ("a", "ForeignPodCIDR") in [(name, reason) for name, reason, _ in world.events]


async def test_a_term_that_another_writer_has_stopped_vouches_for_nobody() -> None:
    api = Api(lambda: listed(node("a")))

    async with running(api) as world:
        await until(lambda: api.sent and not world.loop.in_doubt())
        api.news.put_nowait(Changed(node("a", "", "10.200.9.0/24")))
        await until(lambda: world.loop.halted)
        assert world.loop.in_doubt()


async def test_a_term_that_begins_halted_knows_the_nodes_and_assigns_nothing() -> None:
    api = Api(lambda: listed(SERVED, node("a")))
    term = Term(Claim("handed over", 1, "another writer"), monotonic(), SOON)

    async with running(api, term=term) as world:
        await until(lambda: world.ledger.listed)
        api.news.put_nowait(Changed(node("b")))
        await until(api.news.empty)
        assert world.loop.in_doubt()

    assert (api.sent, term.halted) == ([], "another writer")
    assert world.metric("podroute_ipam_halted 1.0")
    assert "podroute.io/halted" in world.log.getvalue()


async def test_what_waits_for_its_turn_is_not_sent_after_a_halt() -> None:
    api = Api(lambda: listed(node("a"), node("b")))
    api.queue = asyncio.Event()
    term = Term(Claim("handed over", 1), monotonic(), SOON)

    async with running(api, term=term) as world:
        await until(lambda: api.queued == 2)
        term.halt("somebody says so")
        assert world.metric("podroute_ipam_halted 1.0")
        api.queue.set()
        await until(lambda: api.turned == 2)

    assert api.sent == []
    assert "somebody says so" in world.log.getvalue()


async def test_a_fresh_term_that_still_waits_vouches_for_nobody() -> None:
    """Of a removed Lease the leader may still send."""
    api = Api(lambda: listed(SERVED))
    term = Term(Claim("fresh", 1), monotonic(), Timing(settle=60))

    async with running(api, term=term) as world:
        await until(lambda: "writes of a former leader may still land" in world.log.getvalue())
        assert world.loop.in_doubt()
