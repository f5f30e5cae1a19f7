"""Can the podCIDRs that a Node shows be this worker's? Pure; judged as on the router."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.bridge.desired import gateway
from podroute.bridge.seen import Host, Interface, Link
from podroute.bridge.steps import Blocked
from podroute.claims.rules import ClaimCourt, ClaimRules
from podroute.model.cidr import Cidr, bounds
from podroute.model.route import RouteTable

THIS_WORKER: Final = "this worker"  # in the words of a refusal
_FEWEST_HOST_BITS: Final = 2


def refused(
    pod_cidrs: Sequence[Cidr], host: Host, bridge: str, rules: ClaimRules
) -> Iterator[Blocked]:
    """Each podCIDR that cannot be, and why."""
    mine = host.link(bridge)
    others = [address for number, address in host.addresses if not mine or number != mine.number]
    networks = tuple(one.network for one in others)
    court = ClaimCourt(rules, RouteTable(on_link=networks, whose=THIS_WORKER))
    present = host.addresses_of(mine) if mine else ()
    for cidr in pod_cidrs:
        if cidr.max_prefixlen - cidr.prefixlen < _FEWEST_HOST_BITS:
            yield Blocked(f"podCIDR {cidr}", f"{cidr} has no room for a gateway and a Pod")
            continue
        installed = gateway(cidr) in present
        fault = court.fault_of_block(cidr, bounds(cidr), installed=installed)
        if fault:
            near = (one for one in _near(cidr, host) if not mine or one[0].number != mine.number)
            where = ", ".join(f"{link.name} has {address}" for link, address in near)
            yield Blocked(f"podCIDR {cidr}", f"{fault}: {where}" if where else fault)


def _near(cidr: Cidr, host: Host) -> Iterator[tuple[Link, Interface]]:
    """Which links have addresses that a fault may be about."""
    for link in host.links:
        for number, address in host.addresses:
            if number == link.number and address.network.overlaps(cidr):
                yield link, address
