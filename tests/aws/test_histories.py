"""The route loop before an EC2 that fails now and then: each history ends as it should."""

import asyncio
from collections.abc import Mapping
from random import Random

import pytest

from podroute.testing.aws.faults import CUT, CUT_AFTER, THROTTLED, UNAVAILABLE, Asked, Fault
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from tests.aws.looped import keeping, shown
from tests.aws.test_route_loop import plant_foreign
from tests.aws.test_throttled_minute import changed
from tests.looped import available
from tests.seeded import ALL, SECONDS, SEEDS, addresses, history
from tests.unit.played_router import World
from tests.waiting import until


class BadDays:
    """Some calls fail, until they are over."""

    def __init__(self, dice: Random) -> None:
        self.met = 0
        self.are_over = False
        self._dice = dice
        self._share = dice.uniform(0.1, 0.4)

    def __call__(self, _asked: Asked) -> Fault | None:
        if self.are_over or self._dice.random() > self._share:
            return None
        self.met += 1
        return self._dice.choice([CUT, CUT_AFTER, THROTTLED, UNAVAILABLE])

    def end(self) -> None:
        self.are_over = True


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_route_is_true_in_the_end_none_was_lost_and_others_are_untouched(
    server: Ec2Server, vpc: Vpc, seed: int
) -> None:
    dice, tables = Random(seed), [vpc.table() for _ in range(1 + seed % 2)]
    told = history(dice)
    machines = {
        address: vpc.worker(f"vm-{address}", address).instance
        for number in range(ALL)
        for address in addresses(number)
    }
    for table in tables:
        plant_foreign(server, vpc, table)
    theirs = [set(vpc.routes(table)) for table in tables]
    wished = {(block, machines[hop], "active") for block, hop in told.wished.items()}
    server.layer.asked.clear()
    server.layer.faults = days = BadDays(dice)
    async with keeping(server, told.story.first) as world:
        told.story.happen(world.api, SECONDS)
        asyncio.get_running_loop().call_later(SECONDS, days.end)
        await until(
            lambda: (
                days.are_over
                and not world.loop.fault
                and in_sync(world) == told.wished
                and not shown(world, "Stale")
                and available(world, told.story.last)
            ),
            within=80,
        )

    assert [set(vpc.routes(table)) for table in tables] == [one | wished for one in theirs]
    assert {block for action, block in changed(server) if action == "DeleteRoute"} <= told.gone
    assert {block for action, block in changed(server) if action == "ReplaceRoute"} <= told.moved
    assert days.met > 0
    assert world.loop.fault == ""


def in_sync(world: World) -> Mapping[str, str]:
    """The next hop by podCIDR."""
    return {
        one.pod_cidr or "": one.next_hop or ""
        for one in world.board.rows()
        if one.state == "InSync"
    }
