from random import Random

import pytest

from podroute.providers.linux.provider import KIND
from podroute.routing.outcome import Done
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from podroute.testing.netns import Namespace, node_network
from tests.builders import route

pytestmark = pytest.mark.netns

PRESENT = [
    "10.200.0.0/24 proto 200 via 10.240.0.20",
    "10.200.1.0/24 proto 200 via 10.240.0.21",
    "10.200.2.0/24 proto 200 via 10.240.0.22 metric 50",
    "10.200.3.0/24 proto 200 nexthop via 10.240.0.20 nexthop via 10.240.0.21",
    "blackhole 10.200.4.0/24 proto 200",
    "10.200.5.0/24 proto 200 dev node0",
    "10.200.6.0/24 proto 200 tos 0x10 via 10.240.0.26",
    "10.200.7.0/24 proto 200 nhid 5",
    "10.200.10.0/24 proto 200 via 10.240.0.21 mtu 1400",
    "10.200.11.0/24 proto 200 via 10.240.0.21",
    "fd00:10:200::/64 proto 200 via fd00:10:240::20",
    "fd00:10:200:1::/64 proto 200 via fd00:10:240::21",
    "fd00:10:200:2::/64 proto 200 via fd00:10:240::22 metric 50",
    "fd00:10:200:3::/64 proto 200 via fd00:10:240::20",
    "blackhole fd00:10:200:4::/64 proto 200",
    "fd00:10:200:5::/64 proto 200 dev node0",
    "fd00:10:200:6::/64 from fd00:10:200:9::/64 proto 200 via fd00:10:240::20",
    "fd00:10:200:7::/64 proto 200 nhid 6",
]
THEIRS = [
    "10.200.8.0/24 via 10.240.0.28 proto static",
    "fd00:10:200:8::/64 via fd00:10:240::28 proto static",
    "10.200.9.0/24 via 10.240.0.29 proto static",
    "10.200.11.0/24 via 10.240.0.29 proto static metric 1",
    "10.200.11.0/24 via 10.240.0.29 proto static metric 61",
]
SIBLING = "fd00:10:200:3::/64 via fd00:10:240::29 proto static"
NEXT_HOPS = [
    "nexthop add id 5 via 10.240.0.25 dev node0",
    "nexthop add id 6 via fd00:10:240::25 dev node0",
]


async def apply_and_print(node: Namespace, options: dict[str, str], dice: Random) -> list[str]:
    """Changes of each sort, carried out in ``node``; the lines for them."""
    with node.entered():
        async with KIND.connect(options) as provider:
            routes = (await provider.read()).routes
            changes: list[Change] = [
                Create(route("10.200.20.0/24", "10.240.0.20")),
                Create(route("fd00:10:200:20::/64", "fd00:10:240::20")),
            ]
            for one in routes:
                shared = str(one.destination) in SIBLING
                host = dice.randrange(20, 99)
                hop = f"10.240.0.{host}" if one.destination.version == 4 else f"fd00:10:240::{host}"
                if one.ownership == "ours":
                    wished = route(str(one.destination), hop)
                    removed = shared or dice.random() < 0.5
                    changes.append(Delete(one) if removed else Replace(one, wished))
                elif one.next_hop is not None and "0.29" not in one.handle:
                    changes.append(Adopt(one, route(str(one.destination), str(one.next_hop))))
            lines = list(provider.commands(changes))
            outcomes = await provider.apply(changes)
            assert list(outcomes) == [Done(change) for change in changes]
            return lines


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    "options", [{}, {"table": "1000"}, {"metric": "60"}], ids=["main", "table", "metric"]
)
async def test_the_printed_lines_lead_to_the_same_table(options: dict[str, str], seed: int) -> None:
    table = options.get("table", "main")
    present = [*NEXT_HOPS, *(f"route add {line} table {table}" for line in THEIRS)]
    present += [f"route add {line.replace(' proto', f' table {table} proto')}" for line in PRESENT]
    present.append(f"route append {SIBLING} table {table}")
    with node_network() as applied, node_network() as typed:
        for node in (applied, typed):
            node.ip("-batch", "-", lines=present)

        dice = Random(seed)
        lines = await apply_and_print(applied, options, dice)
        typed.run("sh", "-euc", "\n".join(lines))

        assert typed.routes() == applied.routes()
        assert any("240::29" in str(one) for one in typed.routes())
