"""How many calls are needed, and what must the caller be allowed?"""

import re
from collections import Counter
from pathlib import Path

import pytest

from podroute.providers.interface import ProviderUnreachable
from podroute.routing.steps import Create
from podroute.testing.builders import route
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import PERMISSIONS
from podroute.testing.gcp.resources import InstanceSpec
from tests.gcp.clouds import before, methods
from tests.gcp.passes import one_pass, worker

DOCS = Path(__file__).parents[2] / "docs/providers/gcp.md"
MANY = [
    Create(route(f"10.{200 + number // 256}.{number % 256}.0/24", "10.240.0.30"))
    for number in range(520)
]


async def test_new_routes_cost_one_call_each_and_a_few_lists() -> None:
    cloud = Cloud(limit=1000)
    cloud.faults.operation_time = 0.05
    async with before(cloud, rate="100000") as (provider, served):
        await provider.read()
        outcomes = await provider.apply(MANY)
        await provider.read()
        counted = Counter(methods(served))

    assert len(cloud.routes()) == len(outcomes) == len(MANY)
    assert counted["routes.insert"] == len(MANY)
    assert counted["routes.list"] == 1 + 2  # pages of 500
    assert counted["projects.get"] == 2
    assert counted["globalOperations.wait"] + counted["globalOperations.list"] <= 10
    assert set(counted) == {
        "routes.insert",
        "routes.list",
        "projects.get",
        "globalOperations.wait",
        "globalOperations.list",
    }


async def test_an_idle_period_costs_one_call() -> None:
    async with before(Cloud()) as (provider, served):
        await one_pass(provider, worker(0))
        del served.api.seen[:]
        for _ in range(3):
            assert not (await one_pass(provider, worker(0))).changes
    assert methods(served) == ["routes.list"] * 3


def documented(heading: str) -> set[str]:
    """The permissions that the page lists under a heading."""
    part = DOCS.read_text().partition(heading)[2].partition("\n#")[0]
    return set(re.findall(r"^- (compute\.\w+\.\w+)$", part, re.MULTILINE))


async def work(cloud: Cloud, **options: str) -> list[str]:
    """Routes come, move and go, some many at once; the calls that it took."""
    cloud.faults.operation_time = 0.02
    nodes = tuple(map(worker, range(3)))
    async with before(cloud, **options) as (provider, served):
        for roster in (nodes, (worker(0, "10.240.0.40 fd00:10:240::40"), *nodes[1:]), nodes[1:]):
            done = await one_pass(provider, *roster)
            if done.failures:
                raise ProviderUnreachable(done.failures[0].reason)
        cloud.plant(
            name="kubernetes-route-10-200-7-0-24", destRange="10.9.0.0/24", nextHopIp="10.240.0.9"
        )
        await one_pass(provider, *nodes[1:], worker(7))
    return methods(served)


def inhabited() -> Cloud:
    cloud = Cloud()
    for number in (0, 1, 2, 7, 10):
        name = f"worker-{number % 10}"
        last = 30 + number
        cloud.start_instance(
            InstanceSpec(
                name, f"10.240.0.{last}", f"z{number}", ipv6_address=f"fd00:10:240::{last}"
            )
        )
    return cloud


@pytest.mark.parametrize(
    ("headings", "form"),
    [(("## The role",), "address"), (("## The role", "### By instance"), "instance")],
)
async def test_the_documented_role_is_enough_and_nothing_in_it_is_too_much(
    headings: tuple[str, ...], form: str
) -> None:
    granted = set[str]().union(*map(documented, headings))
    cloud = inhabited()
    cloud.faults.granted = granted
    nat = cloud.url("zones/us-central1-a/instances/nat")  # a gateway, which is nobody's of ours
    cloud.plant(name="nat", destRange="0.0.0.0/0", priority=800, nextHopInstance=nat)
    calls = await work(cloud, next_hop=form)

    asked = {permission for call in calls for permission in PERMISSIONS[call]}
    assert asked - granted == {"compute.instances.list"} - granted
    assert granted <= asked


@pytest.mark.parametrize("missing", sorted(documented("## The role")))
async def test_a_missing_permission_is_named(missing: str) -> None:
    cloud = inhabited()
    cloud.faults.granted = documented("## The role") - {missing}
    cloud.faults.operation_time = 0.02
    async with before(cloud) as (provider, _):
        try:
            first = await one_pass(provider, *map(worker, range(3)))
            second = await one_pass(provider)
            cloud.plant(
                name="kubernetes-route-10-200-7-0-24",
                destRange="10.9.0.0/24",
                nextHopIp="10.240.0.9",
            )
            third = await one_pass(provider, worker(7))
            said = [one.reason for run in (first, second, third) for one in run.failures]
        except ProviderUnreachable as error:
            said = [str(error)]
    assert missing in " ".join(said)
