"""What the simulated API does not take, as Google Cloud would not."""

import pytest

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.refusal import Refusal


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
