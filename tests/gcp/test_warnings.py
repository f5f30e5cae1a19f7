"""Routes that Google Cloud has as wished, and warns of: it forwards nothing by them."""

import re
from collections import Counter
from pathlib import Path

from podroute.kube.node_events import Removed
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.resources import InstanceSpec
from podroute.testing.gcp.running import running
from tests.gcp.clouds import methods
from tests.gcp.gcloud import flags
from tests.gcp.looped import keeping, single
from tests.looped import available
from tests.unit.command import node_list, podroute, worker
from tests.waiting import until

NODES = tuple(map(single, range(2)))
MACHINES = [InstanceSpec(f"worker-{number}", f"10.240.0.{30 + number}") for number in range(3)]
BLACKHOLE = "10.200.1.0/24 Blackhole"


def inhabited() -> Cloud:
    cloud = Cloud()
    for one in MACHINES:
        cloud.start_instance(one)
    return cloud


async def test_a_node_whose_machine_is_stopped_has_no_network_until_it_runs_again() -> None:
    """The condition comes from what is read; nothing that is written would mend it."""
    cloud = inhabited()
    async with keeping(cloud, NODES) as (world, served):
        await until(lambda: available(world, NODES))
        cloud.stop_instance("worker-1")
        await until(lambda: not available(world, NODES))
        told, states, others = world.told("worker-1"), world.states(), available(world, NODES[:1])
        cloud.start_instance(MACHINES[1])
        await until(lambda: available(world, NODES))

    assert told is not None
    assert (told.status, told.reason) == ("True", "NoRouteCreated")
    assert told.message.endswith("10.200.1.0/24: Google Cloud warns: NEXT_HOP_NOT_RUNNING")
    assert BLACKHOLE in states
    assert others
    assert Counter(methods(served))["routes.insert"] == 2
    assert "routes.delete" not in methods(served)


async def test_the_route_of_a_node_whose_machine_is_gone_goes_with_the_node() -> None:
    cloud = inhabited()
    async with keeping(cloud, NODES) as (world, _):
        await until(lambda: available(world, NODES))
        cloud.end_instance("worker-1")
        await until(lambda: BLACKHOLE in world.states())
        world.api.news.put_nowait(Removed(NODES[1]))
        await until(lambda: len(cloud.routes()) == 1)


def test_every_verb_tells_it(tmp_path: Path) -> None:
    cloud = inhabited()
    (tmp_path / "nodes.json").write_text(node_list(*map(worker, range(3))))
    with running(cloud) as served:
        given = flags(served, tmp_path)
        applied = podroute("apply", "--auto-approve", *given)
        cloud.start_instance(InstanceSpec("worker-1", "10.240.0.31", forwards=False))
        cloud.end_instance("worker-2")
        table = podroute("table", *given)
        plan = podroute("plan", "--detailed-exitcode", *given)
        check = podroute("check", *given)
        explained = podroute("explain", "worker-1", *given)

    assert applied.status == 0, applied.err
    assert re.search(r"worker-0 .* InSync\b", table.out)
    assert re.search(r"worker-1 .* Blackhole .*NEXT_HOP_CANNOT_IP_FORWARD", table.out)
    assert re.search(r"worker-2 .* Blackhole .*NEXT_HOP_ADDRESS_NOT_ASSIGNED", table.out)
    assert (plan.status, "3 unchanged" in plan.out) == (0, True)
    assert re.search(r"FAILED +route-blackhole", check.out)
    assert re.search(r"BROKEN .*: Google Cloud warns: NEXT_HOP_CANNOT_IP_FORWARD", explained.out)
    assert "Next: podroute check " in explained.out
    assert explained.status == 1
