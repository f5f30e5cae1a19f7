"""Can the podCIDRs that a Node shows be this worker's? Pure; judged as on the router."""

from collections.abc import Iterator, Sequence

from podroute.bridge.desired import gateway
from podroute.bridge.seen import Host
from podroute.bridge.steps import Blocked
from podroute.claims.rules import ClaimCourt, ClaimRules
from podroute.model.cidr import Cidr, bounds
from podroute.model.route import RouteTable

_FEWEST_HOST_BITS = 2


def refused(
    pod_cidrs: Sequence[Cidr], host: Host, bridge: str, rules: ClaimRules
) -> Iterator[Blocked]:
    """Each podCIDR that cannot be, and why."""
    mine = host.link(bridge)
    others = [address for number, address in host.addresses if not mine or number != mine.number]
    court = ClaimCourt(rules, RouteTable(on_link=tuple(one.network for one in others)))
    present = host.addresses_of(mine) if mine else ()
    for cidr in pod_cidrs:
        if cidr.max_prefixlen - cidr.prefixlen < _FEWEST_HOST_BITS:
            yield Blocked(f"podCIDR {cidr}", f"{cidr} has no room for a gateway and a Pod")
            continue
        installed = gateway(cidr) in present
        fault = court.fault_of_block(cidr, bounds(cidr), installed=installed)
        if fault:
            yield Blocked(f"podCIDR {cidr}", fault)
