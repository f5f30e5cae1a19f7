"""Behaviours 11, 38 to 41 and 59: what the loop does with answers, and what people see.

After kubernetes 1.36, pkg/controller/nodeipam/ipam/timeout_test.go and the cloud allocator's tests,
and Cilium's. Podroute's pauses double as theirs, from its own first one, are spread over half of
their length, and end at its own longest; there is no resync by timer: the watch says when.
"""

import pytest

from podroute.kube.node_events import Changed, Removed
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


async def test_59_a_failure_to_allocate_is_where_a_person_sees_it() -> None:
    api = Api(lambda: listed(SERVED, node("a")))

    async with running(api, default("10.200.0.0/24"), "handed over") as world:
        await until(lambda: world.events)
        assert world.metric("podroute_ipam_waiting_nodes 1.0")

    ((name, reason, message),) = world.events
    assert (name, reason) == ("a", "CIDRNotAvailable")
    assert "room for 0 Nodes: add a pool" in message
    assert message in world.log.getvalue()
