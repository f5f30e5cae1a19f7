"""The route loop over the provider and the simulated API, when times are bad."""

from collections import Counter
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import monotonic

from podroute.kube.node_events import Changed, Removed
from podroute.model.node import NodeUid
from podroute.routing.steps import Blocked
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.refusal import Refusal, not_authenticated
from podroute.testing.gcp.resources import InstanceSpec
from podroute.testing.gcp.running import running
from tests.builders import node
from tests.gcp.clouds import FOREIGN, methods, opened
from tests.gcp.looped import inhabit, keeping, single
from tests.gcp.passes import one_pass, worker
from tests.looped import STEADY, available, kept
from tests.waiting import until

NODES = tuple(map(worker, range(3)))


async def test_while_half_of_all_calls_are_throttled_every_node_gets_its_routes() -> None:
    """F16."""
    cloud, nodes = Cloud(), tuple(map(worker, range(12)))
    cloud.faults.throttled = 0.5
    async with keeping(cloud, nodes) as (world, served):
        await until(lambda: available(world, nodes), within=80)
        counted = Counter((one.method, one.status) for one in served.api.seen)

    assert len(cloud.routes()) == counted["routes.insert", 200] == 24
    assert counted["routes.insert", 403] > 0
    assert "routes.delete" not in {method for method, _ in counted}


async def test_credentials_that_expire_in_the_middle_stop_it_until_there_are_new_ones(
    tmp_path: Path,
) -> None:
    """F25: what is there stays, and the fault is said."""
    cloud, nodes = Cloud(), tuple(map(worker, range(12)))
    token = tmp_path / "token"
    token.write_text("first")
    cloud.faults.tokens = {"first"}

    inserts = count(1)

    def expire(_number: int, method: str) -> Refusal | None:
        if len(cloud.routes()) >= 10:
            cloud.faults.tokens = {"second"}
        late = method == "routes.insert" and next(inserts) > 10
        return not_authenticated() if late and cloud.faults.tokens == {"first"} else None

    cloud.faults.at_call = expire
    async with keeping(cloud, nodes, access_token_file=str(token)) as (world, served):
        await until(lambda: "credentials are not accepted" in world.loop.fault)
        there = len(cloud.routes())
        token.write_text("second")
        await until(lambda: available(world, nodes))

    assert there == 10
    assert len(cloud.routes()) == 24
    assert "routes.delete" not in methods(served)


async def test_the_51st_node_has_no_room_and_is_told_until_there_is_some() -> None:
    """F17."""
    cloud, nodes = Cloud(limit=51), tuple(map(single, range(51)))  # one leads to the internet
    *fitting, last = nodes
    async with keeping(cloud, nodes) as (world, served):
        await until(lambda: available(world, fitting) and world.told(last.name))
        told, states = world.told(last.name), world.states()
        async with opened(served) as provider:
            (step,) = (await one_pass(provider, *nodes)).proposal.steps
        world.api.news.put_nowait(Removed(nodes[3]))
        await until(lambda: available(world, [last]))

    assert told is not None
    assert (told.status, told.reason) == ("True", "NoRouteCreated")
    assert (
        "10.200.50.0/24: the router takes 51 routes, and 51 are there or come first: raise"
        in told.message
    )
    assert "10.200.50.0/24 Blocked" in states
    assert isinstance(step, Blocked)
    assert (str(step.destination), step.holder) == ("10.200.50.0/24", "quota")
    assert cloud.used() == 51


async def test_foreign_routes_of_every_kind_stop_no_pass() -> None:
    """F15, B6."""
    cloud = Cloud()
    for number, fields in enumerate(FOREIGN):
        cloud.plant(name=f"theirs-{number}", **fields)
    theirs = cloud.routes()
    inhabit(cloud, NODES)
    async with keeping(cloud, NODES[:2]) as (world, _):
        await until(lambda: available(world, NODES[:2]))
        world.api.news.put_nowait(Changed(NODES[2]))
        await until(lambda: available(world, NODES))
        world.api.news.put_nowait(Removed(NODES[1]))
        await until(lambda: len(cloud.routes()) == len(theirs) + 4)

    assert theirs.items() <= cloud.routes().items()
    assert world.loop.fault == ""


async def test_a_machine_that_is_replaced_under_its_name_gets_the_route() -> None:
    """B8, F22: also in another zone, with another UID and the same podCIDR."""
    cloud = Cloud()
    old = InstanceSpec("worker-0", "10.240.0.30")
    new = InstanceSpec("worker-0", "10.240.0.77", zone="us-central1-f")
    cloud.start_instance(old)
    before_it, after_it = (
        replace(
            node("worker-0", one.address, "10.200.0.0/24"),
            uid=NodeUid(one.zone),
            provider_id=f"gce://{cloud.project}/{one.zone}/worker-0",
        )
        for one in (old, new)
    )
    async with keeping(cloud, [before_it], next_hop="instance") as (world, served):
        await until(lambda: available(world, [before_it]))
        cloud.end_instance("worker-0")
        cloud.start_instance(new)
        world.api.news.put_nowait(Removed(before_it))
        world.api.news.put_nowait(Changed(after_it))
        await until(lambda: leads_to(cloud, new))

    assert len(cloud.routes()) == 1
    assert Counter(methods(served))["routes.insert"] == 1 + 2  # a spare one in between


def leads_to(cloud: Cloud, machine: InstanceSpec) -> bool:
    """Whether the one route does."""
    hops = {str(one.get("nextHopInstance")) for one in cloud.routes().values()}
    return len(hops) == 1 and hops.pop().endswith(f"/{machine.path(cloud.project)}")


async def test_a_node_that_says_it_is_another_machine_gets_no_route() -> None:
    """H28."""
    cloud = Cloud()
    for number in range(2):
        cloud.start_instance(InstanceSpec(f"worker-{number}", f"10.240.0.{30 + number}"))
    path = f"gce://{cloud.project}/us-central1-a/worker-1"
    thief = replace(node("worker-0", "10.240.0.30", "10.200.0.0/24"), provider_id=path)
    async with keeping(cloud, [thief], next_hop="instance") as (world, _):
        await until(lambda: world.told("worker-0"))
        told = world.told("worker-0")

    assert told is not None
    assert told.status == "True"
    assert "worker-1 by its providerID" in told.message
    assert cloud.routes() == {}


async def test_two_clusters_whose_names_share_a_prefix_share_a_network() -> None:
    """B7: neither ever removes what is the other's."""
    cloud = Cloud()
    foo, foo_bar = NODES[:2], (NODES[2], worker(3))
    inhabit(cloud, (*foo, *foo_bar))
    with running(cloud) as served:
        async with (
            opened(served, cluster="foo") as mine,
            opened(served, cluster="foo-bar") as theirs,
            kept(mine, foo) as one,
            kept(theirs, foo_bar) as other,
        ):
            await until(lambda: available(one, foo) and available(other, foo_bar))
            one.api.news.put_nowait(Removed(foo[0]))
            await until(lambda: len(cloud.routes()) == 6)
            await until(lambda: methods(served)[-4:] == ["routes.list"] * 4)
            del served.api.seen[:]
            await until(lambda: methods(served).count("routes.list") >= 4)

    assert set(methods(served)) == {"routes.list"}
    assert Counter(one["description"] for one in cloud.routes().values()) == {
        "podroute cluster=foo": 2,
        "podroute cluster=foo-bar": 4,
    }


async def test_n_new_routes_cost_n_inserts_and_a_period_one_list() -> None:
    cloud, nodes = Cloud(limit=500), tuple(map(single, range(200)))
    inhabit(cloud, [single(200)])
    began = monotonic()
    async with keeping(cloud, nodes) as (world, served):
        await until(lambda: available(world, nodes))
        counted, took = Counter(methods(served)), monotonic() - began
        del served.api.seen[:]
        await until(lambda: len(served.api.seen) >= 3)
        world.api.news.put_nowait(Changed(single(200)))
        await until(lambda: available(world, [single(200)]))
        joined = Counter(methods(served)[3:])

    assert counted["routes.insert"] == 200
    assert counted["projects.get"] <= counted["routes.list"] <= 4 + took / STEADY.patience
    assert counted["globalOperations.wait"] + counted["globalOperations.list"] <= 2 * 200 / 50
    assert methods(served)[:3] == ["routes.list"] * 3
    assert joined["routes.insert"] == 1
