"""Which steps make the bridge, its addresses and its ports as wished? Pure.

A port keeps the mark of its bridge: where the bridge was deleted, its ports are plugged in again.
"""

from collections.abc import Iterator

from podroute.bridge.desired import ADOPTED, MADE, OF_A_PORT, OURS, Wish, excludes, is_ours
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import (
    AddAddress,
    Blocked,
    ChangeLink,
    CreateBridge,
    RemoveAddress,
    Step,
)

_OF_PODS = "veth"


def conflict(wish: Wish, host: Host) -> Blocked | None:
    """Why the name of the bridge cannot be used, where it cannot."""
    bridge = host.link(wish.settings.bridge)
    if bridge is None or is_ours(bridge):
        return None
    what = f"bridge {bridge.name}"
    if bridge.kind != "bridge":
        kind = bridge.kind or "network card"
        return Blocked(what, f"{bridge.name} is there, a {kind}: give another name by --bridge")
    foreign = _belongs_to_others(wish, host, bridge)
    if not foreign:
        return None
    reason = f"{bridge.name} is there, and not podroute's: it has {foreign}"
    hint = f"give another name by --bridge, or hand it over: ip link set {bridge.name} alias {OURS}"
    return Blocked(what, f"{reason}; {hint}")


def _belongs_to_others(wish: Wish, host: Host, bridge: Link) -> str:
    """What tells that somebody else needs it; "": it is one as CNI plugins or kubenet make it."""
    for address in host.addresses_of(bridge):
        if address not in wish.gateways():
            return f"the address {address}"
    for port in host.ports_of(bridge):
        if port.kind != _OF_PODS:
            return f"the port {port.name}"
    return ""


def bridge_steps(wish: Wish, host: Host) -> Iterator[Step]:
    """It is there, down or up, with our mark and what must be so before it is up."""
    name = wish.settings.bridge
    bridge = host.link(name)
    if host.misnamed:
        yield ChangeLink(host.misnamed, "it is ours by its mark", rename=name)
    for link in host.links:
        if link.number in host.unmarked:
            yield ChangeLink(link.name, "somebody has taken its mark off", alias=link.alias)
    if bridge is None:
        yield CreateBridge(name, wish.mac, wish.mtu, OURS)
    elif not is_ours(bridge):
        mark = OURS if is_begun(host, bridge) else ADOPTED
        # its MAC is set to what it is: from now on it does not follow its ports', and Pods know it
        yield ChangeLink(name, "it is taken over", alias=mark, mac=wish.mac, mtu=wish.mtu)
    elif bridge.mtu != wish.mtu:
        yield ChangeLink(name, f"the lowest MTU on the way is {wish.mtu}", mtu=wish.mtu)


def address_steps(wish: Wish, host: Host) -> Iterator[Step]:
    """The gateways that are missing; in IPv6 a link has an address once, whatever its length.

    With an address the kernel makes the route to its network: where somebody has removed that
    alone, the address is given anew.
    """
    name = wish.settings.bridge
    bridge = host.link(name)
    present = host.addresses_of(bridge) if bridge else ()
    for address in wish.addresses():
        cut_off = bridge is not None and (bridge.number, address) in host.cut_off
        if address in present and not cut_off:
            continue
        for former in present:
            if former == address:
                yield RemoveAddress(name, former, "the kernel's route to its Pods is gone")
            elif excludes(former, address):
                yield RemoveAddress(name, former, f"its podCIDR is a /{address.network.prefixlen}")
        yield AddAddress(name, address)


def is_begun(host: Host, bridge: Link) -> bool:
    """Whether a pass of ours has made it that was ended before it could mark it."""
    used = bridge.up or any(host.addresses_of(bridge)) or any(host.ports_of(bridge))
    return bridge.kind == "bridge" and bridge.mac.startswith(MADE) and not used


def former_addresses(wish: Wish, host: Host) -> Iterator[Step]:
    """Gateways of podCIDRs that this Node no longer has, and that no Pod needs."""
    name = wish.settings.bridge
    bridge = host.link(name)
    present = host.addresses_of(bridge) if bridge and is_ours(bridge) else ()
    wanted = wish.addresses()
    for address in present:
        if address not in wanted and not any(excludes(address, one) for one in wanted):
            yield RemoveAddress(name, address, "no podCIDR of this Node")


def running_steps(wish: Wish, host: Host) -> Iterator[Step]:
    """It is up, and takes what it must take."""
    name = wish.settings.bridge
    bridge = host.link(name) or Link(0, name)
    promiscuous = wish.settings.hairpin == "promiscuous-bridge"
    if bridge.promiscuous != promiscuous:
        on = "so that a Pod reaches itself through a Service"
        reason = on if promiscuous else f"--hairpin-mode={wish.settings.hairpin}"
        yield ChangeLink(name, reason, promiscuous=promiscuous)
    if not bridge.arp:
        yield ChangeLink(name, "without it nobody finds the gateway", arp=True)
    if not bridge.up:
        yield ChangeLink(name, "Pods need it", up=True)


def port_steps(wish: Wish, host: Host) -> Iterator[Step]:
    """Ports are marked, plugged in, and reflect where that is wished."""
    name = wish.settings.bridge
    bridge = host.link(name)
    for link in host.links:
        if link.kind != _OF_PODS:
            continue
        plugged = bridge is not None and link.master == bridge.number
        lost = not link.master and link.alias.startswith(OF_A_PORT)
        if lost:
            was = link.alias.removeprefix(OF_A_PORT)
            yield ChangeLink(link.name, f"it was a port of {was}", master=name, up=True)
        if not plugged and not lost:
            continue
        if not lost and not link.up:
            yield ChangeLink(link.name, "a Pod hangs on it", up=True)
        if link.alias != port_mark(name):
            yield ChangeLink(link.name, f"a Pod's port of {name}", alias=port_mark(name))
        reflects = wish.settings.hairpin == "hairpin-veth"
        if reflects != (link.hairpin and not lost):
            on = "so that a Pod reaches itself through a Service"
            reason = on if reflects else f"--hairpin-mode={wish.settings.hairpin}"
            yield ChangeLink(link.name, reason, hairpin=reflects)


def port_mark(bridge: str) -> str:
    """The alias of a Pod's port."""
    return f"{OF_A_PORT}{bridge}"


def old_pods(wish: Wish, host: Host) -> tuple[str, ...]:
    """Pods' addresses outside the Node's podCIDRs: these Pods must be made anew."""
    former = [one.network for one in wish.retained]
    seen = (ip for ip in host.pod_addresses or () if any(ip in one for one in former))
    return tuple(
        str(ip)
        for ip in sorted({*host.cni.in_use, *seen}, key=lambda ip: (ip.version, int(ip)))
        if not any(ip in cidr for cidr in wish.pod_cidrs)
    )
