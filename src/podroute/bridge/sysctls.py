"""Which kernel settings must be otherwise so that this machine forwards? Pure.

Linux loses a default route that came by router advertisement when it begins to forward IPv6, unless
``accept_ra`` is 2 there. Where it is 0 a program hears them in the kernel's place (as
systemd-networkd and NetworkManager do), and loses none. A Pod's router advertisement must not
reach the host (CVE-2020-10749).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from podroute.bridge.desired import Wish
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import SetSysctl

FORWARD: Mapping[int, str] = {4: "ipv4/ip_forward", 6: "ipv6/conf/all/forwarding"}
BRIDGED: Mapping[int, str] = {
    4: "bridge/bridge-nf-call-iptables",
    6: "bridge/bridge-nf-call-ip6tables",
}
NO_IPV6: Final = "this kernel has no IPv6"
GIVE_IPV6: Final = (
    "boot it without ipv6.disable=1, or with the module ipv6; "
    "if it has, give the host's /proc/sys/net by --proc-sys-net"
)
_UNLESS_FORWARDING: Final = "1"  # as accept_ra


def speaks(host: Host, version: int) -> bool:
    """Whether the kernel has this IP version; IPv6 may be switched off at the boot."""
    return version != 6 or FORWARD[version] in host.sysctls  # noqa: PLR2004 -- IPv6


def before_up(wish: Wish, host: Host) -> Iterator[SetSysctl]:
    """What must be so before the bridge hears anybody; its settings come with it."""
    bridge = f"ipv6/conf/{wish.settings.bridge}"
    if not speaks(host, 6):
        return
    guarded = "a Pod is no router: what it advertises is not believed"
    yield from _unless(host, f"{bridge}/accept_ra", "0", guarded)
    if _has(wish, 6):
        yield from _unless(host, f"{bridge}/disable_ipv6", "0", "the Node has an IPv6 podCIDR")
        at_once = "nobody is asked for duplicates: Pods are reached at once"
        yield from _unless(host, f"{bridge}/accept_dad", "0", at_once)


def forwarding(wish: Wish, host: Host) -> Iterator[SetSysctl]:
    """Both families; whoever has its default route by advertisement keeps it."""
    if _has(wish, 6):
        for link in _led_by_advertisement(host):
            key = f"ipv6/conf/{link.name}/accept_ra"
            if host.sysctls.get(key) == _UNLESS_FORWARDING:
                reason = f"the IPv6 default route through {link.name} came by router advertisement"
                yield SetSysctl(key, "2", reason)
    for version, key in FORWARD.items():
        if _has(wish, version):
            yield from _unless(host, key, "1", f"Pods' IPv{version} packets are forwarded")
            yield from _on_links(wish, host, version)


def _on_links(wish: Wish, host: Host, version: int) -> Iterator[SetSysctl]:
    """Each link has a switch of its own, which the one for all takes along when it is turned."""
    if host.sysctls.get(FORWARD[version]) != "1":
        return
    for name in (wish.settings.bridge, *(link.name for link in wish.uplinks)):
        key = f"ipv{version}/conf/{name}/forwarding"
        if key in host.sysctls:
            yield from _unless(host, key, "1", f"Pods' packets pass {name}")


def bridged(wish: Wish, host: Host) -> Iterator[SetSysctl]:
    """Where the kernel has it, Services see packets between Pods of one worker too."""
    for version, key in BRIDGED.items():
        if _has(wish, version) and key in host.sysctls:
            reason = "Services reach Pods of the same worker (kube-proxy)"
            yield from _unless(host, key, "1", reason)


def _unless(host: Host, key: str, value: str, reason: str) -> Iterator[SetSysctl]:
    if host.sysctls.get(key) != value:
        yield SetSysctl(key, value, reason)


def _has(wish: Wish, version: int) -> bool:
    return any(cidr.version == version for cidr in wish.pod_cidrs)


def _led_by_advertisement(host: Host) -> Iterator[Link]:
    numbers = {route.link for route in host.default_routes if route.by_ra}
    return (link for link in host.links if link.number in numbers)
