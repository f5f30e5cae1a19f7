"""The way of a Pod's packet that stays on its worker."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.path import Hop, Journey, Way, hops
from podroute.bridge.plan import plan_host
from podroute.bridge.seen import Host
from podroute.model.cidr import parse_cidr
from tests.workers import DUAL, V4, worker

VETH = AgentSettings(hairpin="hairpin-veth")


def last_hop(target: str, host: Host, cidrs: Sequence[str]) -> Hop:
    """Where no route leads anywhere."""
    wish = desire(tuple(map(parse_cidr, cidrs)), host, VETH)
    journey = Journey(ip_address(target), None, Way(refusal="this worker has no route to it"))
    *_, last = hops(journey, wish, host, diagnose(plan_host(wish, host), wish, host))
    return last


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
    assert last_hop(target, worker(V4, VETH), V4) == hop


def test_of_a_family_without_a_pod_cidr_nothing_leaves_a_pod() -> None:
    """Whatever ways this worker has."""
    for target, cidrs, family in (("2001:db8::1", V4, "IPv6"), ("192.0.2.1", DUAL[1:], "IPv4")):
        last = last_hop(target, worker(cidrs, VETH), cidrs)

        words = f"Pods of this worker have no {family} address: its Node has no {family} podCIDR"
        assert (last.where, last.state, last.words) == ("Pod", "broken", words)


def test_a_kernel_without_ipv6_is_no_lack_of_a_route() -> None:
    host = worker(V4, VETH)
    kept = {key: text for key, text in host.sysctls.items() if not key.startswith("ipv6/")}

    last = last_hop("2001:db8::1", replace(host, sysctls=kept), V4)

    assert (last.where, last.state, last.words) == ("worker", "broken", "this kernel has no IPv6")
    assert last.fix.startswith("boot it without ipv6.disable=1")
