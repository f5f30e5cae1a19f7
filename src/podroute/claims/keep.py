"""Which routes stay because their Node still exists, though its claim is gone? Pure.

A Node that loses its addresses or its podCIDR, or breaks a rule that it kept before, is a reason
to complain and never a reason to cut off its Pods.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podroute.claims.rules import never_a_pod_cidr
from podroute.model.cidr import Address, Cidr
from podroute.model.node import Node, Roster, Unreadable
from podroute.model.route import InstalledRoute


@dataclass(frozen=True, slots=True)
class Kept:
    """A route of ours that no claim asks for, and the Node that it still serves."""

    installed: InstalledRoute
    node: str
    reason: str


def kept_routes(
    stale: Sequence[InstalledRoute], roster: Roster, *, named: bool = False
) -> Iterator[Kept]:
    """Those of ``stale`` (routes of ours without a believed claim) that still serve a Node.

    ``named``: only for Nodes that name the block, not for those that show the address alone.
    """
    if not stale:
        return
    living = sorted(roster.everybody(), key=lambda node: node.name)
    holders: defaultdict[Cidr | Address, list[Node | Unreadable]] = defaultdict(list)
    for node in living:
        for claim in (*(node.pod_cidrs or ()), *node.internal_ips):
            holders[claim].append(node)
    for route in stale:
        if route.next_hop is None or never_a_pod_cidr(route.destination):
            continue
        candidates = holders.get(route.destination, [])
        if not named:
            candidates = candidates + holders.get(route.next_hop, [])
        keeper = next((node for node in candidates if _serves(route, node)), None)
        if keeper is not None:
            reason = f"{keeper.name} exists, though it no longer shows a claim that allows this"
            yield Kept(route, keeper.name, reason)


def _serves(route: InstalledRoute, node: Node | Unreadable) -> bool:
    return _may_have_block(route, node) and _may_have_address(route, node)


def _may_have_block(route: InstalledRoute, node: Node | Unreadable) -> bool:
    return not node.pod_cidrs or route.destination in node.pod_cidrs


def _may_have_address(route: InstalledRoute, node: Node | Unreadable) -> bool:
    if route.next_hop in node.internal_ips or isinstance(node, Unreadable):
        return True
    version = route.destination.version
    return all(address.version != version for address in node.internal_ips)
