"""A worker's machine in memory: what the steps of a plan would make of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import ip_interface
from typing import assert_never

from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.desired import OURS, AgentSettings, desire
from podroute.bridge.plan import Plan, plan_host
from podroute.bridge.seen import Chain, CniFolders, DefaultRoute, Firewall, Host, Link, Rule
from podroute.bridge.steps import (
    AddAddress,
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
)
from podroute.model.cidr import parse_address, parse_cidr

VERSIONS = ("0.3.1", "0.4.0", "1.0.0", "1.1.0")
NAMES: tuple[str, ...] = ("bridge", "host-local", "loopback", "portmap", "bandwidth")
PLUGINS: dict[str, tuple[str, ...]] = dict.fromkeys(NAMES, VERSIONS)
UPLINK = Link(2, "eth0", "02:00:00:00:00:02", up=True)
LOOPBACK = Link(1, "lo", "00:00:00:00:00:00", 65536, up=True, loopback=True)
USUAL = AgentSettings(hairpin="promiscuous-bridge")  # the mode with most to do
V4, DUAL = ("10.200.0.0/24",), ("10.200.0.0/24", "fd00:10:200::/64")
_SWITCHES = {"ipv4/ip_forward": "ipv4", "ipv6/conf/all/forwarding": "ipv6"}


def fresh() -> Host:
    """A machine on 10.240.0.0/24 that has never been a worker."""
    return Host(
        (LOOPBACK, UPLINK),
        ((1, ip_interface("127.0.0.1/8")), (2, ip_interface("10.240.0.30/24"))),
        (DefaultRoute(2, 4),),
        {
            "ipv4/ip_forward": "0",
            "ipv4/conf/eth0/forwarding": "0",
            "ipv6/conf/all/forwarding": "0",
            "ipv6/conf/eth0/forwarding": "0",
            "ipv6/conf/eth0/accept_ra": "1",
            "bridge/bridge-nf-call-iptables": "1",
            "bridge/bridge-nf-call-ip6tables": "1",
        },
        cni=CniFolders(plugins=PLUGINS),
    )


def with_sysctls(host: Host, values: Mapping[str, str]) -> Host:
    """Some of them otherwise."""
    return replace(host, sysctls={**host.sysctls, **values})


def with_link(host: Host, link: Link, *addresses: str) -> Host:
    """One more, or one in the place of that with its number."""
    others = tuple(one for one in host.links if one.number != link.number)
    given = tuple((link.number, ip_interface(text)) for text in addresses)
    return replace(host, links=(*others, link), addresses=(*host.addresses, *given))


def with_cni(
    host: Host,
    *,
    files: Mapping[str, str] | None = None,
    plugins: Mapping[str, tuple[str, ...]] | None = None,
    in_use: str = "",
) -> Host:
    """The runtime's folders otherwise; ``in_use`` are addresses, separated by spaces."""
    cni = host.cni
    used = frozenset(map(parse_address, in_use.split())) or cni.in_use
    return replace(
        host,
        cni=CniFolders(
            cni.files if files is None else files,
            cni.plugins if plugins is None else plugins,
            used,
            cni.settled & used,
        ),
    )


def planned(
    host: Host, pod_cidrs: Iterable[str] = V4, settings: AgentSettings = USUAL, ips: str = ""
) -> Plan:
    """What is to be done there for a Node with these podCIDRs."""
    cidrs = tuple(map(parse_cidr, pod_cidrs))
    return plan_host(desire(cidrs, host, settings, map(parse_address, ips.split())), host)


def lines(plan: Plan) -> list[str]:
    """As ``--dry-run`` prints the steps."""
    return list(map(line, plan.steps))


def worker(pod_cidrs: Iterable[str] = V4, settings: AgentSettings = USUAL) -> Host:
    """A machine that is in step."""
    cidrs = tuple(pod_cidrs)
    host = after(fresh(), planned(fresh(), cidrs, settings).steps)
    return after(host, planned(host, cidrs, settings).steps)


def noted(host: Host, found: Host) -> SettingsRecord:
    """What an agent has noted of its settings where all that is otherwise is its doing."""
    given = {key: now for key, now in host.sysctls.items() if found.sysctls.get(key) != now}
    return SettingsRecord(found.sysctls, given)


def after(host: Host, steps: Iterable[Step]) -> Host:
    """The machine when these are carried out."""
    for step in steps:
        host = _carried_out(host, step)
    return host


def _carried_out(host: Host, step: Step) -> Host:
    match step:
        case SetSysctl(key=key, value=value):
            follow = _SWITCHES.get(key)
            taken = [one for one in host.sysctls if follow and _is_switched(one, follow)]
            return with_sysctls(host, {**dict.fromkeys(taken, value), key: value})
        case ReplaceTable() | DeleteTable():
            rest = _without(host.firewall, step.family)
            filled = _with_table(rest, step.commands) if isinstance(step, ReplaceTable) else rest
            return replace(host, firewall=filled)
        case WriteConflist() | RemoveConflist():
            files = {one: text for one, text in host.cni.files.items() if one != step.name}
            written = {step.name: step.text} if isinstance(step, WriteConflist) else {}
            return with_cni(host, files={**files, **written})
        case FreeAddress() | NoteAddress():
            return replace(host, cni=_noted(host.cni, step))
        case _:
            return _linked(host, step)


def _noted(cni: CniFolders, step: FreeAddress | NoteAddress) -> CniFolders:
    one = {step.address}
    if isinstance(step, FreeAddress):
        return replace(cni, in_use=cni.in_use - one, settled=cni.settled - one)
    assert step.address not in cni.in_use
    return replace(cni, in_use=cni.in_use | one)


def _is_switched(key: str, family: str) -> bool:
    return key.startswith(f"{family}/conf/") and key.endswith("/forwarding")


def _linked(
    host: Host, step: CreateBridge | ChangeLink | DeleteLink | AddAddress | RemoveAddress
) -> Host:
    match step:
        case CreateBridge(name=name, mac=mac, mtu=mtu, alias=alias):
            number = max(link.number for link in host.links) + 1
            made = with_link(host, Link(number, name, mac, mtu, "bridge", alias=alias))
            return with_sysctls(made, _settings_of(host, name))
        case ChangeLink(name=name):
            link = host.link(name)
            assert link is not None
            return with_link(_down(host, link) if step.rename else host, _changed(host, link, step))
        case DeleteLink(name=name):
            gone = host.link(name)
            assert gone is not None
            return without_link(host, gone)
        case AddAddress(link=name, address=address):
            link = host.link(name)
            assert link is not None
            assert (link.number, address) not in host.addresses
            return replace(host, addresses=(*host.addresses, (link.number, address)))
        case RemoveAddress(link=name, address=address):
            link = host.link(name)
            assert link is not None
            rest = tuple(one for one in host.addresses if one != (link.number, address))
            assert len(rest) == len(host.addresses) - 1
            return replace(host, addresses=rest, cut_off=host.cut_off - {(link.number, address)})
        case _:
            assert_never(step)


def _settings_of(host: Host, name: str) -> dict[str, str]:
    return {
        f"ipv4/conf/{name}/forwarding": host.sysctls.get("ipv4/ip_forward", "0"),
        f"ipv6/conf/{name}/forwarding": host.sysctls.get("ipv6/conf/all/forwarding", "0"),
        f"ipv6/conf/{name}/accept_dad": "1",
        f"ipv6/conf/{name}/accept_ra": "1",
        f"ipv6/conf/{name}/disable_ipv6": "0",
    }


def without_link(host: Host, gone: Link) -> Host:
    """As when somebody deletes it: addresses and settings go, ports stay."""
    links = tuple(
        replace(one, master=0, hairpin=False) if one.master == gone.number else one
        for one in host.links
        if one != gone
    )
    addresses = tuple(one for one in host.addresses if one[0] != gone.number)
    sysctls = {key: text for key, text in host.sysctls.items() if f"/{gone.name}/" not in key}
    return replace(host, links=links, addresses=addresses, sysctls=sysctls)


def _down(host: Host, link: Link) -> Host:
    kept = (one for one in host.addresses if one[0] != link.number or one[1].version == 4)
    return replace(host, addresses=tuple(kept))


def _changed(host: Host, link: Link, step: ChangeLink) -> Link:
    master = None if step.master is None else host.link(step.master)
    return Link(
        link.number,
        step.rename or link.name,
        step.mac or link.mac,
        step.mtu or link.mtu,
        link.kind,
        link.master if master is None else master.number,
        link.alias if step.alias is None else step.alias,
        (link.up and not step.rename) if step.up is None else step.up,
        link.promiscuous if step.promiscuous is None else step.promiscuous,
        link.hairpin if step.hairpin is None else step.hairpin,
        arp=link.arp if step.arp is None else step.arp,
    )


def _without(firewall: Firewall, family: str) -> Firewall:
    return Firewall(
        tuple(one for one in firewall.chains if (one.family, one.table) != (family, OURS)),
        tuple(one for one in firewall.rules if one.family != family),
        firewall.legacy_tables,
        firewall.dormant - {family},
        firewall.accepted,
    )


def _with_table(firewall: Firewall, commands: str) -> Firewall:
    chains, rules = list(firewall.chains), list(firewall.rules)
    for command in json.loads(commands)["nftables"]:
        added = command.get("add", {})
        if "chain" in added:
            one = added["chain"]
            base = one["family"], one["table"], one["name"], one["type"], one["hook"]
            chains.append(Chain(*base, one["prio"], one["policy"]))
        if "rule" in added:
            one = added["rule"]
            rules.append(Rule(one["family"], one["chain"], one["comment"]))
    return replace(firewall, chains=tuple(chains), rules=tuple(rules))
