"""The API refuses half of all calls for a whole minute, while Nodes come, go and move (F16)."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from podroute.controllers.routes import Rhythm
from podroute.model.node import Node
from podroute.routing.patience import Patience
from podroute.testing.gcp.cloud import Cloud
from tests.eventful import MINUTE, coming_and_going
from tests.gcp.clouds import before
from tests.gcp.looped import inhabit, single
from tests.looped import available
from tests.unit.played_router import Api, listed, running
from tests.waiting import until


class Destinations:
    """Those that once had a route; looked at before each call."""

    def __init__(self, cloud: Cloud) -> None:
        self.lost: set[str] = set()
        self._once: set[str] = set()
        self._cloud = cloud

    def __call__(self, _number: int, _method: str) -> None:
        there = {str(one["destRange"]) for one in self._cloud.routes().values()}
        self.lost |= self._once - there
        self._once |= there


async def test_every_node_has_its_routes_soon_after_and_none_was_lost() -> None:
    """At the pace of a controller in service."""
    cloud = Cloud()
    cloud.faults.operation_time = 0.3
    moved = replace(single(0), internal_ips=single(69).internal_ips)
    story = coming_and_going(tuple(map(single, range(22))), moved)
    inhabit(cloud, (*map(single, range(22)), moved))
    cloud.faults.at_call = seen = Destinations(cloud)
    async with before(cloud) as (provider, served):
        api, usual = Api(listed(*story.first)), Rhythm(longest_send=1.0)
        async with running(api, provider, rhythm=usual, within=250, patience=Patience()) as world:
            cloud.faults.throttled = 0.5
            story.happen(api)
            asyncio.get_running_loop().call_later(MINUTE, setattr, cloud.faults, "throttled", 0.0)
            await until(lambda: not cloud.faults.throttled, within=2 * MINUTE)
            asked = Counter(one.status for one in served.api.seen)
            await until(
                lambda: (
                    not world.loop.fault
                    and available(world, story.last)
                    and world.states() == in_sync(story.last)
                ),
                within=2 * MINUTE,
            )

    assert {one["destRange"]: one["nextHopIp"] for one in cloud.routes().values()} == {
        str(one.pod_cidrs[0]): str(one.internal_ips[0]) for one in story.last
    }
    assert len(cloud.routes()) == 20
    assert seen.lost <= {"10.200.1.0/24", "10.200.2.0/24"}
    assert asked[403] >= 20
    assert asked.total() <= 400  # up to 3 times each: 30 changes, and a look each second
    assert world.loop.fault == ""


def in_sync(roster: Iterable[Node]) -> list[str]:
    """The whole table."""
    return [f"{cidr} InSync" for cidr in sorted(one.pod_cidrs[0] for one in roster)]
