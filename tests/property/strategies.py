"""Clusters and routers of every kind, small enough that claims meet."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from hypothesis import strategies as st

from podroute.model.cidr import Cidr, parse_address, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid, Roster, Unreadable
from podroute.model.route import InstalledRoute, RouteTable

V4_BLOCKS = st.integers(0, 7).map(lambda i: IPv4Network((0x0AC80000 + (i << 8), 24)))
V6_BLOCKS = st.integers(0, 7).map(lambda i: IPv6Network(((0xFD0000100200 << 80) + (i << 64), 64)))
ODD_CIDRS: st.SearchStrategy[Cidr] = st.sampled_from(
    [
        "10.200.0.0/16",
        "0.0.0.0/0",
        "10.200.0.0/25",
        "10.200.2.0/23",
        "10.240.0.0/24",
        "169.254.169.254/32",
        "10.32.0.0/24",
        "::/0",
        "fd00:10:200::/48",
        "fd00:10:200:1:8000::/65",
    ]
).map(parse_cidr)
CIDRS: st.SearchStrategy[Cidr] = V4_BLOCKS | V6_BLOCKS | ODD_CIDRS
V4_HOPS = st.integers(2, 9).map(lambda i: IPv4Address(0x0AF00000 + i))
V6_HOPS = st.integers(2, 9).map(lambda i: IPv6Address((0xFD0000100240 << 80) + i))
HOPS: st.SearchStrategy[IPv4Address | IPv6Address] = V4_HOPS | V6_HOPS

REFUSED: st.SearchStrategy[IPv4Address | IPv6Address] = st.sampled_from(
    [
        "10.240.0.1",
        "10.240.0.255",
        "10.241.0.9",
        "10.200.0.7",
        "127.0.0.1",
        "224.0.0.1",
        "::1",
        "fd00:10:200::7",
        "fd00:10:240::",
        "fd00:10:241::9",
    ]
).map(parse_address)


def _node(
    number: int,
    hops: list[IPv4Address | IPv6Address],
    cidrs: list[Cidr],
    day: int,
    *,
    deleting: bool,
) -> Node:
    return Node(
        NodeName(f"n{number}"),
        tuple(hops),
        tuple(cidrs),
        NodeUid(f"uid-{number}"),
        f"2026-01-0{day}T00:00:00Z" if day else "",
        deleting,
    )


def _nodes(shown: st.SearchStrategy[IPv4Address | IPv6Address]) -> st.SearchStrategy[list[Node]]:
    return st.lists(
        st.builds(
            _node,
            st.integers(0, 30),
            st.lists(shown, max_size=3),
            st.lists(CIDRS, max_size=2),
            st.integers(0, 3),
            deleting=st.booleans(),
        ),
        max_size=10,
        unique_by=lambda node: node.name,
    )


NODES = _nodes(HOPS)
UNREADABLE = st.lists(
    st.builds(
        Unreadable,
        st.sampled_from(["u1", "u2"]),
        st.just("spoilt"),
        st.lists(HOPS, max_size=1).map(tuple),
        st.none() | st.lists(CIDRS, max_size=1).map(tuple),
    ),
    max_size=2,
    unique_by=lambda one: one.name,
)
ROSTERS = st.builds(Roster, NODES.map(tuple), UNREADABLE.map(tuple))
ODD_ROSTERS = st.builds(Roster, _nodes(HOPS | REFUSED).map(tuple), UNREADABLE.map(tuple))


def _installed(
    cidr: Cidr,
    hop: IPv4Address | IPv6Address | None,
    preference: int,
    *,
    ours: bool,
    partial: bool = False,
) -> InstalledRoute:
    return InstalledRoute(
        cidr,
        hop,
        "ours" if ours else "foreign",
        f"{cidr} via {hop} {preference} {ours} {partial}",
        "blackhole" if hop is None else "unicast",
        preference,
        "for some packets only" if partial else "",
        partial,
    )


INSTALLED = st.builds(
    _installed, CIDRS, HOPS | st.none(), st.sampled_from([0, 50]), ours=st.booleans()
)
TABLES = st.lists(
    INSTALLED, max_size=12, unique_by=lambda route: (route.destination, route.preference)
).map(lambda routes: RouteTable(tuple(routes)))
PLACE = 7  # of our routes in a crowd


def _one_of_a_crowd(
    cidr: Cidr, hop: IPv4Address | IPv6Address | None, preference: int, *, ours: bool, partial: bool
) -> InstalledRoute:
    one = _installed(cidr, hop, preference, ours=ours, partial=partial)
    return replace(one, deviation="elsewhere") if ours and preference != PLACE else one


CROWDS = st.lists(
    st.builds(
        _one_of_a_crowd,
        st.sampled_from(["10.200.0.0/24", "10.200.1.0/24"]).map(parse_cidr),
        st.sampled_from(["10.240.0.2", "10.240.0.3"]).map(parse_address) | st.none(),
        st.sampled_from([0, 3, 5, PLACE, PLACE, 50]),
        ours=st.booleans(),
        partial=st.sampled_from([False, False, False, True]),
    ),
    max_size=8,
    unique_by=lambda route: route.handle,
)
SINGLE_TABLES = st.lists(
    st.builds(_installed, CIDRS, HOPS | st.none(), st.just(0), ours=st.booleans()),
    max_size=12,
    unique_by=lambda route: route.destination,
).map(lambda routes: RouteTable(tuple(routes)))
ROUTERS = st.builds(
    RouteTable,
    TABLES.map(lambda table: table.routes),
    st.none() | st.just(tuple(map(parse_cidr, ("10.240.0.0/24", "fd00:10:240::/64")))),
    st.frozensets(st.sampled_from(["10.240.0.1", "10.240.0.5", "10.200.3.1"]).map(parse_address)),
)
