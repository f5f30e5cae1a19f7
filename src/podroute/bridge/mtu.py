"""Is the MTU one that the Node's podCIDRs can live with? Pure.

The kernel takes IPv6 off a link whose MTU is below 1280: no pass would ever get an address onto it.
"""

from collections.abc import Iterator

from podroute.bridge.checks import Finding
from podroute.bridge.desired import SMALLEST_MTU, Wish
from podroute.bridge.steps import Blocked


def too_small(wish: Wish) -> Blocked | None:
    """Why nothing can be done with the MTU that was given, where nothing can."""
    for cidr in wish.pod_cidrs:
        smallest = SMALLEST_MTU[cidr.version]
        if wish.mtu < smallest:
            reason = f"--network-plugin-mtu {wish.mtu} is too small for podCIDR {cidr}"
            hint = f"give at least {smallest}, or 0 for the lowest of the uplinks"
            return Blocked(f"MTU of {wish.settings.bridge}", f"{reason}: {hint}")
    return None


def narrow_uplinks(wish: Wish) -> Iterator[Finding]:
    """Ways out that carry less than Pods can be held to."""
    smallest = max(SMALLEST_MTU[cidr.version] for cidr in wish.pod_cidrs)
    for link in wish.uplinks:
        if link.mtu < smallest:
            cause = f"{link.name} has MTU {link.mtu}, and Pods cannot have less than {smallest}"
            fix = f"ip link set {link.name} mtu {smallest}"
            yield Finding("mtu", link.name, f"{cause}: their larger packets are lost", fix)
