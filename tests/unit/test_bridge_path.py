"""The way of a Pod's packet that stays on its worker."""

from ipaddress import ip_address

import pytest

from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.path import Hop, Journey, Way, hops
from podroute.bridge.plan import plan_host
from podroute.model.cidr import parse_cidr
from tests.workers import V4, worker

VETH = AgentSettings(hairpin="hairpin-veth")


@pytest.mark.parametrize(
    ("target", "hop"),
    [
        ("10.240.0.30", Hop("worker", "ok", "10.240.0.30 is this worker's own, on eth0")),
        ("10.200.0.1", Hop("worker", "ok", "10.200.0.1 is this worker's own, on cbr0")),
        ("127.0.0.1", Hop("Pod", "ok", "127.0.0.1 is the Pod itself, and no other machine")),
        ("::1", Hop("Pod", "ok", "::1 is the Pod itself, and no other machine")),
    ],
)
def test_it_ends_at_the_worker_or_in_the_pod(target: str, hop: Hop) -> None:
    host = worker(V4, VETH)
    wish = desire(tuple(map(parse_cidr, V4)), host, VETH)
    journey = Journey(ip_address(target), None, Way("eth0"))

    *_, last = hops(journey, wish, host, diagnose(plan_host(wish, host), wish, host))

    assert last == hop
