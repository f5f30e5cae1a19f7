"""Next hops by instance: the inventory says whose an address is (B8, behaviours 85 to 88)."""

import asyncio
from dataclasses import replace
from time import monotonic

import pytest

from podroute.model.cidr import parse_address
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import PERMISSIONS
from podroute.testing.gcp.refusal import Refusal
from podroute.testing.gcp.resources import InstanceSpec
from tests.builders import node, route
from tests.gcp.clouds import MARK, before, methods
from tests.gcp.passes import one_pass, settled, worker

ALL = {permission for permissions in PERMISSIONS.values() for permission in permissions}
BROKEN = Refusal(500, "backendError", "Internal error.")
WORKERS = tuple(
    InstanceSpec(
        f"worker-{number}", f"10.240.0.{30 + number}", ipv6_address=f"fd00:10:240::{30 + number}"
    )
    for number in range(3)
)


def inhabited(*machines: InstanceSpec) -> Cloud:
    cloud = Cloud()
    for machine in machines or WORKERS:
        cloud.start_instance(machine)
    return cloud


@pytest.mark.parametrize("external", [False, True])  # IPv6, an InternalIP all the same
async def test_routes_lead_to_the_instances_that_have_the_addresses(external: bool) -> None:  # noqa: FBT001 -- a table
    cloud = inhabited(*(replace(machine, external=external) for machine in WORKERS))
    async with before(cloud, next_hop="instance") as (provider, _):
        assert await settled(provider, worker(0), worker(1)) == 1

    assert {one["nextHopInstance"] for one in cloud.routes().values()} == {
        cloud.url(f"zones/us-central1-a/instances/worker-{number}") for number in range(2)
    }


async def test_a_node_with_a_full_name_is_its_instance() -> None:
    full = node("worker-0.c.podroute-test.internal", "10.240.0.30", "10.200.0.0/24")
    async with before(inhabited(), next_hop="instance") as (provider, _):
        assert (await one_pass(provider, full)).clean


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.240.0.31", "10.240.0.31 is that of instance worker-1, not of worker-0"),
        ("10.240.0.99", "no instance in network kubernetes has 10.240.0.99"),
        ("10.240.0.60", "no instance in network kubernetes has 10.240.0.60"),  # in another network
    ],
)
async def test_a_node_gets_no_route_to_an_address_that_is_not_its_own(
    address: str, reason: str
) -> None:
    elsewhere = InstanceSpec("worker-0", "10.240.0.60", zone="z", network="default")
    thief = node("worker-0", address, "10.200.0.0/24")
    cloud = inhabited(*WORKERS, elsewhere)
    async with before(cloud, next_hop="instance") as (provider, _):
        done = await one_pass(provider, thief)

    (failure,) = done.failures
    assert isinstance(failure, Failed)
    assert reason in failure.reason
    assert cloud.routes() == {}


async def test_a_new_machine_of_an_old_name_gets_the_route() -> None:
    cloud = inhabited()
    async with before(cloud, next_hop="instance") as (provider, _):
        await settled(provider, worker(0))
        cloud.end_instance("worker-0")
        (hole, _) = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert (hole.kind, hole.next_hop) == ("blackhole", None)
        cloud.start_instance(InstanceSpec("worker-0", "10.240.0.77", zone="us-central1-f"))
        moved = node("worker-0", "10.240.0.77", "10.200.0.0/24")
        await settled(provider, moved)
        (route,) = [one for one in (await provider.read()).routes if one.ownership == "ours"]

    assert route.next_hop == parse_address("10.240.0.77")
    (written,) = cloud.routes().values()
    assert str(written["nextHopInstance"]).endswith("zones/us-central1-f/instances/worker-0")


async def test_a_foreign_route_by_instance_satisfies_the_wish() -> None:
    """As cloud-provider-gcp writes it."""
    cloud = inhabited()
    cloud.plant(
        name="kubernetes-0c1f3a52-uid",
        destRange="10.200.0.0/24",
        nextHopInstance=cloud.url("zones/us-central1-a/instances/worker-0"),
        description="k8s-node-route",
    )
    async with before(cloud) as (provider, _):
        done = await one_pass(provider, node("worker-0", "10.240.0.30", "10.200.0.0/24"))
    assert not done.changes


def with_a_gateway(cloud: Cloud, **fields: object) -> Cloud:
    """Somebody sends what leaves the network through an instance."""
    gateway = cloud.url("zones/us-central1-a/instances/worker-2")
    cloud.plant(name="nat", destRange="10.200.9.0/24", nextHopInstance=gateway, **fields)
    return cloud


async def test_a_foreign_route_by_instance_stops_no_pass_where_instances_may_not_be_asked() -> None:
    cloud = with_a_gateway(inhabited())
    cloud.faults.granted = ALL - {"compute.instances.list"}
    async with before(cloud) as (provider, _):
        await settled(provider, worker(0))
        (foreign,) = [one for one in (await provider.read()).routes if "nat" in one.handle]

    assert len(cloud.routes()) == 3
    assert (foreign.kind, foreign.ownership) == ("blackhole", "foreign")


async def test_while_a_zone_does_not_answer_the_instances_are_those_of_before() -> None:
    cloud = with_a_gateway(inhabited())

    def trouble(_number: int, method: str) -> Refusal | None:
        return BROKEN if method == "instances.aggregatedList" else None

    async with before(cloud) as (provider, _):
        first = await provider.read()
        cloud.faults.at_call = trouble
        second = await provider.read()

    assert first.routes == second.routes
    assert any(one.kind == "unicast" for one in first.routes if "nat" in one.handle)


@pytest.mark.parametrize(("form", "fields"), [("instance", {}), ("address", {"description": MARK})])
async def test_where_instances_matter_to_ours_they_must_be_known(
    form: str, fields: dict[str, object]
) -> None:
    cloud = with_a_gateway(inhabited(), **fields)
    cloud.faults.granted = ALL - {"compute.instances.list"}
    async with before(cloud, next_hop=form) as (provider, _):
        with pytest.raises(ProviderUnreachable, match=r"it needs compute\.instances\.list"):
            await provider.read()


async def test_routes_are_written_anew_when_another_form_is_chosen() -> None:
    cloud = inhabited()
    for form, field in (("instance", "nextHopInstance"), ("address", "nextHopIp")):
        async with before(cloud, next_hop=form) as (provider, _):
            await settled(provider, worker(0), worker(1))
        assert {field in one for one in cloud.routes().values()} == {True}


async def test_instances_are_asked_for_only_where_one_is_named() -> None:
    async with before(inhabited()) as (provider, served):
        await settled(provider, worker(0))
    assert "instances.aggregatedList" not in methods(served)


async def test_a_node_whose_address_nobody_has_makes_nobody_list_again_and_again() -> None:
    began = monotonic()
    async with before(inhabited(), next_hop="instance") as (provider, served):
        await provider.read()
        asked = len(served.api.seen)
        for last in range(100, 120):
            (outcome,) = await provider.apply([Create(route("10.200.0.0/24", f"10.240.0.{last}"))])
            assert isinstance(outcome, Failed)
            assert outcome.retry == "worth it"

    looks = (monotonic() - began) // 2
    assert len(methods(served)[asked:]) <= 3 * looks  # of three calls each


@pytest.mark.parametrize("address", ["10.240.0.77", "10.240.0.31"])
async def test_an_instance_that_was_started_since_the_list_gets_its_route_soon(
    address: str,
) -> None:
    cloud = inhabited()
    change = Create(route("10.200.9.0/24", address, "worker-9"))
    async with before(cloud, next_hop="instance") as (provider, _):
        await provider.read()
        cloud.end_instance("worker-1")
        cloud.start_instance(InstanceSpec("worker-9", address))
        async with asyncio.timeout(10):
            while (await provider.apply([change])) != [Done(change)]:  # noqa: ASYNC110 -- it is asked
                await asyncio.sleep(0.1)

    assert len(cloud.routes()) == 1


async def test_a_machine_of_the_same_name_in_another_zone_gets_its_route_soon() -> None:
    cloud = inhabited()
    change = Create(route("10.200.9.0/24", "10.240.0.30", "worker-0"))
    async with before(cloud, next_hop="instance") as (provider, _):
        await provider.read()
        cloud.end_instance("worker-0")
        cloud.start_instance(InstanceSpec("worker-0", "10.240.0.30", zone="us-central1-b"))
        (first,) = await provider.apply([change])
        async with asyncio.timeout(15):
            while (await provider.apply([change])) != [Done(change)]:  # noqa: ASYNC110 -- it is asked
                await asyncio.sleep(0.5)

    assert isinstance(first, Failed)
    assert first.retry == "worth it"
    (written,) = cloud.routes().values()
    assert str(written["nextHopInstance"]).endswith("us-central1-b/instances/worker-0")
