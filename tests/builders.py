"""Tests speak in names and CIDRs, not in constructors."""

from podroute.claims.rules import ClaimRules
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid, Roster, Unreadable
from podroute.model.pool import CidrPool
from podroute.model.route import InstalledRoute, Kind, Ownership, Preferences, Route, RouteTable


def node(name: str, ips: str = "", *pod_cidrs: str, created: str = "", uid: str = "") -> Node:
    """``ips`` are separated by spaces."""
    return Node(
        NodeName(name),
        tuple(map(parse_address, ips.split())),
        tuple(map(parse_cidr, pod_cidrs)),
        NodeUid(uid or f"uid-{name}"),
        created,
    )


def unreadable(name: str, ips: str = "", *pod_cidrs: str) -> Unreadable:
    """A Node of which ``ips`` and ``pod_cidrs`` could be read."""
    return Unreadable(
        name,
        "spoilt",
        tuple(map(parse_address, ips.split())),
        tuple(map(parse_cidr, pod_cidrs)),
    )


def roster(*nodes: Node | Unreadable) -> Roster:
    """All the Nodes there are."""
    return Roster(
        tuple(one for one in nodes if isinstance(one, Node)),
        tuple(one for one in nodes if isinstance(one, Unreadable)),
    )


def route(destination: str, via: str, node_name: str = "worker-0") -> Route:
    """A wish."""
    return Route(parse_cidr(destination), parse_address(via), NodeName(node_name))


def installed(
    destination: str,
    via: str = "",
    ownership: Ownership = "ours",
    *,
    preference: int = 0,
    deviation: str = "",
    kind: Kind = "unicast",
    partial: bool = False,
) -> InstalledRoute:
    """A route as read; without ``via`` give its ``kind``."""
    return InstalledRoute(
        parse_cidr(destination),
        parse_address(via) if via else None,
        ownership,
        f"{destination} via {via or kind} {ownership} {preference}",
        kind,
        preference,
        deviation,
        partial,
    )


def table(
    *routes: InstalledRoute, on_link: str = "", own: str = "", preference: int = 0
) -> RouteTable:
    """What is installed; ``on_link`` and ``own`` are separated by spaces.

    Without ``on_link`` the router can reach any next hop; ``preference`` is that of ours.
    """
    links = tuple(map(parse_cidr, on_link.split())) if on_link else None
    addresses = frozenset(map(parse_address, own.split()))
    return RouteTable(routes, links, addresses, Preferences(preference, preference))


def pool(cidr: str, block_prefix: int) -> CidrPool:
    """A cluster CIDR."""
    return CidrPool(parse_cidr(cidr), block_prefix)


def rules(*pools: CidrPool, reserved: str = "", node_cidrs: str = "") -> ClaimRules:
    """``reserved`` and ``node_cidrs`` are separated by spaces."""
    return ClaimRules(
        pools,
        tuple(map(parse_cidr, reserved.split())),
        tuple(map(parse_cidr, node_cidrs.split())),
    )


SEED_POOL = pool("10.200.0.0/16", 24)
SEED_RULES = rules(SEED_POOL, pool("fd00:10:200::/48", 64))
