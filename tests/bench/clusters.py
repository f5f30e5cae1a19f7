"""A cluster of any size, both families, and a router that is in step with it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from podroute.claims.rules import ClaimRules
from podroute.model.node import Node, NodeName, NodeUid, Roster
from podroute.model.pool import CidrPool
from podroute.model.route import InstalledRoute, RouteTable

NODE_NETWORKS = (IPv4Network("10.0.0.0/9"), IPv6Network("fd01::/64"))
RULES = ClaimRules(
    (CidrPool(IPv4Network("10.128.0.0/9"), 24), CidrPool(IPv6Network("fd00:10::/48"), 64)),
    (IPv4Network("10.127.0.0/16"),),
    NODE_NETWORKS,
)


def cluster(size: int) -> Roster:
    """``size`` Nodes, each with an InternalIP and a podCIDR of both families."""
    return Roster(tuple(_node(number) for number in range(size)))


def _node(number: int) -> Node:
    return Node(
        NodeName(f"worker-{number}"),
        (IPv4Address((10 << 24) + 256 + number), IPv6Address((0xFD01 << 112) + 2 + number)),
        (
            IPv4Network(((10 << 24) + (1 << 23) + (number << 8), 24)),
            IPv6Network(((0xFD000010 << 96) + (number << 64), 64)),
        ),
        NodeUid(f"00000000-0000-4000-8000-{number:012}"),
        "2026-01-01T00:00:00Z",
    )


def in_step(roster: Roster) -> RouteTable:
    """What a router shows where every route is as wished; all objects are its own."""
    routes = tuple(
        InstalledRoute(
            type(cidr)((int(cidr.network_address), cidr.prefixlen)),
            type(hop)(int(hop)),
            "ours",
            f"{cidr} via {hop}",
        )
        for node in roster.nodes
        for cidr, hop in zip(node.pod_cidrs, node.internal_ips, strict=True)
    )
    return RouteTable(routes, NODE_NETWORKS)
