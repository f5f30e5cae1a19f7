"""What on this machine keeps Pods' packets from passing, beside what the agent puts right? Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from podroute.bridge.desired import OURS, Wish
from podroute.bridge.links import old_pods
from podroute.bridge.seen import Accepted, Chain, Host
from podroute.bridge.steps import sysctl_name
from podroute.bridge.sysctls import BRIDGED
from podroute.model.cidr import Cidr, contains

_STRICT = "1"
_PLUGINS = {"portmap": "hostPorts", "bandwidth": "limits of bandwidth"}
_PROTOCOLS: Final = {4: "ip", 6: "ip6"}
VERSIONS: Final[Mapping[str, frozenset[int]]] = {  # that chains of these families see
    "ip": frozenset({4}),
    "ip6": frozenset({6}),
    "inet": frozenset(_PROTOCOLS),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps packets from passing, or will: ``id`` names the check."""

    id: str
    subject: str
    cause: str
    fix: str

    @property
    def told(self) -> str:
        """In one line, wherever a person reads it."""
        return f"{self.id}: {self.cause}; {self.fix}"


def problems(wish: Wish, host: Host) -> Iterator[Finding]:
    """In the order in which a packet meets them."""
    yield from _astray(wish, host)
    yield from _sysctls(wish, host)
    yield from _firewall(wish, host)
    for name, use in _PLUGINS.items():
        if name not in host.cni.plugins:
            cause = f"there is no CNI plugin {name}: Pods get no {use}"
            yield Finding(
                "cni-plugins", f"plugin {name}", cause, "install containernetworking-plugins"
            )
    pods = old_pods(wish, host)
    if pods:
        shown = ", ".join(pods[:5])
        cause = f"{len(pods)} Pods have addresses outside the Node's podCIDRs: {shown}"
        fix = "delete these Pods: they come back with new addresses"
        yield Finding("old-pods", wish.settings.bridge, cause, fix)


def _astray(wish: Wish, host: Host) -> Iterator[Finding]:
    """Nobody else's route or rule is touched."""
    for one in host.astray:
        if one.network in wish.own(one.network.version):
            version = "" if one.network.version == 4 else "-6 "  # noqa: PLR2004 -- IPv4
            cause = f"{one.target} is a Pod's, on {wish.settings.bridge}: {one.words}"
            look = f"ip {version}route show table all to match {one.target}; ip {version}rule"
            yield Finding(
                "pod-routes", str(one.network), cause, f"remove what is in the way: {look}"
            )


def _sysctls(wish: Wish, host: Host) -> Iterator[Finding]:
    everywhere = int(host.sysctls.get("ipv4/conf/all/rp_filter", "0"))
    for link in wish.uplinks if len(wish.uplinks) > 1 else ():
        one = int(host.sysctls.get(f"ipv4/conf/{link.name}/rp_filter", "0"))
        if str(max(everywhere, one)) == _STRICT:
            cause = f"rp_filter is strict on {link.name}, one of several ways to this worker"
            name = sysctl_name(f"ipv4/conf/{link.name}/rp_filter")
            fix = f"sysctl -w {name}=2"
            yield Finding("rp-filter", link.name, cause, fix)
    if host.sysctls.get("ipv4/conf/all/route_localnet") == "1":
        cause = "neighbours reach what listens on 127.0.0.1 (CVE-2020-8558)"
        fix = "sysctl -w net.ipv4.conf.all.route_localnet=0"
        yield Finding("route-localnet", "net.ipv4.conf.all", cause, fix)
    versions = {cidr.version for cidr in wish.pod_cidrs}
    if any(version in versions and key not in host.sysctls for version, key in BRIDGED.items()):
        cause = "packets between Pods of this worker pass by Services: br_netfilter is not loaded"
        yield Finding("br-netfilter", "the kernel", cause, "modprobe br_netfilter")
    elif wish.settings.hairpin == "promiscuous-bridge":
        cause = "since Linux 6.9 no Pod reaches itself through a Service by a promiscuous bridge"
        yield Finding("hairpin", wish.settings.bridge, cause, "give --hairpin-mode=hairpin-veth")


def dropping(chains: Iterable[Chain]) -> Iterator[Chain]:
    """Those of somebody else that drop what they forward, unless they accept it themselves."""
    for chain in chains:
        passed = chain.hook == "forward" and chain.family in VERSIONS and chain.table != OURS
        if passed and chain.policy == "drop":
            yield chain


def _firewall(wish: Wish, host: Host) -> Iterator[Finding]:
    for chain in dropping(host.firewall.chains):
        lines = "; ".join(_lacking(wish, host, chain))
        if lines:
            where = f"{chain.family} {chain.table}, chain {chain.name}"
            cause = f"nftables table {where}, drops what it does not accept itself"
            yield Finding("forward-drop", where, cause, f"let it accept the Pods: {lines}")
    if host.firewall.legacy_tables:
        tables = ", ".join(host.firewall.legacy_tables)
        cause = f"iptables-legacy has rules too ({tables}), which nft does not show"
        fix = "iptables-legacy-save shows them; move them: update-alternatives --config iptables"
        yield Finding("iptables-legacy", tables, cause, fix)


def _lacking(wish: Wish, host: Host, chain: Chain) -> Iterator[str]:
    """The lines that let it accept what comes from Pods, and what goes to them."""
    where = chain.family, chain.table, chain.name
    accepted = [one for one in host.firewall.accepted if one.chain == where]
    bridge = wish.settings.bridge
    for version in sorted(VERSIONS[chain.family]):
        own = [cidr for cidr in wish.pod_cidrs if cidr.version == version]
        for end, field in (("from", "saddr"), ("to", "daddr")):
            passes = [one for one in accepted if one.end == end]
            if not all(_is_accepted(cidr, bridge, passes) for cidr in own):
                rule = f"{_PROTOCOLS[version]} {field} CLUSTER-CIDR accept"
                yield f"nft insert rule {' '.join(where)} {rule}"


def _is_accepted(cidr: Cidr, bridge: str, accepted: Iterable[Accepted]) -> bool:
    return any(
        one.link == bridge or any(contains(network, cidr) for network in one.networks)
        for one in accepted
    )
