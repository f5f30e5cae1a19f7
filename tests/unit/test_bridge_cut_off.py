"""What is done, and told, where the kernel leads no packet to Pods although the bridge is there?"""

from dataclasses import replace
from ipaddress import ip_address, ip_interface

import pytest

from podroute.bridge.path import Hop, Journey, Way, hops
from podroute.bridge.seen import Host, Link
from tests.unit.test_bridge_diagnosis import SOUND, WELL, checked, wished
from tests.workers import DUAL, after, lines, planned, with_link, worker

GONE = "the kernel's route to its Pods is gone"
POD, ROUTER = ip_address("10.200.0.2"), ip_address("10.240.0.1")
SENT = "10.200.0.2 is this worker's, on cbr0"


def cut_off(*texts: str) -> Host:
    """A worker without the kernel's routes to the networks of these addresses."""
    host = worker(DUAL)
    bridge = host.link("cbr0")
    assert bridge is not None
    gone = ((bridge.number, ip_interface(text)) for text in texts)
    return replace(host, cut_off=frozenset(gone))


@pytest.mark.parametrize("address", ["10.200.0.1/24", "fd00:10:200::1/64"])
def test_an_address_without_its_route_is_given_anew(address: str) -> None:
    host = cut_off(address)

    plan = planned(host, DUAL)

    assert lines(plan) == [
        f"- address {address} on cbr0: {GONE}",
        f"+ address {address} on cbr0",
    ]
    assert planned(after(host, plan.steps), DUAL).steps == ()


def test_routes_of_other_links_are_their_own_business() -> None:
    host = replace(worker(), cut_off=frozenset(((2, ip_interface("10.240.0.30/24")),)))

    assert planned(host).steps == ()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (Way(refusal="this worker has no route to it"), "this worker has no route to it"),
        (Way("eth0"), "it is sent to 10.200.0.2 on eth0"),
        (Way("eth0", ROUTER), "it is sent to 10.240.0.1 on eth0"),
        (Way("cbr0", ROUTER), "it is sent to 10.240.0.1 on cbr0"),
    ],
)
def test_the_way_to_a_neighbour_may_lead_elsewhere(way: Way, words: str) -> None:
    host = replace(SOUND, pod_addresses=(POD,))
    journey = Journey(POD, None, way)

    assert list(hops(journey, wished(host), host, checked(host))) == [
        *WELL,
        Hop("route", "broken", f"{SENT}: {words}", "ip route get 10.200.0.2"),
    ]


def test_a_port_that_is_down_is_put_up() -> None:
    bridge = worker().link("cbr0")
    assert bridge is not None
    mark = "podroute port of cbr0"
    host = with_link(worker(), Link(9, "veth9", "", 1500, "veth", bridge.number, mark))

    assert lines(planned(host)) == ["~ link veth9 up on: a Pod hangs on it"]
