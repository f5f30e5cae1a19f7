"""Which routes stay because their Node still exists, though its claim is gone? Pure.

A Node that loses its addresses or its podCIDR, or breaks a rule that it kept before, is a reason
to complain and never a reason to cut off its Pods.
"""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from podroute.claims.rules import never_a_pod_cidr
from podroute.model.cidr import Address, Cidr
from podroute.model.node import Roster
from podroute.model.route import InstalledRoute


@dataclass(frozen=True, slots=True)
class Kept:
    """A route of ours that no claim asks for, and the Node that it still serves."""

    installed: InstalledRoute
    node: str
    reason: str


def kept_routes(
    unwished: Sequence[InstalledRoute], roster: Roster, losers: Container[str]
) -> Iterator[Kept]:
    """Those of ``unwished`` (routes of ours without a believed claim) that still serve a Node.

    Whoever names the block keeps its route, whatever addresses it shows; a Node without any
    podCIDR keeps the routes that lead to it, by one address of each family: it can show as many as
    it likes. Of several Nodes one of ``losers`` (their claims lost against others) comes last.
    """
    if not unwished:
        return
    keepers = _keepers(roster, losers, {route.next_hop for route in unwished})
    for route in unwished:
        keeper = keepers.get(route.destination, keepers.get(route.next_hop))
        if keeper is not None and not never_a_pod_cidr(route.destination):
            reason = f"{keeper} exists, though it no longer shows a claim that allows this"
            yield Kept(route, keeper, reason)


def _keepers(
    roster: Roster, losers: Container[str], leading: Container[Address | None]
) -> Mapping[Cidr | Address | None, str]:
    """Who keeps the routes to a block, or through an address of ``leading``; none through None."""
    keepers: dict[Cidr | Address | None, str] = {}
    for node in sorted(roster.everybody(), key=lambda node: (node.name in losers, node.name)):
        for stake in node.pod_cidrs or _one_of_each_family(node.internal_ips, leading):
            keepers.setdefault(stake, node.name)
    return keepers


def _one_of_each_family(
    addresses: Sequence[Address], leading: Container[Address | None]
) -> Collection[Address]:
    first: dict[int, Address] = {}
    for address in addresses:
        if address in leading:
            first.setdefault(address.version, address)
    return first.values()
