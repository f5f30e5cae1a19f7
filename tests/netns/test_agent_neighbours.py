"""Pods of one worker are neighbours, whether the firewall sees what the bridge passes or not."""

import socket
import struct
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from podroute.testing.netns import Namespace
from tests.netns.agents import Plugged, ping, plugged_pods, settled, worker_place
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
V4 = ("--pod-cidr", "10.200.0.0/24")
GROUP = "239.1.2.3"
EVERYBODY = "ff02::1"
ROUTER_ADVERTISEMENT, ECHO = 134, 128


@pytest.fixture(params=[DUAL, V4], ids=["dual stack", "IPv4"])
def plugged(tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Plugged]:
    with worker_place(tmp_path) as place:
        assert place.agent(*request.param, "--once").status == 0
        with plugged_pods(place) as made:
            yield made


def link_local(pod: Namespace) -> str:
    """With the name of the Pod's link, once it is in use."""

    def told() -> str:
        return pod.ip("-6", "-o", "address", "show", "dev", "eth0", "scope", "link", "-tentative")

    until(lambda: bool(told()))
    return f"{told().split()[3].partition('/')[0]}%eth0"


def test_multicast_comes_from_the_pod_that_sends_it(plugged: Plugged) -> None:
    with plugged.b.entered(), closing(socket.socket(type=socket.SOCK_DGRAM)) as hearing:
        member = socket.inet_aton(GROUP) + bytes(4)
        hearing.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        hearing.bind((GROUP, 5555))
        hearing.settimeout(5)
        with plugged.a.entered(), closing(socket.socket(type=socket.SOCK_DGRAM)) as saying:
            saying.sendto(b"here", (GROUP, 5555))
        said, (source, _) = hearing.recvfrom(100)

    assert (said, source) == (b"here", plugged.address("a"))


def test_they_reach_each_other_by_link_local_addresses(plugged: Plugged) -> None:
    ping(plugged.a, link_local(plugged.b), "-I", link_local(plugged.a))


def test_none_of_them_is_a_router_of_the_others(plugged: Plugged) -> None:
    """Here br_netfilter is there; an echo that is sent behind the advertisement comes first."""
    settled(plugged.a, plugged.b)
    advertisement = struct.pack("!BBHBBHII", ROUTER_ADVERTISEMENT, 0, 0, 64, 0, 1800, 0, 0)
    echo = struct.pack("!BBHHH", ECHO, 0, 0, 7, 1)
    with plugged.b.entered(), closing(icmp()) as hearing:
        hearing.settimeout(5)
        with plugged.a.entered(), closing(icmp()) as saying:
            saying.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            for message in (advertisement, echo):
                saying.sendto(message, (EVERYBODY, 0, 0, socket.if_nametoindex("eth0")))
        kinds = iter(lambda: hearing.recv(100)[0], ECHO)

        assert ROUTER_ADVERTISEMENT not in kinds


def icmp() -> socket.socket:
    return socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
