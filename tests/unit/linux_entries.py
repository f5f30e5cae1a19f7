"""Entries of a kernel's table, with the words of ``ip route`` for each."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from podroute.host.rtnetlink import Hop, KernelRoute
from podroute.model.route import InstalledRoute
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import installed_routes

V4 = IPv4Network("10.200.0.0/24")
V6 = IPv6Network("fd00:10:200::/64")
V6_OTHER = IPv6Network("fd00:10:200:77::/64")
HOP = IPv4Address("10.240.0.30")
HOP6 = IPv6Address("fd00:10:240::30")
DEVICES = {1: "lo", 2: "eth0", 3: "proto", 4: "from"}
MAIN = LinuxOptions()
OTHER = LinuxOptions(table=1000, protocol=77, metric=50)

ENTRIES = [
    (
        KernelRoute(V4, HOP, 200, 0, device=2),
        "10.200.0.0/24 via 10.240.0.30 dev eth0 proto 200 metric 0",
    ),
    (
        KernelRoute(V4, HOP, 200, 0, device=3),
        "10.200.0.0/24 via 10.240.0.30 dev proto proto 200 metric 0",
    ),
    (
        KernelRoute(V6, HOP6, 200, 1024, device=2),
        "fd00:10:200::/64 via fd00:10:240::30 dev eth0 proto 200 metric 1024",
    ),
    (KernelRoute(V4, None, 200, 0, device=2), "10.200.0.0/24 dev eth0 proto 200 metric 0"),
    (KernelRoute(V4, None, 200, 0, device=4), "10.200.0.0/24 dev from proto 200 metric 0"),
    (
        KernelRoute(V4, None, 200, 0, device=2, scope=253),
        "10.200.0.0/24 dev eth0 scope link proto 200 metric 0",
    ),
    (
        KernelRoute(V4, None, 200, 0, device=2, scope=254),
        "10.200.0.0/24 dev eth0 scope 254 proto 200 metric 0",
    ),
    (
        KernelRoute(V4, None, 200, 7, hops=(Hop(HOP, 2, 1), Hop(HOP6, 3, 9), Hop(None, 2, 256))),
        (
            "10.200.0.0/24 proto 200 metric 7 nexthop via 10.240.0.30 dev eth0 weight 1 "
            "nexthop via inet6 fd00:10:240::30 dev proto weight 9 nexthop dev eth0 weight 256"
        ),
    ),
    (KernelRoute(V4, None, 200, 0, type=6), "blackhole 10.200.0.0/24 proto 200 metric 0"),
    (
        KernelRoute(V6, None, 200, 1024, device=1, type=7),
        "unreachable fd00:10:200::/64 dev lo proto 200 metric 1024",
    ),
    (
        KernelRoute(V4, HOP, 200, 0, device=2, tos=16),
        "10.200.0.0/24 via 10.240.0.30 dev eth0 proto 200 tos 0x10 metric 0",
    ),
    (
        KernelRoute(V4, HOP6, 200, 0, device=2),
        "10.200.0.0/24 via inet6 fd00:10:240::30 dev eth0 proto 200 metric 0",
    ),
    (
        KernelRoute(V4, HOP, 200, 0, device=2, next_hop_object=5),
        "10.200.0.0/24 nhid 5 proto 200 metric 0",
    ),
    (
        KernelRoute(V6, HOP6, 200, 1024, device=2, source=IPv6Network("fd00:10:200:9::/64")),
        (
            "fd00:10:200::/64 from fd00:10:200:9::/64 via fd00:10:240::30 dev eth0 proto 200 "
            "metric 1024"
        ),
    ),
]


def seen_as(entry: KernelRoute, options: LinuxOptions = MAIN) -> InstalledRoute:
    (one,) = installed_routes(entry, DEVICES, options)
    return one
