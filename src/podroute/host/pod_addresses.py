"""Which addresses have the network namespaces at the other ends of this one's links?"""

from collections.abc import Callable, Iterable, Sequence

from podroute.host.links import parse_address, tells_of_another_namespace
from podroute.host.netlink import NetlinkFailed
from podroute.host.rtnetlink import AF_INET, AF_INET6, Request, list_addresses_in
from podroute.model.cidr import Address


def read_addresses_in(
    read: Callable[[Request], Sequence[bytes]], namespaces: Iterable[int]
) -> tuple[Address, ...] | None:
    """None: not all are known. One is just going, or is not to be looked into.

    A kernel before 4.20 answers with this namespace's own: nothing is known then.
    """
    found: list[Address] = []
    for number in namespaces:
        for family in (AF_INET, AF_INET6):
            try:
                bodies = read(list_addresses_in(number, family))
            except NetlinkFailed:
                return None
            if not all(map(tells_of_another_namespace, bodies)):
                return None
            found += (parse_address(body)[1].ip for body in bodies)
    return tuple(found)
