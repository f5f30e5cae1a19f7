"""Which addresses a Node may claim at all, whoever else claims them. Pure."""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from podroute.model.cidr import Address, Cidr, contains
from podroute.model.pool import CidrPool
from podroute.model.route import RouteTable


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What the operator says about the address plan; empty means: not said."""

    pools: tuple[CidrPool, ...] = ()  # the cluster CIDRs
    reserved: tuple[Cidr, ...] = ()  # service ranges and others that are no Pod's
    node_cidrs: tuple[Cidr, ...] = ()  # where the InternalIPs are


def never_a_pod_cidr(cidr: Cidr) -> str:
    """Why no Node can have ``cidr``, whatever the address plan says; "" where one can."""
    if cidr.prefixlen == 0:
        return f"{cidr} is the default route"
    if cidr.is_loopback or cidr.is_link_local or cidr.is_multicast:
        return f"{cidr} is loopback, link-local or multicast"
    if isinstance(cidr, IPv6Network) and cidr.network_address.ipv4_mapped is not None:
        return f"{cidr} is an IPv4 address in IPv6 clothes"
    return ""


def outside_the_plan(cidr: Cidr, rules: ClaimRules) -> str:
    """Why ``cidr`` does not fit the operator's address plan; "" where it does."""
    for reserved in rules.reserved:
        if reserved.overlaps(cidr):
            return f"{cidr} overlaps the reserved range {reserved}"
    if not rules.pools or any(pool.is_block(cidr) for pool in rules.pools):
        return ""
    within = [pool for pool in rules.pools if contains(pool.cidr, cidr)]
    if within:
        return f"{cidr} is not one /{within[0].block_prefix} block of {within[0].cidr}"
    ranges = ", ".join(str(pool.cidr) for pool in rules.pools)
    return f"{cidr} is outside the cluster CIDR {ranges}"


def never_a_next_hop(address: Address, rules: ClaimRules, table: RouteTable) -> str:
    """Why no route may lead to ``address``; "" where one may."""
    if _is_special(address):
        return f"{address} is loopback, link-local, multicast or unspecified"
    if address in table.own_addresses:
        return f"{address} is the router's own address"
    if any(address in pool.cidr for pool in rules.pools):
        return f"{address} is inside the cluster CIDR: it belongs to a Pod"
    return _beyond(address, rules, table)


def _beyond(address: Address, rules: ClaimRules, table: RouteTable) -> str:
    if rules.node_cidrs and not any(address in cidr for cidr in rules.node_cidrs):
        return f"{address} is outside the node CIDRs {', '.join(map(str, rules.node_cidrs))}"
    if table.on_link is not None and not any(address in cidr for cidr in table.on_link):
        return f"{address} is not on a link of the router"
    return ""


def _is_special(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        odd = address.ipv4_mapped is not None
    else:
        odd = int(address) == (1 << 32) - 1
    return (
        odd
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
    )
