"""A route that FRRouting was told of, but does not use, is named with the reason."""

import pytest

from podroute.providers.frr.answers import Answers, NextHop, RibRoute, Static
from podroute.providers.frr.bgp import BgpPath, Told
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.frr.uninstalled import installed_check
from podroute.providers.interface import Question
from tests.builders import route

CIDR, HOP, OTHER = "10.200.1.0/24", "10.240.0.31", "10.240.0.99"
WISH = route(CIDR, HOP, "worker-1")
LINE = f"ip route {CIDR} {HOP} tag 200"
STATIC = Static(LINE, WISH.destination, WISH.next_hop, tag=200)
ELSEWHERE = Static("", WISH.destination)


def entry(
    hop: str, protocol: str = "bgp", distance: int = 20, *, selected: bool, installed: bool = True
) -> RibRoute:
    hops = [NextHop(hop)]
    return RibRoute(CIDR, protocol, distance, 0, hops, selected, selected and installed)


def told(*hops: str, valid: bool = True) -> BgpPath:
    return BgpPath(valid, "10.240.0.2", list(map(Told, hops)))


USED = entry(HOP, selected=True)
IDLE = entry(HOP, selected=False)
RIVAL = entry(OTHER, "static", 1, selected=True)
SPELLED = f"bgp route {CIDR} via {HOP} [20/0] is there"


@pytest.mark.parametrize(
    ("rib", "statics", "paths", "cause"),
    [
        ([], [], [], ""),
        ([USED], [], [], ""),
        ([IDLE, USED], [], [], ""),
        ([RIVAL], [], [], ""),
        (
            [IDLE, RIVAL],
            [],
            [],
            f"{SPELLED}, but not used: static route {CIDR} via {OTHER} [1/0] is preferred",
        ),
        ([IDLE], [], [], f"{SPELLED}, but not used: the router has no way to its next hop"),
        (
            [IDLE, entry(HOP, selected=True, installed=False)],
            [],
            [],
            f"{SPELLED}, but the kernel has not taken it",
        ),
        ([], [STATIC], [], f"{LINE} is configured, but the router has no way to {HOP}"),
        ([RIVAL], [ELSEWHERE, STATIC], [], f"{LINE} is configured, but the router has no way to"),
        ([USED], [STATIC], [], ""),
        ([], [ELSEWHERE], [], ""),
        (
            [],
            [],
            [told(HOP, valid=False)],
            f"BGP has it from 10.240.0.2, but the router has no way to {HOP}",
        ),
        ([RIVAL], [], [told("fe80::1", HOP, valid=False)], "BGP has it from 10.240.0.2, but"),
        ([], [], [told(HOP)], "BGP has it from 10.240.0.2, but it is not in the routing table"),
        ([RIVAL], [], [told(HOP)], ""),
        ([], [], [told(OTHER, valid=False)], ""),
        ([], [], [told(OTHER), told(HOP)], "BGP has it from 10.240.0.2, but it is not in the"),
    ],
)
def test_a_route_that_is_not_used_has_a_reason(
    rib: list[RibRoute], statics: list[Static], paths: list[BgpPath], cause: str
) -> None:
    answers = Answers(tuple(rib), {}, tuple(statics))
    found = installed_check(Question((WISH,), ()), answers, {CIDR: paths}, FrrOptions())

    assert found.id == "router-route-installed"
    assert [one.subject for one in found.problems] == ([f"{CIDR} worker-1"] if cause else [])
    assert "".join(one.cause for one in found.problems).startswith(cause)
    if not cause:
        assert not found.problems


@pytest.mark.parametrize(
    ("destination", "hop", "options", "look"),
    [
        (CIDR, HOP, FrrOptions(), f"vtysh -c 'show ip route {CIDR}' -c 'show ip nht'; is {HOP} on"),
        (
            "fd00:10:200::/64",
            "fd00::31",
            FrrOptions(vrf="red"),
            "vtysh -c 'show ipv6 route vrf red fd00:10:200::/64' -c 'show ipv6 nht vrf red'; is",
        ),
    ],
)
def test_where_to_look_is_told(destination: str, hop: str, options: FrrOptions, look: str) -> None:
    wish = route(destination, hop)
    static = Static("", wish.destination, wish.next_hop)
    (problem,) = installed_check(
        Question((wish,), ()), Answers((), {}, (static,)), {}, options
    ).problems

    assert problem.fix.startswith(look)
