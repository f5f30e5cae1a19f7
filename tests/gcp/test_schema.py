"""What is said on the wire is what Google has published."""

from dataclasses import replace

import pytest

from podroute.routing.outcome import Done
from podroute.routing.steps import Change, Create, Delete, Replace
from podroute.testing.builders import route
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.server import Seen
from tests.gcp.clouds import before, instances, methods
from tests.gcp.discovery import faults

MOVED = route("10.200.0.0/24", "10.240.0.22")
BLOCKS = [route(f"10.200.{number}.0/24", "10.240.0.21") for number in range(1, 9)]
SIX = route("fd00:10:200::/64", "fd00:10:240::20")


@pytest.mark.parametrize("form", ["address", "instance"])
async def test_every_call_and_every_answer_fits_the_published_schema(form: str) -> None:
    cloud = Cloud(limit=7)
    cloud.faults.operation_time = 0.02
    for machine in instances("20", "21", "22"):
        cloud.start_instance(replace(machine, external=machine.address.endswith("22")))
    async with before(cloud, next_hop=form, tags="node") as (provider, served):
        await provider.apply([Create(route("10.200.0.0/24", "10.240.0.20")), Create(SIX)])
        mine = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        changes: list[Change] = [Replace(mine[0], MOVED), Delete(mine[1])]
        assert list(await provider.apply(changes)) == list(map(Done, changes))
        await provider.apply(list(map(Create, BLOCKS)))  # more than there is room for
        cloud.plant(
            name="kubernetes-route-10-201-0-0-24", destRange="10.1.0.0/24", nextHopIp="10.240.0.9"
        )
        await provider.apply([Create(route("10.201.0.0/24", "10.240.0.20"))])

    assert [fault for one in served.api.seen for fault in faults(one)] == []
    asked = {"routes.list", "routes.get", "routes.insert", "routes.delete", "projects.get"}
    asked |= {"globalOperations.wait", "globalOperations.list"}
    asked |= {"instances.aggregatedList"} if form == "instance" else set()
    assert set(methods(served)) == asked


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (Seen("routes.get", "/compute/v1/projects/p/routes/a", {}, {}, 200, {"name": "a"}), "path"),
        (
            Seen("routes.list", "/compute/v1/projects/p/global/routes", {"x": "1"}, {}, 200, {}),
            "query",
        ),
        (
            Seen("routes.list", "/compute/v1/projects/p/global/routes", {}, {}, 200, {"n": 1}),
            "unknown field",
        ),
        (
            Seen(
                "routes.insert", "/compute/v1/projects/p/global/routes", {}, {"name": "A"}, 400, {}
            ),
            "match",
        ),
        (
            Seen(
                "routes.insert", "/compute/v1/projects/p/global/routes", {}, {"name": "a"}, 400, {}
            ),
            "missing",
        ),
        (
            Seen("routes.insert", "/compute/v1/projects/p/global/routes", {}, {"id": "1"}, 400, {}),
            "reading",
        ),
    ],
)
def test_what_does_not_fit_is_seen(seen: Seen, fault: str) -> None:
    assert fault in " ".join(faults(seen))
