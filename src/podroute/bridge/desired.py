"""What is wished of a worker, from its podCIDRs and the operator's settings? Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface
from typing import Final, Literal, TypeAlias

from podroute.bridge.seen import Host, Interface, Link
from podroute.model.cidr import Address, Cidr

HairpinMode: TypeAlias = Literal["promiscuous-bridge", "hairpin-veth", "none"]

OURS: Final = "podroute"  # the alias of a bridge and of its ports, and the name of tables and files
ADOPTED: Final = "podroute (adopted)"  # the alias of a bridge that was there before
OF_A_PORT: Final = f"{OURS} port of "  # how the alias of a Pod's port begins
FALLBACK_MTU: Final = 1460  # as kubenet, where no uplink is known
SMALLEST_MTU: Final = {4: 576, 6: 1280}
LARGEST_MTU: Final = 65535  # of a bridge, and of a packet
_ANYWHERE: Final = 0  # the length of 0.0.0.0/0
MADE: Final = "0a:58"  # how kubenet and the CNI plugins begin a MAC that is made of an address


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """As the kubelet's and kubenet's flags have it; ``mtu`` 0: the lowest of the uplinks."""

    bridge: str = "cbr0"
    hairpin: HairpinMode = "hairpin-veth"  # docs/decisions/0019
    mtu: int = 0
    non_masquerade: tuple[Cidr, ...] = (IPv4Network("10.0.0.0/8"),)
    data_folder: str = "/run/podroute/networks"  # where host-local notes addresses


@dataclass(frozen=True, slots=True)
class Wish:
    """``pod_cidrs`` are the Node's; ``retained`` gateways before, as long as Pods use them.

    ``released`` are those that no Pod uses, as far as anybody knows.
    """

    settings: AgentSettings
    pod_cidrs: tuple[Cidr, ...]
    mac: str  # of the bridge
    mtu: int
    uplinks: tuple[Link, ...]
    retained: tuple[Interface, ...] = ()
    released: tuple[Interface, ...] = ()

    def gateways(self) -> tuple[Interface, ...]:
        """The bridge's addresses: the first of each podCIDR."""
        return tuple(map(gateway, self.pod_cidrs))

    def addresses(self) -> tuple[Interface, ...]:
        """What the bridge is to have; of IPv6 a link has each once, as widely as Pods need it."""
        former = self.retained
        firsts = (one for one in self.gateways() if not any(excludes(one, old) for old in former))
        return (*firsts, *former)

    def own(self, version: int) -> tuple[Cidr, ...]:
        """Where this worker's Pods are, in one family."""
        former = (one.network for one in self.retained)
        return tuple(cidr for cidr in (*self.pod_cidrs, *former) if cidr.version == version)

    def masqueraded_unless(self, version: int) -> tuple[Cidr, ...]:
        """Destinations that see Pods' own addresses; empty: all do."""
        plain = [cidr for cidr in self.settings.non_masquerade if cidr.version == version]
        if not plain or any(cidr.prefixlen == _ANYWHERE for cidr in plain):
            return ()
        return (*plain, *self.own(version))


def desire(
    pod_cidrs: Sequence[Cidr],
    host: Host,
    settings: AgentSettings,
    internal_ips: Iterable[Address] = (),
    former: Sequence[Interface] = (),
) -> Wish:
    """What ``host`` should be like with these podCIDRs, of which there is at least one.

    ``former`` are gateways that are remembered: they may have gone with the bridge.
    """
    uplinks = _uplinks(host, settings.bridge, frozenset(internal_ips))
    smallest = max(SMALLEST_MTU[cidr.version] for cidr in pod_cidrs)
    lowest = min((link.mtu for link in uplinks), default=FALLBACK_MTU)
    mtu = settings.mtu or min(max(lowest, smallest), LARGEST_MTU)
    bridge = host.link(settings.bridge)
    mac = bridge.mac if bridge and bridge.kind == "bridge" else _known_mac(host, settings.bridge)
    candidates = _former(pod_cidrs, host, settings, former)
    kept = _retained(candidates, pod_cidrs, host, settings)
    gone = tuple(one for one in candidates if one not in kept)
    return Wish(settings, tuple(pod_cidrs), mac or _mac(pod_cidrs[0]), mtu, uplinks, kept, gone)


def called_back(
    released: Iterable[Interface], pod_cidrs: Sequence[Cidr], noted: Iterable[Address]
) -> tuple[Interface, ...]:
    """Of former gateways those that a Pod needs after all.

    It was just being plugged in when they went: its runtime had read the configuration before.
    """
    late = [ip for ip in noted if not any(ip in cidr for cidr in pod_cidrs)]
    return tuple(one for one in released if any(ip in one.network for ip in late))


def gateway(cidr: Cidr) -> Interface:
    """The first address of ``cidr``, on the link to all of it."""
    first = cidr.network_address + 1
    if isinstance(cidr, IPv4Network):
        return IPv4Interface((int(first), cidr.prefixlen))
    return IPv6Interface((int(first), cidr.prefixlen))


def _mac(first: Cidr) -> str:
    """The same for the same podCIDR: Pods know it when the bridge is made anew."""
    address = gateway(first).packed
    tail = address if isinstance(first, IPv4Network) else sha256(address).digest()[:4]
    return f"{MADE}:{tail.hex(':')}"


def _known_mac(host: Host, bridge: str) -> str:
    """What Pods have sent to until now, though it was made of another podCIDR."""
    return host.former_mac if has_pods(host, bridge) else ""


def _uplinks(host: Host, bridge: str, internal_ips: frozenset[Address]) -> tuple[Link, ...]:
    """Where default routes leave, and where the Node's addresses are; else any that could be."""
    leaving = {route.link for route in host.default_routes}
    leaving |= {number for number, address in host.addresses if address.ip in internal_ips}
    mine = host.link(bridge)
    candidates = [
        link
        for link in host.links
        if link.name != bridge
        and not link.loopback
        and (mine is None or link.master != mine.number)
    ]
    chosen = [link for link in candidates if link.number in leaving]
    return tuple(chosen or (link for link in candidates if _could_lead_out(link)))


def _could_lead_out(link: Link) -> bool:
    return link.up and not link.point_to_point and not link.master


def excludes(former: Interface, address: Interface) -> bool:
    """Whether a link cannot have both: of IPv6 it has an address once, whatever its length."""
    return isinstance(former, IPv6Interface) and former.ip == address.ip


def _former(
    pod_cidrs: Sequence[Cidr], host: Host, settings: AgentSettings, known: Sequence[Interface]
) -> Sequence[Interface]:
    """What our bridge has of them, and what is remembered that it can have beside these."""
    bridge = host.link(settings.bridge)
    present = host.addresses_of(bridge) if bridge and is_ours(bridge) else ()
    there = [one for one in present if _is_former(one, pod_cidrs)]
    lost = (one for one in known if _is_former(one, pod_cidrs) and one not in there)
    return (*there, *(one for one in lost if not any(excludes(old, one) for old in there)))


def _retained(
    former: Sequence[Interface], pod_cidrs: Sequence[Cidr], host: Host, settings: AgentSettings
) -> tuple[Interface, ...]:
    """Those whose Pods still run, or may: host-local's notes are not all.

    Pods that another configuration has plugged in are noted elsewhere, and notes get lost.
    """
    used = host.cni.in_use | frozenset(host.pod_addresses or ())
    unknown = host.pod_addresses is None and has_pods(host, settings.bridge)
    return tuple(
        address
        for address in former
        if unknown or any(_leads(address, ip, pod_cidrs) for ip in used)
    )


def _is_former(address: Interface, pod_cidrs: Sequence[Cidr]) -> bool:
    """A gateway, and not if one of today is the same address for as many Pods or more."""
    return gateway(address.network) == address and not any(
        gateway(cidr).ip == address.ip and address.network.prefixlen >= cidr.prefixlen
        for cidr in pod_cidrs
    )


def _leads(former: Interface, ip: Address, pod_cidrs: Sequence[Cidr]) -> bool:
    """Whether a Pod with ``ip`` needs it: today's gateway of the same address serves its own."""
    if ip not in former.network:
        return False
    serving = (cidr for cidr in pod_cidrs if gateway(cidr).ip == former.ip)
    return not any(ip in cidr for cidr in serving)


def has_pods(host: Host, bridge: str) -> bool:
    """Whether anything is plugged into it, or was."""
    link = host.link(bridge)
    return any(pod_ports(host.links)) or (link is not None and any(host.ports_of(link)))


def pod_ports(links: Sequence[Link]) -> tuple[Link, ...]:
    """The ends of Pods' links on this side, plugged in or not."""
    bridges = {link.number for link in links if is_ours(link)}
    return tuple(
        link
        for link in links
        if link.kind == "veth" and (link.master in bridges or link.alias.startswith(OF_A_PORT))
    )


def is_ours(link: Link) -> bool:
    """By the mark that the agent leaves on a bridge."""
    return link.kind == "bridge" and link.alias in {OURS, ADOPTED}
