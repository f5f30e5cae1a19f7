from random import Random

import pytest

from podroute.claims.rules import ClaimRules
from podroute.model.node import Roster
from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.routing.outcome import Done
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked
from podroute.testing.netns import Namespace
from tests.builders import SEED_RULES, node, roster

pytestmark = pytest.mark.netns

PASSES = 1_000
FOREIGN = [
    "10.200.1.0/24 via 10.240.0.98 proto static",  # a wish's own destination
    "10.200.2.0/24 via 10.240.0.98 proto 42 metric 7",  # beside ours
    "10.200.3.0/24 proto bgp nexthop via 10.240.0.98 nexthop via 10.240.0.99",
    "blackhole 10.200.4.0/24 proto zebra",
    "10.200.5.0/25 via 10.240.0.98 proto boot",  # narrower
    "10.200.0.0/16 via 10.240.0.98 proto ospf",  # wider
    "10.200.6.0/24 tos 0x10 via 10.240.0.98 proto static",
    "172.16.0.0/12 via 10.240.0.98 proto dhcp",  # elsewhere
    "default via 10.240.0.254 proto static",
    "fd00:10:200:1::/64 via fd00:10:240::98 proto static",
    "fd00:10:200:2::/64 via fd00:10:240::98 proto 42 metric 7",
    "fd00:10:200:3::/64 proto bgp nexthop via fd00:10:240::98 nexthop via fd00:10:240::99",
    "unreachable fd00:10:200:4::/64 proto zebra",
    "fd00:10:200:5::/65 via fd00:10:240::98 proto boot",
    "fd00:10:200::/48 via fd00:10:240::98 proto ospf",
]


def some_nodes(dice: Random) -> Roster:
    """Up to eight Nodes with any of ten podCIDRs, dual stack, on any of ten addresses."""
    blocks = dice.sample(range(10), dice.randrange(9))
    hosts = dice.sample(range(20, 30), len(blocks))
    return roster(
        *(
            node(
                f"worker-{host}",
                f"10.240.0.{host} fd00:10:240::{host}",
                f"10.200.{block}.0/24",
                f"fd00:10:200:{block}::/64",
            )
            for block, host in zip(blocks, hosts, strict=True)
        )
    )


def foreign_in(routes: tuple[InstalledRoute, ...]) -> list[InstalledRoute]:
    return [one for one in routes if one.ownership == "foreign"]


async def one_pass(kernel: RouteProvider, nodes: Roster, rules: ClaimRules) -> None:
    """Read, desire, plan, apply; a person says yes to everything."""
    table = await kernel.read()
    asked = propose(nodes, table, rules)
    allowed = propose(nodes, table, rules, confirmed=asked.verdict.confirmation).verdict.allowed

    outcomes = await kernel.apply(allowed)

    assert [outcome for outcome in outcomes if not isinstance(outcome, Done)] == []


async def test_foreign_routes_are_untouched_after_a_thousand_passes(
    netns: Namespace, kernel: RouteProvider
) -> None:
    netns.ip("-batch", "-", lines=[f"route add {line}" for line in FOREIGN])
    dice = Random(20_260_101)
    before = foreign_in((await kernel.read()).routes)
    shown = [one for one in netns.routes() if str(one["protocol"]) != "200"]

    for _ in range(PASSES):
        await one_pass(kernel, some_nodes(dice), SEED_RULES)
        assert foreign_in((await kernel.read()).routes) == before

    assert len(before) == len(FOREIGN) + 2  # the connected networks
    assert [one for one in netns.routes() if str(one["protocol"]) != "200"] == shown


@pytest.mark.parametrize("verb", ["append", "prepend"])
async def test_a_foreign_route_of_the_same_metric_blocks_and_stays(
    netns: Namespace, kernel: RouteProvider, verb: str
) -> None:
    there = roster(node("worker-1", "10.240.0.31", "10.200.1.0/24"))
    await one_pass(kernel, there, SEED_RULES)
    netns.ip("route", verb, "10.200.1.0/24", "via", "10.240.0.98", "proto", "static")
    moved = roster(node("worker-1", "10.240.0.32", "10.200.1.0/24"))

    for nodes in (there, moved):
        (step,) = propose(nodes, await kernel.read(), SEED_RULES).steps
        assert isinstance(step, Blocked)
        assert "10.240.0.98" in step.holder

    await one_pass(kernel, roster(node("other")), SEED_RULES)
    left = netns.ip("route", "show", "10.200.1.0/24").split()
    assert left == ["10.200.1.0/24", "via", "10.240.0.98", "dev", "node0", "proto", "static"]
