"""Which way does a Pod's packet take through this machine, and where does it end? Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_interface
from typing import Final, Literal, TypeAlias

from podroute.bridge.checks import VERSIONS
from podroute.bridge.desired import Wish
from podroute.bridge.seen import Host
from podroute.bridge.sysctls import GIVE_IPV6, NO_IPV6, speaks
from podroute.model.check import Check
from podroute.model.cidr import Address

_BROADCAST: Final = IPv4Address("255.255.255.255")
State: TypeAlias = Literal["ok", "broken", "unknown"]

_ON_THE_WAY: Final[Mapping[str, Sequence[str]]] = {  # the first one's words tell that all is well
    "bridge": ("bridge", "pod-cidr", "bridge-owner", "mtu", "duplicate-address"),
    "forwarding": ("forwarding", "rp-filter"),
    "firewall": ("forward-drop", "firewall", "iptables-legacy"),
}
_BOTH: Final = VERSIONS["inet"]
_OF_SYSCTLS: Final[Mapping[str, frozenset[int]]] = {
    "net.ipv4.": VERSIONS["ip"],
    "net.ipv6.": VERSIONS["ip6"],
}


@dataclass(frozen=True, slots=True)
class Way:
    """What the kernel's main table does with a packet; ``refusal``: why it goes nowhere."""

    device: str = ""
    gateway: Address | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """The Node whose podCIDR has the address."""

    name: str
    internal_ips: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Hop:
    """A place on the way; ``fix`` where it is broken, or not to be seen from here."""

    where: str
    state: State
    words: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """From a Pod of this worker to ``target``."""

    target: Address
    owner: Owner | None
    way: Way


def hops(journey: Journey, wish: Wish | None, host: Host, checks: Sequence[Check]) -> Iterator[Hop]:
    """In the order in which a packet meets them."""
    made, target = {check.id: check for check in checks}, journey.target
    for where, names in _ON_THE_WAY.items():
        yield _checked(where, [made[name] for name in names], target.version)
    own = _to_itself(target, host)
    if own is not None:
        yield own
    elif _is_of_a_link(target):
        words = f"{target} is no machine's beyond a link: nothing forwards it"
        yield Hop("bridge", "broken", words, "ask for the address of a Pod, or of a machine")
    elif not speaks(host, target.version):
        yield Hop("worker", "broken", NO_IPV6, GIVE_IPV6)
    elif wish and not wish.own(target.version):
        yield _nowhere(target)
    elif wish and any(target in cidr for cidr in wish.own(target.version)):
        yield _to_a_neighbour(journey, wish.settings.bridge, host)
    else:
        yield _to_another_worker(journey, host)


def _is_of_a_link(target: Address) -> bool:
    """What routers forward nowhere; of IPv4 they do link-local ones, as clouds need it."""
    several = target.is_multicast or target.is_unspecified or target == _BROADCAST
    return several or (target.version == 6 and target.is_link_local)  # noqa: PLR2004 -- IPv6


def _checked(where: str, checks: Sequence[Check], version: int) -> Hop:
    for check in checks:
        for one in check.problems:
            if version in _versions(check.id, one.subject):
                return Hop(where, "broken", one.cause, one.fix)
    return Hop(where, "ok", checks[0].what)


def _versions(check: str, subject: str) -> frozenset[int]:
    """Those of IP whose packets meet the problem."""
    match check:
        case "rp-filter":
            return VERSIONS["ip"]
        case "forwarding":
            return _OF_SYSCTLS.get(subject[: len("net.ipv4.")], _BOTH)
        case "forward-drop":
            return VERSIONS[subject.partition(" ")[0]]
        case "bridge" | "duplicate-address":
            return _versions_of(subject)
        case _:
            return _BOTH


def _versions_of(subject: str) -> frozenset[int]:
    try:
        return frozenset({ip_interface(subject).version})
    except ValueError:  # it is a link's name
        return _BOTH


def _to_itself(target: Address, host: Host) -> Hop | None:
    """Where the packet leaves neither the Pod nor this worker."""
    if target.is_loopback:
        return Hop("Pod", "ok", f"{target} is the Pod itself, and no other machine")
    for link in host.links:
        if any(one.ip == target for one in host.addresses_of(link)):
            return Hop("worker", "ok", f"{target} is this worker's own, on {link.name}")
    return None


def _nowhere(target: Address) -> Hop:
    family = f"IPv{target.version}"
    words = f"Pods of this worker have no {family} address: its Node has no {family} podCIDR"
    return Hop("Pod", "broken", words, "give it one, or ask for an address of the other family")


def _to_a_neighbour(journey: Journey, bridge: str, host: Host) -> Hop:
    target, way = journey.target, journey.way
    if way.refusal or way.gateway is not None or way.device != bridge:
        elsewhere = way.refusal or f"it is sent to {way.gateway or target} on {way.device}"
        words = f"{target} is this worker's, on {bridge}: {elsewhere}"
        return Hop("route", "broken", words, f"ip route get {target}")
    if host.pod_addresses is None:
        return Hop("Pod", "unknown", f"{target} is this worker's", "run it as root")
    if target in host.pod_addresses:
        return Hop("Pod", "ok", f"a Pod of this worker has {target}")
    return Hop("Pod", "broken", f"no Pod of this worker has {target}", "kubectl get pods -o wide")


def _to_another_worker(journey: Journey, host: Host) -> Hop:
    way, owner = journey.way, journey.owner
    whose = f"{owner.name}'s" if owner else "no Node's that is known here"
    if way.refusal:
        words = f"{journey.target} is {whose}: {way.refusal}"
        return Hop("route", "broken", words, f"ip -{journey.target.version} route")
    if way.gateway is None and owner is None and _is_on_link(journey.target, way, host):
        words = f"{journey.target} is {whose}, and this worker's neighbour on {way.device}"
        return Hop("route", "ok", words)
    if way.gateway is None:
        words = f"{journey.target} is {whose}, and asked for on {way.device} itself"
        fix = "give the worker a route to it, or a default route"
        return Hop("route", "broken" if owner else "unknown", words, fix)
    words = f"{journey.target} is {whose}, and sent to {way.gateway} on {way.device}"
    if owner and way.gateway in owner.internal_ips:
        return Hop("route", "ok", f"{words}, which is that Node")
    return Hop("route", "unknown", words, f"podroute table shows what {way.gateway} does with it")


def _is_on_link(target: Address, way: Way, host: Host) -> bool:
    link = host.link(way.device)
    return link is not None and any(target in one.network for one in host.addresses_of(link))
