from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

import pytest

from podroute.host.rtnetlink import Hop, KernelRoute, Link
from podroute.model.cidr import parse_cidr
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import (
    as_foreign,
    connected_networks,
    handle,
    installed_routes,
    made_after,
    pattern_of,
    wished_route,
)
from tests.builders import route
from tests.unit.linux_entries import (
    DEVICES,
    ENTRIES,
    HOP,
    HOP6,
    MAIN,
    OTHER,
    V4,
    V6,
    V6_OTHER,
    seen_as,
)


@pytest.mark.parametrize(("entry", "words"), ENTRIES, ids=[words for _, words in ENTRIES])
def test_a_handle_is_the_words_of_ip_route(entry: KernelRoute, words: str) -> None:
    assert seen_as(entry).handle == words


@pytest.mark.parametrize("entry", [one for one, _ in ENTRIES], ids=[words for _, words in ENTRIES])
def test_routes_that_differ_in_the_destination_only_are_made_after_one_pattern(
    entry: KernelRoute,
) -> None:
    other = IPv4Network("10.200.77.0/24") if entry.destination.version == 4 else V6_OTHER

    made = made_after(pattern_of(seen_as(entry)), other)

    assert made == seen_as(entry._replace(destination=other))


@pytest.mark.parametrize(
    ("entry", "partial"),
    [
        (KernelRoute(V4, HOP, 200, 0), False),
        (KernelRoute(V4, HOP, 200, 0, extras=("src",)), False),
        (KernelRoute(V4, HOP, 200, 0, tos=8), True),
        (KernelRoute(V4, HOP, 4, 0, tos=8), True),
        (KernelRoute(V6, HOP6, 200, 1024, source=IPv6Network("fd00:9::/64")), False),
    ],
)
def test_what_is_for_some_packets_only_is_partial(entry: KernelRoute, *, partial: bool) -> None:
    assert seen_as(entry).partial is partial


@pytest.mark.parametrize("protocol", [200, 4])
def test_a_route_for_some_sources_is_before_all_others(protocol: int) -> None:
    """IPv6 looks for no other where it has found one, even if it does not serve the packet."""
    entry = KernelRoute(V6, HOP6, protocol, 1500, device=2, source=IPv6Network("fd00:9::/64"))

    seen = seen_as(entry)

    assert seen.preference == -1


def test_another_table_is_in_the_handle_too() -> None:
    entry = KernelRoute(V4, HOP, 77, 50, 1000, 2)

    seen = seen_as(entry, OTHER)

    assert seen.handle == "10.200.0.0/24 via 10.240.0.30 dev eth0 proto 77 metric 50 table 1000"
    assert (seen.ownership, seen.deviation) == ("ours", "")


def test_next_hops_behind_one_of_ours_are_foreign_in_ipv6() -> None:
    """The kernel shows the protocol of the first for all, and we never add to a route."""
    hops = (Hop(HOP6, 2, 1), Hop(HOP6 + 1, 2, 1), Hop(HOP6 + 2, 2, 1))
    entry = KernelRoute(V6, None, 200, 1024, hops=hops)

    mine, theirs = installed_routes(entry, DEVICES, MAIN)

    assert mine == seen_as(KernelRoute(V6, HOP6, 200, 1024, device=2))
    assert (theirs.kind, theirs.ownership, theirs.next_hop) == ("multipath", "foreign", None)
    assert theirs.handle == (
        "fd00:10:200::/64 metric 1024 nexthop via fd00:10:240::31 dev eth0 weight 1 "
        "nexthop via fd00:10:240::32 dev eth0 weight 1"
    )


@pytest.mark.parametrize(
    ("entry", "ownership"),
    [
        (KernelRoute(V6, None, 4, 1024), "foreign"),
        (KernelRoute(V4, None, 200, 0), "ours"),
        (KernelRoute(V6, None, 200, 1024, next_hop_object=5), "ours"),
    ],
)
def test_other_multipath_routes_have_one_owner(entry: KernelRoute, ownership: str) -> None:
    hops = (Hop(HOP6, 2, 1), Hop(HOP6 + 1, 2, 1))

    seen = seen_as(entry._replace(hops=hops))

    assert (seen.kind, seen.ownership) == ("multipath", ownership)
    assert ("nexthop" in seen.handle) is not bool(entry.next_hop_object)


def test_a_foreign_route_that_wraps_packets_leads_elsewhere() -> None:
    foreign = KernelRoute(V4, HOP, 4, 0, extras=("src", "encap"))

    assert seen_as(foreign).deviation == "with encap"


def test_our_protocol_in_another_table_is_not_ours() -> None:
    seen = seen_as(KernelRoute(V4, HOP, 200, 0, 1000, 2))

    assert seen.ownership == "foreign"
    assert seen_as(KernelRoute(V4, HOP, 4, 0, device=2)).ownership == "foreign"


@pytest.mark.parametrize(
    ("entry", "options", "deviation"),
    [
        (KernelRoute(V4, HOP, 200, 0), MAIN, ""),
        (KernelRoute(V4, HOP, 200, 50), MAIN, "metric 50, not 0"),
        (KernelRoute(V6, HOP6, 200, 1024), MAIN, ""),
        (KernelRoute(V6, HOP6, 200, 50), MAIN, "metric 50, not 1024"),
        (KernelRoute(V6, HOP6, 77, 1024, 1000), OTHER, "metric 1024, not 50"),
        (KernelRoute(V4, None, 200, 0, type=6), MAIN, "blackhole, not unicast"),
        (KernelRoute(V4, None, 200, 0, device=2), MAIN, "link, not unicast"),
        (
            KernelRoute(V4, None, 200, 9, type=8),
            MAIN,
            "metric 9, not 0, prohibit, not unicast",
        ),
        (KernelRoute(V4, HOP, 200, 0, tos=8), MAIN, "for tos 0x8 only"),
        (KernelRoute(V4, HOP, 4, 9, tos=8), MAIN, "for tos 0x8 only"),
        (
            KernelRoute(V6, HOP6, 200, 1024, source=IPv6Network("fd00:9::/64")),
            MAIN,
            "for packets from fd00:9::/64 only",
        ),
        (KernelRoute(V4, HOP, 200, 0, extras=("src", "encap")), MAIN, "with src, with encap"),
        (KernelRoute(V4, HOP, 4, 0, extras=("src",)), MAIN, ""),
        (
            KernelRoute(V4, HOP, 200, 0, next_hop_object=5),
            MAIN,
            "next hop object 5, not a next hop of its own",
        ),
    ],
)
def test_a_deviation_says_what_would_be_written_otherwise(
    entry: KernelRoute, options: LinuxOptions, deviation: str
) -> None:
    assert seen_as(entry, options).deviation == deviation


@pytest.mark.parametrize(
    ("entry", "kind", "preference"),
    [
        (KernelRoute(V4, HOP, 200, 50), "unicast", 50),
        (KernelRoute(V4, None, 200, 0, type=6), "blackhole", 0),
        (KernelRoute(V4, None, 4, 7, device=2), "link", 7),
    ],
)
def test_what_it_does_and_when_it_counts(entry: KernelRoute, kind: str, preference: int) -> None:
    seen = seen_as(entry)

    assert (seen.kind, seen.preference) == (kind, preference)


def test_ours_as_somebody_elses() -> None:
    seen = seen_as(KernelRoute(V4, HOP, 200, 50))

    other = as_foreign(seen)

    behind = "behind another route of ours, which `ip route del` would take for it"
    assert other == replace(seen, ownership="foreign", deviation=f"metric 50, not 0, {behind}")
    alike = replace(seen, deviation="")
    assert as_foreign(alike) == replace(alike, ownership="foreign", deviation=behind)


def test_an_unknown_interface_is_shown_by_number() -> None:
    assert "dev if9 " in handle(KernelRoute(V4, None, 2, 0, device=9), DEVICES)


def test_what_was_wished_is_what_is_seen_afterwards() -> None:
    for wish in (route(str(V4), str(HOP)), route(str(V6), str(HOP6))):
        for options in (MAIN, OTHER):
            seen = seen_as(wished_route(wish, options), options)

            assert (seen.destination, seen.next_hop) == (wish.destination, wish.next_hop)
            assert (seen.ownership, seen.deviation) == ("ours", "")


def test_connected_are_links_that_are_up_without_loopback_link_local_and_ours() -> None:
    links = [
        Link(1, "lo", up=True, loopback=True),
        Link(2, "eth0", up=True, loopback=False),
        Link(3, "dark", up=False, loopback=False),
    ]
    routes = [
        KernelRoute(IPv4Network("10.240.0.0/24"), None, 2, 0, device=2),
        KernelRoute(IPv4Network("127.0.0.0/8"), None, 2, 0, device=1),
        KernelRoute(IPv4Network("10.241.0.0/24"), None, 2, 0, device=3),
        KernelRoute(IPv4Network("10.242.0.0/24"), HOP, 2, 0, device=2),
        KernelRoute(IPv4Network("10.243.0.0/24"), None, 200, 0, device=2),
        KernelRoute(IPv4Network("10.244.0.0/24"), None, 2, 0, device=2, type=6),
        KernelRoute(IPv6Network("fe80::/64"), None, 2, 256, device=2),
        KernelRoute(IPv6Network("fd00:10:240::/64"), None, 2, 256, device=2),
    ]

    assert connected_networks(routes, links, MAIN) == (
        parse_cidr("10.240.0.0/24"),
        parse_cidr("fd00:10:240::/64"),
    )
