"""Behaviours 11, 36, 38 to 41, 58 and 59: what the loop does with answers, and what people see.

After kubernetes 1.36, pkg/controller/nodeipam/ipam/timeout_test.go and the cloud allocator's tests,
and Cilium's. Podroute's pauses double as theirs, from its own first one, are spread over half of
their length, and end at its own longest; there is no resync by timer: the watch says when.
"""

from dataclasses import replace
from time import monotonic

import pytest

from podroute.kube.node_events import Changed, Lost, Removed
from podroute.kube.patch_answers import Denied, PatchAnswer, Refused, Throttled, Unknown
from tests.builders import node
from tests.unit.played_api import QUICK, SERVED, Api, default, listed, running
from tests.unit.watchers import Dice
from tests.waiting import until

LATER = Throttled(3 * QUICK.last_retry, "HTTP 429")


@pytest.mark.parametrize("answer", [Unknown("cut"), Denied("HTTP 403"), Throttled(0, "HTTP 429")])
async def test_11_41_the_retry_clock(answer: PatchAnswer) -> None:
    """TestTimeout: it doubles up to a bound, and a success sets it back."""
    dice = Dice()
    api = Api(lambda: listed(node("a")), [*[answer] * 5])

    async with running(api, dice=dice) as world:
        await until(lambda: world.metric('podroute_ipam_patches_total{answer="applied"} 1.0'))
        api.answers += [answer]
        api.news.put_nowait(Changed(node("b")))
        await until(lambda: world.metric('podroute_ipam_patches_total{answer="applied"} 2.0'))

    first, last = QUICK.first_retry, QUICK.last_retry
    doubled = [2 * first, 4 * first, 8 * first, last, last, 2 * first]
    assert dice.pauses == [(longest / 2, longest) for longest in doubled]


async def test_36_what_is_due_is_done_without_any_event() -> None:
    """TestNodeSyncResync: a block has rested, and nothing happens but that time goes by."""
    api = Api(lambda: listed(SERVED, node("a")))
    plan = replace(default("10.200.0.0/24"), quarantine=5 * QUICK.look_again)

    async with running(api, plan, "handed over") as world:
        await until(lambda: world.metric("podroute_ipam_waiting_nodes 1.0"))
        ended = monotonic()
        api.news.put_nowait(Removed(SERVED))
        await until(lambda: world.has_blocks("10.200.0.0/24"))

    assert monotonic() - ended >= plan.quarantine


async def test_38_a_node_that_is_gone_is_not_tried_again() -> None:
    """TestNodeDeleted of the cloud allocator: no error, no retry."""
    api = Api(lambda: listed(node("a")), [Refused("HTTP 404"), LATER])

    async with running(api) as world:
        await until(lambda: api.sent)
        api.news.put_nowait(Removed(node("a")))
        api.news.put_nowait(Changed(node("b")))
        await until(lambda: world.metric('podroute_ipam_patches_total{answer="applied"} 1.0'))

    assert [grant.node for grant in api.sent] == ["a", "b", "b"]


async def test_39_40_a_node_that_is_right_is_not_written() -> None:
    """Whatever its conditions say: those are not node IPAM's."""
    api = Api(lambda: listed(SERVED))

    async with running(api, origin="handed over") as world:
        api.news.put_nowait(Changed(SERVED))
        api.news.put_nowait(Changed(node("b")))
        await until(lambda: world.metric('podroute_ipam_patches_total{answer="applied"} 1.0'))

    assert [grant.node for grant in api.sent] == ["b"]


async def test_58_an_end_that_was_missed_is_made_up_for_and_holds_up_nobody() -> None:
    """Calico's failed deletion; here an end can only be missed, and the next list tells it."""
    missed, told = node("missed", "", "10.200.0.0/24"), node("told", "", "10.200.1.0/24")
    api = Api(lambda: listed(missed, told, node("a")))

    async with running(api, default("10.200.0.0/23"), "handed over") as world:
        await until(lambda: world.metric("podroute_ipam_waiting_nodes 1.0"))
        api.news.put_nowait(Lost("cut"))
        api.news.put_nowait(Removed(told))
        await until(lambda: world.has_blocks("10.200.1.0/24"))
        api.news.put_nowait(Changed(node("b")))
        await until(lambda: world.metric("podroute_ipam_waiting_nodes 1.0"))
        api.news.put_nowait(listed(replace(node("a"), pod_cidrs=told.pod_cidrs), node("b")))
        await until(lambda: world.has_blocks("10.200.1.0/24", "10.200.0.0/24"))


async def test_59_a_failure_to_allocate_is_where_a_person_sees_it() -> None:
    api = Api(lambda: listed(SERVED, node("a")))

    async with running(api, default("10.200.0.0/24"), "handed over") as world:
        await until(lambda: world.events)
        assert world.metric("podroute_ipam_waiting_nodes 1.0")

    ((name, reason, message),) = world.events
    assert (name, reason) == ("a", "CIDRNotAvailable")
    assert "room for 0 Nodes: add a pool" in message
    assert message in world.log.getvalue()
