"""Which of our routes would the kernel not remove, but another of ours before it? Pure.

It removes the first route, in the order in which it lists them, that fits what the request says. A
request fits every route whose next hops are the first of its own, or whose first is its only one;
one without a gateway every route to that interface; in IPv6 on older kernels any request fits a
next hop object, and the other way round (``fib_nh_match`` in net/ipv4/fib_semantics.c,
``ip6_route_del`` in net/ipv6/route.c). Other protocols never fit.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from podroute.host.rtnetlink import Hop, KernelRoute
from podroute.host.rtnetlink_lists import destination_bytes, is_of_a_table, parse_route
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import is_ours


def confused(bodies: Sequence[bytes], options: LinuxOptions) -> frozenset[bytes]:
    """Those of ``bodies``, which are in the kernel's order, that stand behind such a route."""
    places = list(map(destination_bytes, bodies))
    if len(set(places)) == len(places):
        return frozenset()
    times = Counter(places)
    several = [body for body, place in zip(bodies, places, strict=True) if times[place] > 1]
    return frozenset(_behind(several, options))


def _behind(bodies: Sequence[bytes], options: LinuxOptions) -> Iterator[bytes]:
    mine: dict[tuple[object, ...], list[KernelRoute]] = {}
    for body in filter(is_of_a_table, bodies):
        route = parse_route(body)
        if is_ours(route, options):
            before = mine.setdefault(_key(route), [])
            if any(_fits(route, first) for first in before):
                yield body
            before.append(route)


def _fits(wanted: KernelRoute, first: KernelRoute) -> bool:
    """Whether the kernel would take ``first`` if it is told to remove ``wanted``."""
    if wanted.next_hop_object or first.next_hop_object:
        return wanted.destination.version != 4  # noqa: PLR2004
    if wanted.destination.version == 4 and not _is_of_the_nature(wanted, first):  # noqa: PLR2004
        return False
    asked, there = _hops(wanted), _hops(first)
    if wanted.hops and len(there) > len(asked):
        return False
    return all(
        one.device == other.device and one.gateway in {None, other.gateway}
        for one, other in zip(asked, there, strict=False)
    )


def _hops(route: KernelRoute) -> tuple[Hop, ...]:
    return route.hops or (Hop(route.gateway, route.device, 1),)


def _key(route: KernelRoute) -> tuple[object, ...]:
    return route.destination, route.metric, route.tos, route.source


def _is_of_the_nature(wanted: KernelRoute, first: KernelRoute) -> bool:
    """``ip route del`` is told no scope where it is the usual one, and then takes any."""
    return wanted.type == first.type and wanted.scope in {0, first.scope}
