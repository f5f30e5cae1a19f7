"""The node IPAM loop over an API server that a test plays."""

import asyncio
from time import monotonic

import pytest

from podroute.controllers.election import Claim, Origin, Term, Timing
from podroute.ipam.pools import AddressPlan, Pool
from podroute.kube.node_events import Alive, Changed, Lost, Relisted, Removed
from podroute.kube.patch_answers import Denied, PatchAnswer, Refused, Throttled, Unknown
from podroute.model.selector import parse_selector
from tests.builders import node, pool, unreadable
from tests.unit.played_api import QUICK, SERVED, Api, default, listed, running
from tests.waiting import until


async def test_new_nodes_get_blocks_once_and_heartbeats_cost_nothing() -> None:
    api = Api(lambda: listed(SERVED, node("a"), node("b")))

    async with running(api, origin="handed over") as world:
        await until(lambda: len(api.sent) == 2)
        for _ in range(50):
            api.news.put_nowait(Changed(SERVED))
        api.news.put_nowait(Alive())
        await until(api.news.empty)

    assert world.has_blocks("10.200.1.0/24", "10.200.2.0/24")
    assert world.metric('podroute_ipam_patches_total{answer="applied"} 2.0')
    assert not world.loop.in_doubt()


async def test_a_node_that_joins_is_served_and_one_that_ends_frees_its_block() -> None:
    api = Api(lambda: listed(SERVED))

    async with running(api, default("10.200.0.0/24"), "handed over") as world:
        api.news.put_nowait(Changed(node("a")))
        await until(lambda: world.events)
        api.news.put_nowait(Removed(SERVED))
        await until(lambda: api.sent)

    assert world.has_blocks("10.200.0.0/24")
    ((name, reason, message),) = world.events
    assert (name, reason) == ("a", "CIDRNotAvailable")
    assert message.startswith("pool default has no block left in 10.200.0.0/24: 1 blocks")


@pytest.mark.parametrize(
    ("origin", "first", "waits"),
    [
        ("fresh", listed(node("a")), False),
        ("fresh", listed(SERVED, node("a")), True),
        ("fresh", listed(unreadable("x"), node("a")), True),
        ("handed over", listed(SERVED, node("a")), False),
        ("took over", listed(node("a")), True),
    ],
)
async def test_nothing_new_is_assigned_while_former_writes_can_land(
    origin: Origin, first: Relisted, *, waits: bool
) -> None:
    api = Api(lambda: first)
    began, timing = monotonic(), Timing(settle=4.0)
    term = Term(Claim(origin, 1), began, timing, endless=True)

    async with running(api, term=term) as world:
        await until(lambda: api.sent)

    assert ("waiting before new assignments" in world.log.getvalue()) is waits
    assert not waits or api.lists[-1] - began >= timing.settle
    assert len(api.lists) == (2 if waits and origin == "fresh" else 1)


@pytest.mark.parametrize(
    "answer",
    [Unknown("cut"), Throttled(0.001, "HTTP 429"), Denied("HTTP 403: no")],
)
async def test_what_was_not_done_is_sent_again_with_the_same_block(answer: PatchAnswer) -> None:
    api = Api(lambda: listed(node("a")), [answer] * 3)

    async with running(api) as world:
        await until(lambda: len(api.sent) == 4)

    assert world.has_blocks(*["10.200.0.0/24"] * 4)
    assert not world.loop.in_doubt()
    assert world.log.getvalue().count("not assigned") == 3


async def test_a_denied_patch_is_told_on_the_node() -> None:
    api = Api(lambda: listed(node("a")), [Denied("HTTP 403: policy")])

    async with running(api) as world:
        await until(lambda: len(api.sent) == 2)

    assert world.events == [
        (
            "a",
            "CIDRAssignmentFailed",
            "podCIDR 10.200.0.0/24 was denied by the API server: HTTP 403: policy",
        )
    ]


async def test_a_patch_that_is_refused_for_good_frees_its_block_for_others() -> None:
    api = Api(lambda: listed(node("a")), [Refused("HTTP 404")])

    async with running(api) as world:
        await until(lambda: world.events)
        api.news.put_nowait(Removed(node("a")))
        api.news.put_nowait(Changed(node("b")))
        await until(lambda: len(api.sent) == 2)

    assert [one.node for one in api.sent] == ["a", "b"]
    assert world.metric('podroute_ipam_patches_total{answer="refused"} 1.0')


async def test_a_former_block_of_a_node_is_never_sent_again() -> None:
    """It landed, was lost, is somebody else's now; its retry comes while the next is in doubt."""
    api = Api(lambda: listed(node("a")), [Throttled(0.3, "HTTP 429"), Throttled(0.4, "HTTP 429")])

    async with running(api) as world:
        await until(lambda: api.sent)
        api.news.put_nowait(Changed(node("a", "", "10.200.0.0/24")))
        api.news.put_nowait(listed(node("a"), node("thief", "", "10.200.0.0/24")))
        await until(lambda: len(api.sent) == 3)

    assert world.has_blocks("10.200.0.0/24", "10.200.1.0/24", "10.200.1.0/24")


async def test_nothing_is_sent_where_the_lease_ends_too_soon() -> None:
    api = Api(lambda: listed(node("a")))
    term = Term(Claim("fresh", 0), monotonic(), endless=True)
    term.end()

    async with running(api, term=term) as world:
        await until(world.loop.in_doubt)
        await asyncio.sleep(0.02)

    assert api.sent == []


async def test_stop_waits_for_the_answers_under_way_and_sends_nothing_new() -> None:
    api = Api(lambda: listed(*(node(f"n-{number}") for number in range(100))))
    api.hold = asyncio.Event()

    async with running(api) as world:
        await until(lambda: len(api.sent) == QUICK.at_once)
        world.loop.stop()
        assert world.loop.in_doubt()
        api.hold.set()

    assert len(api.sent) == QUICK.at_once
    assert not world.loop.in_doubt()


async def test_a_patch_without_an_answer_leaves_doubt() -> None:
    api = Api(lambda: listed(node("a")), [Unknown("cut")] * 1000)

    async with running(api) as world:
        await until(lambda: len(api.sent) > 2)

    assert world.loop.in_doubt()


async def test_another_plan_serves_who_waited_and_asks_for_the_labels_that_it_needs() -> None:
    api = Api(lambda: listed(SERVED, node("a")))
    full = default("10.200.0.0/24")
    more = Pool("more", (pool("10.201.0.0/16", 24),), parse_selector("!gpu"))

    async with running(api, full, "handed over") as world:
        await until(lambda: world.events)
        world.loop.change(AddressPlan((more,)))
        await until(lambda: "served would lose their blocks" in world.log.getvalue())
        world.loop.change(AddressPlan((*full.pools, more)))
        await until(lambda: api.sent)

    assert world.has_blocks("10.201.0.0/24")
    assert api.keys == [frozenset(), frozenset({"gpu"})]


async def test_a_plan_that_takes_blocks_from_nodes_is_refused_by_the_next_leader_too() -> None:
    """It was asked for before anything was known of the Nodes."""
    api = Api(lambda: listed(SERVED, node("a")))
    other = AddressPlan((Pool("other", (pool("10.201.0.0/16", 24),)),))

    async with running(api, origin="handed over", wanted=other) as world:
        await until(lambda: api.sent)

    assert "served would lose their blocks" in world.log.getvalue()
    assert world.has_blocks("10.200.1.0/24")


async def test_conflicts_are_told_on_both_nodes() -> None:
    thief = node("thief", "", "10.200.0.0/24")
    api = Api(lambda: listed(SERVED, thief))

    async with running(api, origin="handed over") as world:
        await until(lambda: len(world.events) == 2)

    assert {name for name, _, _ in world.events} == {"served", "thief"}
    assert world.metric('podroute_ipam_findings{fault="duplicate"} 1.0')


async def test_a_claim_over_many_blocks_is_told_on_its_own_node() -> None:
    victims = [node(f"n{number:02}", "", f"10.200.{number}.0/24") for number in range(17)]
    api = Api(lambda: listed(*victims, node("evil", "", "10.200.0.0/17")))

    async with running(api, origin="handed over") as world:
        await until(lambda: len(world.events) == 2)

    assert world.events == [
        ("evil", "PodCIDRConflict", "podCIDR 10.200.0.0/17 of evil: wrong size"),
        (
            "evil",
            "PodCIDRConflict",
            "podCIDR 10.200.0.0/17 of evil: overlap with 10.200.0.0/24 of n00 and 16 more",
        ),
    ]
    assert world.metric('podroute_ipam_findings{fault="overlap"} 1.0')


async def test_a_lost_watch_is_logged_and_not_heard_of() -> None:
    api = Api(lambda: Lost("connection refused"))

    async with running(api) as world:
        await until(lambda: "connection refused" in world.log.getvalue())
        assert world.loop.heard is None
