"""What the simulated API does not take, and what it warns of, as Google Cloud would."""

from dataclasses import replace
from typing import Any, Final, cast

import pytest

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.refusal import Document, Refusal
from podroute.testing.gcp.resources import InstanceSpec
from podroute.testing.gcp.server import Seen
from tests.gcp.discovery import faults

A: Final = "https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances/a"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nextHopIp": "worker-0"}, "nextHopIp"),
        ({"nextHopIp": "192.0.2.1"}, "in no subnet"),
        ({"nextHopIp": "fd00:10:240::30"}, "of the same IP version as destRange"),
        ({"nextHopInstance": "projects/p/zones/z/instances/none"}, "cannot be found"),
        ({"nextHopIp": "10.240.0.30", "nextHopGateway": "g"}, "Exactly one next hop"),
        ({"nextHopIp": "10.240.0.30", "priority": 65536}, "Must be between 0 and 65535"),
        ({"nextHopIp": "10.240.0.30", "name": "Upper"}, "Must be a match of regex"),
        ({"nextHopIp": "10.240.0.30", "destRange": "10.200.0.1/24"}, "host bits"),
    ],
)
def test_a_route_that_cannot_be(fields: dict[str, object], words: str) -> None:
    usual = {"name": "r", "network": "global/networks/kubernetes", "destRange": "10.200.0.0/24"}
    cloud = Cloud()

    with pytest.raises(Refusal) as refused:
        cloud.insert({**usual, **fields}, "")

    assert refused.value.status == 400
    assert words in refused.value.message
    assert cloud.routes() == {}


@pytest.mark.parametrize(
    ("machine", "fields", "codes"),
    [
        ({}, {"nextHopIp": "10.240.0.30"}, []),
        ({}, {"nextHopInstance": A}, []),
        ({}, {"nextHopGateway": "default-internet-gateway"}, []),
        ({"running": False}, {"nextHopIp": "10.240.0.30"}, ["NEXT_HOP_NOT_RUNNING"]),
        (
            {"running": False, "forwards": False},
            {"nextHopInstance": A},
            ["NEXT_HOP_NOT_RUNNING", "NEXT_HOP_CANNOT_IP_FORWARD"],
        ),
        ({}, {"nextHopIp": "10.240.0.31"}, ["NEXT_HOP_ADDRESS_NOT_ASSIGNED"]),
        ({"network": "other"}, {"nextHopIp": "10.240.0.30"}, ["NEXT_HOP_ADDRESS_NOT_ASSIGNED"]),
        ({"network": "other"}, {"nextHopInstance": A}, ["NEXT_HOP_INSTANCE_NOT_ON_NETWORK"]),
        ({"zone": "b"}, {"nextHopInstance": A}, ["NEXT_HOP_INSTANCE_NOT_FOUND"]),
        (
            {},
            {"nextHopInstance": A, "destRange": "fd00:10:200::/64"},
            ["NEXT_HOP_INSTANCE_HAS_NO_IPV6_INTERFACE"],
        ),
    ],
)
def test_what_is_warned_of(
    machine: dict[str, Any], fields: dict[str, object], codes: list[str]
) -> None:
    """In the shape that Google has published."""
    cloud = Cloud()
    cloud.start_instance(replace(InstanceSpec("a", "10.240.0.30"), **machine))
    cloud.plant(**{"name": "r", "destRange": "10.200.0.0/24", **fields})

    (shown,) = [one for one in cloud.listed() if one["name"] == "r"]

    warnings = cast("list[Document]", shown.get("warnings", []))
    path = f"/compute/v1/projects/{cloud.project}/global/routes/r"
    assert [one["code"] for one in warnings] == codes
    assert faults(Seen("routes.get", path, {}, {}, 200, shown)) == []
    assert cloud.route("r") == shown
