"""Is this machine a worker whose Pods are reached? Every check by its name. Pure.

What the agent would do is wrong as long as it is not done: its plan says most of it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from podroute.bridge.checks import Finding
from podroute.bridge.desired import OURS, Wish
from podroute.bridge.plan import Plan
from podroute.bridge.seen import Host
from podroute.bridge.steps import (
    AddAddress,
    Blocked,
    ChangeLink,
    CreateBridge,
    DeleteLink,
    DeleteTable,
    FreeAddress,
    NoteAddress,
    RemoveAddress,
    RemoveConflist,
    ReplaceTable,
    SetSysctl,
    Step,
    WriteConflist,
    line,
    sysctl_name,
)
from podroute.model.check import Check, Problem

CHECKS: Final[Mapping[str, str]] = {
    "pod-cidr": "the Node's podCIDRs can be this worker's",
    "bridge-owner": "the bridge's name is free, or the bridge is ours",
    "bridge": "the bridge has the first address of each podCIDR, and its ports",
    "pod-routes": "what is for Pods is led to the bridge",
    "mtu": "the bridge and its ports have the lowest MTU of the ways out",
    "duplicate-address": "no address is there twice",
    "forwarding": "this worker forwards, and believes no Pod's router advertisement",
    "rp-filter": "packets may come by another way than they would go",
    "route-localnet": "127.0.0.1 is not reached by neighbours",
    "br-netfilter": "Services reach Pods of the same worker",
    "hairpin": "a Pod reaches itself through a Service",
    "firewall": "masquerade and the Pods' own rules are there",
    "forward-drop": "nobody else drops forwarded packets",
    "iptables-legacy": "all rules are seen by nft",
    "cni-plugins": "the CNI plugins are there",
    "cni-flaws": "no CNI plugin is known to do harm",
    "cni-rights": "nobody but root writes CNI plugins and configurations",
    "cni-config": "the container runtime plugs Pods into the bridge",
    "leftovers": "host-local keeps no address that no Pod has",
    "unnoted": "host-local has noted the addresses of all Pods",
    "old-pods": "all Pods have addresses of the Node's podCIDRs",
}
_FIX: Final = "podroute agent --once does it, or a running agent"
_BLOCKED: Final = {
    "podCIDR": "pod-cidr",
    "bridge": "bridge-owner",
    "MTU": "mtu",
    "CNI": "cni-config",
}


def diagnose(plan: Plan, wish: Wish | None, host: Host) -> tuple[Check, ...]:
    """All checks in the order of a packet's way; without ``wish`` the podCIDRs cannot be."""
    found = [
        *(_of_blocked(one) for one in plan.blocked),
        *(_of_step(step) for step in plan.steps),
        *plan.problems,
        *(_duplicates(wish, host) if wish else ()),
        *(_port_mtus(wish, host) if wish else ()),
    ]
    return tuple(
        Check(
            name,
            what,
            tuple(Problem(one.subject, one.cause, one.fix) for one in found if one.id == name),
        )
        for name, what in CHECKS.items()
    )


def _of_blocked(blocked: Blocked) -> Finding:
    kind = _BLOCKED[blocked.what.partition(" ")[0]]
    return Finding(kind, blocked.what, blocked.reason, "podroute agent --dry-run shows the rest")


def _of_step(step: Step) -> Finding:
    match step:
        case CreateBridge() | ChangeLink() | DeleteLink() | AddAddress() | RemoveAddress():
            check, subject = _of_link(step)
        case SetSysctl(key=key):
            check = "br-netfilter" if key.startswith("bridge/") else "forwarding"
            subject = sysctl_name(key)
        case ReplaceTable(family=family) | DeleteTable(family=family):
            check, subject = "firewall", f"{family} {OURS}"
        case WriteConflist(name=name) | RemoveConflist(name=name):
            check, subject = "cni-config", name
        case FreeAddress(address=address):
            check, subject = "leftovers", str(address)
        case NoteAddress(address=address):
            check, subject = "unnoted", str(address)
        case _:
            assert_never(step)
    return Finding(check, subject, line(step), _FIX)


def _of_link(
    step: CreateBridge | ChangeLink | DeleteLink | AddAddress | RemoveAddress,
) -> tuple[str, str]:
    if isinstance(step, AddAddress | RemoveAddress):
        return "bridge", str(step.address)
    only_mtu = isinstance(step, ChangeLink) and step.mtu is not None and step.alias is None
    return ("mtu" if only_mtu else "bridge"), step.name


def _duplicates(wish: Wish, host: Host) -> Iterator[Finding]:
    """Two Pods with one address, or one with the bridge's; the machine's own are no podCIDR's."""
    own = [*wish.own(4), *wish.own(6)]
    gateways = {one.ip for one in wish.addresses()}
    inside = [ip for ip in host.pod_addresses or () if any(ip in cidr for cidr in own)]
    for ip, times in Counter([*inside, *gateways]).items():
        if times > 1:
            taken = f"a Pod has {ip}, which is the bridge's"
            cause = taken if ip in gateways else f"{times} Pods have {ip}"
            fix = "delete these Pods: they come back with other addresses"
            yield Finding("duplicate-address", str(ip), cause, fix)


def _port_mtus(wish: Wish, host: Host) -> Iterator[Finding]:
    bridge = host.link(wish.settings.bridge)
    for port in host.ports_of(bridge) if bridge else ():
        if port.mtu != wish.mtu:
            cause = f"{port.name} has MTU {port.mtu}, the bridge is to have {wish.mtu}"
            fix = "delete the Pod: it comes back with the other MTU"
            yield Finding("mtu", port.name, cause, fix)
