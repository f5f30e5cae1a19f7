"""EC2 refuses half of all calls for a whole minute, while Nodes come, go and move (F16)."""

from collections import Counter
from random import Random
from time import monotonic

from podroute.controllers.routes import Rhythm
from podroute.providers.aws.settings import AwsOptions
from podroute.routing.patience import Patience
from podroute.testing.aws.faults import THROTTLED, Asked, Fault
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from tests.aws.looped import shown, workers
from tests.aws.opened import node, nodes, provider_at
from tests.eventful import MINUTE, coming_and_going
from tests.looped import available
from tests.unit.played_router import Api, listed, running
from tests.waiting import until


class Half:
    """Refuses half of the requests until a moment."""

    def __init__(self, until: float) -> None:
        self.refused: Counter[str] = Counter()
        self._until = until
        self._dice = Random(7)

    def is_over(self) -> bool:
        return monotonic() > self._until

    def __call__(self, asked: Asked) -> Fault | None:
        if self.is_over() or self._dice.random() < 0.5:
            return None
        self.refused[asked.action] += 1
        return THROTTLED


async def test_every_node_has_its_routes_soon_after_and_none_was_lost(
    server: Ec2Server, vpc: Vpc
) -> None:
    """At the pace of a controller in service."""
    table = vpc.table()
    instances = [one.instance for one in workers(vpc, 22)]
    instances[0] = vpc.worker("worker0", "10.240.0.99").instance
    story = coming_and_going(nodes(22).nodes, node(0, address=99))
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    server.layer.asked.clear()
    half = server.layer.faults = Half(until=monotonic() + MINUTE)
    api, usual = Api(listed(*story.first)), Rhythm(longest_send=1.0)
    async with running(api, provider, rhythm=usual, within=250, patience=Patience()) as world:
        story.happen(api)
        await until(half.is_over, within=2 * MINUTE)
        asked = len(server.layer.asked)
        await until(
            lambda: (
                not world.loop.fault and available(world, story.last) and len(shown(world)) == 20
            ),
            within=2 * MINUTE,
        )

    left = [at for at in range(22) if at not in (1, 2)]
    expected = [(f"10.200.{at}.0/24", instances[at], "active") for at in left]
    assert vpc.routes(table) == sorted(expected)
    assert changed(server) <= {
        ("DeleteRoute", "10.200.1.0/24"),
        ("DeleteRoute", "10.200.2.0/24"),
        ("ReplaceRoute", "10.200.0.0/24"),
    }
    assert half.refused.total() >= 20
    assert half.refused.keys() >= {"CreateRoute", "DescribeRouteTables"}
    assert asked <= 200  # 22 changes, each 3 seconds a look, and as many in vain
    assert world.loop.fault == ""


def changed(server: Ec2Server) -> set[tuple[str, str]]:
    """Which routes were to be replaced or removed."""
    return {
        (one.action, one.parameters["DestinationCidrBlock"])
        for one in server.layer.asked
        if one.action in ("DeleteRoute", "ReplaceRoute")
    }
