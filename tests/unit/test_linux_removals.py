"""removals: what is named to the kernel so that just one route goes."""

import pytest

from podroute.host.rtnetlink import Hop, KernelRoute, delete_route, new_route
from podroute.host.rtnetlink_lists import parse_route, protocol_of
from podroute.providers.linux.translate import (
    installed_routes,
    removals,
)
from tests.unit.linux_entries import (
    DEVICES,
    ENTRIES,
    HOP,
    HOP6,
    MAIN,
    V4,
    V6,
    seen_as,
)


def listed(entry: KernelRoute) -> bytes:
    """As the kernel lists it: the interface of a next hop object is named too."""
    device = parse_route(new_route(entry._replace(next_hop_object=0)).body)
    return new_route(device).body + new_route(entry).body[-8:] * bool(entry.next_hop_object)


@pytest.mark.parametrize("entry", [one for one, _ in ENTRIES], ids=[words for _, words in ENTRIES])
def test_what_goes_is_named_as_it_is_listed(entry: KernelRoute) -> None:
    body = listed(entry)
    seen = seen_as(parse_route(body))

    assert parse_route(body) == entry
    found = removals({body: (seen,)}, DEVICES, MAIN)
    assert found == {seen.handle: delete_route(entry).body if entry.next_hop_object else body}


def test_of_two_with_one_handle_the_first_goes_as_with_ip_route() -> None:
    first = KernelRoute(V4, HOP, 200, 0, device=2)
    second = first._replace(extras=("mtu",))
    bodies = [new_route(first).body, new_route(first).body + b"\x05\x00\x08\x00\x00\x00\x00\x00"]

    found = removals(
        {body: (seen_as(one),) for body, one in zip(bodies, (first, second), strict=True)},
        DEVICES,
        MAIN,
    )

    assert found == {seen_as(first).handle: bodies[0]}


def test_what_is_no_route_cannot_go() -> None:
    assert removals({b"": ()}, DEVICES, MAIN) == {}


def test_a_part_of_an_entry_goes_alone() -> None:
    hops = (Hop(HOP6, 2, 1), Hop(HOP6 + 1, 2, 1))
    body = new_route(KernelRoute(V6, None, 200, 1024, hops=hops)).body
    mine, theirs = installed_routes(parse_route(body), DEVICES, MAIN)

    found = removals({body: (mine, theirs)}, DEVICES, MAIN)

    assert found[mine.handle] == delete_route(KernelRoute(V6, HOP6, 200, 1024, device=2)).body
    assert protocol_of(found[theirs.handle]) == 0
