"""Two of our routes at one metric: which of them does a real kernel remove?"""

from contextlib import closing
from itertools import permutations

import pytest

from podroute.host.netlink import Netlink
from podroute.host.rtnetlink import (
    AF_INET,
    AF_INET6,
    MAIN_TABLE,
    Request,
    delete_listed,
    list_routes,
)
from podroute.host.rtnetlink_lists import parse_route, protocol_of
from podroute.providers.linux.confusion import confused
from podroute.providers.linux.provider import LinuxRoutes
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import installed_routes, removals
from podroute.routing.outcome import Done
from podroute.routing.steps import Delete
from podroute.testing.netns import node_network

pytestmark = pytest.mark.netns

MAIN = LinuxOptions()
V4, V6 = "10.200.1.0/24 ", "fd00:10:200:1::/64 "
WAYS_4 = (
    "via 10.240.0.31",
    "via 10.240.0.31 mtu 1400",
    "via 10.240.0.31 tos 0x10",
    "via 10.240.0.41",
    "dev node0",
    "dev node0 scope global",
    "nexthop via 10.240.0.31 nexthop via 10.240.0.41",
    "nexthop via 10.240.0.41 nexthop via 10.240.0.31",
    "dev lo scope link",
    "nhid 4",
    "nhid 5",
)
WAYS_6 = ("via fd00:10:240::31", "dev node0", "dev lo", "nhid 6", "nhid 7")
OBJECTS = [
    "ip nexthop add id 4 via 10.240.0.31 dev node0",
    "ip nexthop add id 5 via 10.240.0.41 dev node0",
    "ip -6 nexthop add id 6 via fd00:10:240::31 dev node0",
    "ip -6 nexthop add id 7 via fd00:10:240::41 dev node0",
]


def line(block: str, way: str) -> str:
    """What stands behind ``ip route append``."""
    kind, lead = ("blackhole ", "") if way == "blackhole" else ("", way)
    return f"{kind}{block}proto 200 metric 50 {lead}"


PAIRS = [
    (line(block, first), line(block, second))
    for block, ways in ((V4, WAYS_4), (V6, WAYS_6))
    for first, second in permutations((*ways, "blackhole"), 2)
]


def listed(netlink: Netlink) -> list[bytes]:
    """Ours, in the kernel's order."""
    bodies = [
        body
        for family in (AF_INET, AF_INET6)
        for body in netlink.read(list_routes(family, MAIN_TABLE))
    ]
    return [body for body in bodies if protocol_of(body) == MAIN.protocol]


def removal(body: bytes) -> Request:
    """As the provider asks for it."""
    routes = installed_routes(parse_route(body), {}, MAIN)
    (entry,) = removals({body: routes}, {}, MAIN).values()
    return delete_listed(entry)


def test_what_is_not_confused_goes_alone() -> None:
    with node_network() as there, there.entered(), closing(Netlink()) as netlink:
        there.run("sh", "-euc", "\n".join(OBJECTS))
        told = 0
        for pair in PAIRS:
            there.run("sh", "-uc", "\n".join(f"ip route append {one} 2>&-" for one in pair) + "\n:")
            bodies = listed(netlink)
            behind = confused(bodies, MAIN)
            assert bodies[0] not in behind
            for body in bodies[:0:-1]:
                told += 1
                if body not in behind:
                    assert netlink.send([removal(body)]) == [None], pair
                    assert listed(netlink) == [one for one in bodies if one != body], pair
            there.run("sh", "-uc", "ip route flush proto 200; ip -6 route flush proto 200; :")
            while rest := listed(netlink):
                netlink.send(map(removal, rest))
    assert told > len(PAIRS) / 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"{V4}via 10.240.0.31", f"{V4}dev node0 scope global"),
        (f"{V4}via 10.240.0.31", f"{V4}nexthop via 10.240.0.31 nexthop via 10.240.0.41"),
        (f"{V4}via 10.240.0.31", f"{V4}via 10.240.0.31 mtu 1400"),
        (f"{V6}via fd00:10:240::31", f"{V6}dev node0"),
        (f"{V6}nhid 6", f"{V6}via fd00:10:240::41"),
    ],
)
async def test_what_the_kernel_would_confuse_is_left_alone_until_the_first_has_gone(
    first: str, second: str
) -> None:
    with node_network() as there, there.entered(), closing(Netlink()) as netlink:
        there.run("sh", "-euc", "\n".join(OBJECTS))
        for one in (first, second):
            there.run("ip", "route", "append", "proto", "200", *one.split())
        provider = LinuxRoutes(netlink, MAIN)
        assert [one.ownership for one in (await provider.read()).routes].count("ours") == 1

        (mine,) = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert await provider.apply([Delete(mine)]) == [Done(Delete(mine))]
        assert mine.handle.startswith(first.removesuffix(" "))

        (then,) = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert await provider.apply([Delete(then)]) == [Done(Delete(then))]
        assert listed(netlink) == []
