"""Which addresses a Node may claim at all, whoever else claims them. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Final

from podroute.model.cidr import Address, Bounds, Cidr, contains
from podroute.model.pool import CidrPool
from podroute.model.route import RouteTable
from podroute.model.span import SpanSet

# The special-purpose registries of RFC 6890: no Pod and no Node has an address in these.
SPECIAL: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/127",
        "::ffff:0:0/96",
        "fe80::/10",
        "ff00::/8",
    )
)


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What the operator says about the address plan; empty means: not said."""

    pools: tuple[CidrPool, ...] = ()  # the cluster CIDRs
    reserved: tuple[Cidr, ...] = ()  # service ranges and others that are no Pod's
    node_cidrs: tuple[Cidr, ...] = ()  # where the InternalIPs are


class ClaimCourt:
    """The rules and the router's own facts, made ready for many claims."""

    def __init__(self, rules: ClaimRules, table: RouteTable) -> None:
        self._rules = rules
        self._table = table
        self._pools = [(SpanSet([pool.cidr]), pool.block_prefix) for pool in rules.pools]
        self._versions = frozenset(pool.cidr.version for pool in rules.pools)
        self._networks = tuple(_networks_beside_pods(rules, table))
        self._closed_to_pods = SpanSet((*SPECIAL, *rules.reserved, *self._networks))
        self._closed_to_nodes = SpanSet((*SPECIAL, *(pool.cidr for pool in rules.pools)))
        self._node_cidrs = SpanSet(rules.node_cidrs)
        self._taken = table.own_addresses | table.gateways
        self._on_link = SpanSet(table.on_link or ())
        self._ends = frozenset(end for link in table.on_link or () for end in _ends(link))

    def passes_over(self, cidr: Cidr) -> bool:
        """Whether it could be a Node's, but of an IP version that gets no routes."""
        routed = not self._versions or cidr.version in self._versions
        return not routed and not never_a_pod_cidr(cidr)

    def fault_of_block(self, cidr: Cidr, block: Bounds, *, installed: bool) -> str:
        """Why ``cidr`` cannot be a Node's; "" where it can.

        ``installed``: its route is there as claimed, and stays believed when the plan changes.
        """
        if self._is_planned(cidr, block) and not self._closed_to_pods.touches(block):
            return ""
        fault = never_a_pod_cidr(cidr) or self._over_a_network(cidr)
        return fault if fault or installed else self._outside_the_plan(cidr)

    def fault_of_next_hop(self, address: Address) -> str:
        """Why no route may lead to ``address``; "" where one may."""
        number = int(address)
        hop = (address.version, number, number)
        if self._closed_to_nodes.covers(hop) or address in self._ends:
            return self._closed_next_hop(address)
        if address in self._taken:
            return self._not_a_nodes(address)
        if self._rules.node_cidrs and not self._node_cidrs.covers(hop):
            return f"{address} is outside the node CIDRs {_list(self._rules.node_cidrs)}"
        if self._table.on_link is not None and not self._on_link.covers(hop):
            return f"{address} is not on a link of {self._table.whose} that is up"
        return ""

    def _is_planned(self, cidr: Cidr, block: Bounds) -> bool:
        for pool, block_prefix in self._pools:
            if cidr.prefixlen == block_prefix and pool.covers(block):
                return True
        return not self._pools

    def _over_a_network(self, cidr: Cidr) -> str:
        for network in self._networks:
            if network.overlaps(cidr):
                return f"{cidr} overlaps {network}, where {self._table.whose} and the Nodes are"
        return ""

    def _outside_the_plan(self, cidr: Cidr) -> str:
        for reserved in self._rules.reserved:
            if reserved.overlaps(cidr):
                return f"{cidr} overlaps the reserved range {reserved}"
        for pool in self._rules.pools:
            if contains(pool.cidr, cidr):
                return f"{cidr} is not one /{pool.block_prefix} block of {pool.cidr}"
        return f"{cidr} is outside the cluster CIDR {_list(one.cidr for one in self._rules.pools)}"

    def _not_a_nodes(self, address: Address) -> str:
        whose = self._table.whose
        if address in self._table.own_addresses:
            return f"{address} is {whose}'s own address"
        gateway = f"{address} is the default gateway of {whose}"
        return f"{gateway}: what has no route goes there anyway"

    def _closed_next_hop(self, address: Address) -> str:
        if any(address in pool.cidr for pool in self._rules.pools):
            return f"{address} is inside the cluster CIDR: it belongs to a Pod"
        if address in self._ends:
            return f"{address} is the first or last address of a network: no Node can have it"
        return f"{address} is in a range for special purposes: no Node can have it"


def _networks_beside_pods(rules: ClaimRules, table: RouteTable) -> Iterator[Cidr]:
    """Where the router and the Nodes are; not a network that has a whole pool inside."""
    own = (ip_network(address) for address in table.own_addresses)
    for network in (*rules.node_cidrs, *(table.on_link or ()), *own):
        if not any(contains(network, pool.cidr) for pool in rules.pools):
            yield network


def _ends(network: Cidr) -> Iterator[Address]:
    """The addresses that stand for the network or for everyone in it."""
    if network.max_prefixlen - network.prefixlen > 1:
        yield network.network_address
        if isinstance(network, IPv4Network):
            yield network.broadcast_address


def never_a_pod_cidr(cidr: Cidr) -> str:
    """Why no Node can have ``cidr``, whatever the address plan says; "" where one can."""
    for special in SPECIAL:
        if special.overlaps(cidr):
            return f"{cidr} overlaps {special}, a range for special purposes"
    return ""


def _list(cidrs: Iterable[Cidr]) -> str:
    return ", ".join(map(str, cidrs))
