"""Which routes stay because their Node still exists, though its claim is gone? Pure.

A Node that loses its addresses or its podCIDR, or breaks a rule that it kept before, is a reason
to complain and never a reason to cut off its Pods.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podroute.claims.rules import never_a_pod_cidr
from podroute.model.node import Node, Roster, Unreadable
from podroute.model.route import InstalledRoute


@dataclass(frozen=True, slots=True)
class Kept:
    """A route of ours that no claim asks for, and the Node that it still serves."""

    installed: InstalledRoute
    node: str
    reason: str


def kept_routes(stale: Sequence[InstalledRoute], roster: Roster) -> Iterator[Kept]:
    """Those of ``stale`` (routes of ours without a believed claim) that still serve a Node."""
    if not stale:
        return
    living: tuple[Node | Unreadable, ...] = (*roster.nodes, *roster.unreadable)
    by_cidr = [(cidr, node) for node in living for cidr in node.pod_cidrs or ()]
    by_hop = [(hop, node) for node in living for hop in node.internal_ips]
    for route in stale:
        if route.next_hop is None or never_a_pod_cidr(route.destination):
            continue
        candidates = [node for cidr, node in by_cidr if cidr == route.destination]
        candidates += [node for hop, node in by_hop if hop == route.next_hop]
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
