"""The route loop before a Google Cloud that fails now and then: each history ends as it should."""

import asyncio
from random import Random

import pytest

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import Trouble
from podroute.testing.gcp.refusal import too_many
from podroute.testing.gcp.resources import InstanceSpec
from tests.gcp.clouds import before
from tests.gcp.test_throttled_minute import Destinations
from tests.looped import available, kept
from tests.seeded import ALL, SECONDS, SEEDS, addresses, history
from tests.waiting import until

THEIRS: tuple[dict[str, object], ...] = (
    {"destRange": "10.200.200.0/24", "nextHopIp": "10.240.0.30"},
    {"destRange": "10.200.201.0/24", "nextHopPeering": "to-another-network"},
    {
        "destRange": "10.200.202.0/24",
        "nextHopIp": "10.240.0.31",
        "description": "podroute cluster=kubernetes-2",
    },
)


class BadDays:
    """Looks at the routes before each call, and has some calls fail until they are over."""

    def __init__(self, cloud: Cloud, dice: Random) -> None:
        self.seen = Destinations(cloud)
        self.met = 0
        self._cloud, self._dice = cloud, dice
        self._share = dice.uniform(0.1, 0.4)
        self.are_over = False
        cloud.faults.lag, cloud.faults.unsteady = dice.choice(
            [(0, False), (0.1, False), (0.1, True)]
        )
        cloud.faults.operation_time = dice.choice([0.0, 0.02, 0.1])

    def __call__(self, number: int, method: str) -> Trouble | None:
        self.seen(number, method)
        if self.are_over or self._dice.random() > self._share:
            return None
        self.met += 1
        return self._dice.choice(["cut before", "cut after", too_many(), too_many(503)])

    def end(self) -> None:
        self.are_over = True


def inhabited() -> Cloud:
    cloud = Cloud()
    for number in range(ALL):
        for address in addresses(number):
            cloud.start_instance(InstanceSpec(f"vm-{address.replace('.', '-')}", address))
    for number, fields in enumerate(THEIRS):
        cloud.plant(name=f"theirs-{number}", **fields)
    return cloud


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_route_is_true_in_the_end_none_was_lost_and_others_are_untouched(
    seed: int,
) -> None:
    dice, cloud = Random(seed), inhabited()
    told, theirs = history(dice), cloud.routes()
    cloud.faults.at_call = days = BadDays(cloud, dice)
    async with (
        before(cloud, rate="1000") as (provider, _),
        kept(provider, told.story.first) as world,
    ):
        told.story.happen(world.api, SECONDS)
        asyncio.get_running_loop().call_later(SECONDS, days.end)
        await until(
            lambda: (
                days.are_over
                and not world.loop.fault
                and hops(cloud) == told.wished
                and available(world, told.story.last)
            ),
            within=80,
        )

    assert theirs.items() <= cloud.routes().items()
    assert days.seen.lost <= told.gone
    assert days.met > 0
    assert world.loop.fault == ""


def hops(cloud: Cloud) -> dict[str, str]:
    """Of the routes with podroute's mark, if there is one for each destination."""
    ours = [
        one
        for one in cloud.routes().values()
        if one.get("description") == "podroute cluster=kubernetes"
    ]
    found = {str(one["destRange"]): str(one["nextHopIp"]) for one in ours}
    return found if len(found) == len(ours) else {}
