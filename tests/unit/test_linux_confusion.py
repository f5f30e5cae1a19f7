from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest

from podroute.host.rtnetlink import Hop, KernelRoute, new_route
from podroute.providers.linux.confusion import confused
from podroute.providers.linux.settings import LinuxOptions

MAIN = LinuxOptions()
HOP, OTHER = IPv4Address("10.240.0.31"), IPv4Address("10.240.0.41")
HOP6 = IPv6Address("fd00:10:240::31")
VIA = KernelRoute(IPv4Network("10.200.1.0/24"), HOP, 200, 50, device=2)
LINK = VIA._replace(gateway=None)
BOTH = VIA._replace(gateway=None, device=0, hops=(Hop(HOP, 2, 1), Hop(OTHER, 2, 1)))
DROPPED = VIA._replace(gateway=None, device=0, type=6)
OBJECT = VIA._replace(gateway=None, device=0, next_hop_object=4)
VIA_6 = KernelRoute(IPv6Network("fd00:10:200:1::/64"), HOP6, 200, 50, device=2)
LINK_6 = VIA_6._replace(gateway=None)
OBJECT_6 = VIA_6._replace(gateway=None, device=0, next_hop_object=6)


@pytest.mark.parametrize(
    ("first", "second", "is_confused"),
    [
        (VIA, VIA._replace(gateway=OTHER), False),
        (VIA, VIA._replace(device=3), False),
        (VIA, VIA._replace(metric=51), False),
        (VIA, VIA._replace(destination=IPv4Network("10.200.2.0/24")), False),
        (VIA, VIA._replace(destination=IPv4Network("10.200.1.0/25")), False),
        (VIA, VIA._replace(tos=16), False),
        (VIA, LINK, True),
        (VIA, LINK._replace(scope=253), False),
        (VIA, LINK._replace(scope=254), False),
        (LINK._replace(scope=253), LINK, True),
        (VIA, BOTH, True),
        (BOTH, VIA, True),
        (BOTH, VIA._replace(gateway=OTHER), False),
        (BOTH, LINK, True),
        (LINK, VIA, False),
        (LINK, BOTH, False),
        (VIA._replace(gateway=OTHER), BOTH, False),
        (BOTH._replace(hops=BOTH.hops[::-1]), BOTH, False),
        (BOTH, BOTH._replace(hops=(*BOTH.hops, Hop(OTHER, 3, 1))), True),
        (BOTH, BOTH._replace(hops=(Hop(HOP, 2, 7), Hop(OTHER, 2, 1))), True),
        (BOTH._replace(hops=(*BOTH.hops, Hop(OTHER, 3, 1))), BOTH, False),
        (VIA, DROPPED, False),
        (DROPPED, VIA, False),
        (DROPPED, DROPPED._replace(type=7), False),
        (VIA, OBJECT, False),
        (OBJECT, VIA, False),
        (VIA_6, LINK_6, True),
        (LINK_6, VIA_6, False),
        (VIA_6, LINK_6._replace(device=1, type=6), False),
        (LINK_6, LINK_6._replace(type=6), True),
        (VIA_6, VIA_6._replace(source=IPv6Network("fd00:9::/64")), False),
        (VIA_6, OBJECT_6, True),
        (OBJECT_6, VIA_6, True),
        (VIA._replace(protocol=4), LINK, False),
        (VIA, LINK._replace(protocol=4), False),
        (VIA._replace(table=100), LINK, False),
        (VIA._replace(type=2), LINK, False),
        (VIA_6._replace(type=2), LINK_6, False),
    ],
)
def test_which_the_kernel_would_take_for_the_second(
    first: KernelRoute, second: KernelRoute, *, is_confused: bool
) -> None:
    bodies = [new_route(one).body for one in (first, second)]

    assert confused(bodies, MAIN) == frozenset(bodies[1:] if is_confused else ())


def test_each_is_compared_with_all_before_it() -> None:
    routes = (VIA, VIA_6, VIA._replace(gateway=OTHER), DROPPED, LINK_6, BOTH)
    bodies = [new_route(one).body for one in routes]

    assert confused(bodies, MAIN) == {bodies[4], bodies[5]}
    assert confused(bodies[:4], MAIN) == frozenset()
    assert confused([], MAIN) == frozenset()
