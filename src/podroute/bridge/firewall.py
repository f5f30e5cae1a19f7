"""What is in our own nftables tables, and is it there? Pure.

Each table is replaced whole, in one transaction. A rule's comment ends with a digest of what
the rule does, so that a listing can be compared whatever words this version of nft has for it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Final, TypeAlias

from podroute.bridge.desired import OURS, Wish
from podroute.bridge.seen import Chain, Host, Rule
from podroute.bridge.steps import DeleteTable, ReplaceTable
from podroute.model.cidr import Cidr

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | None

FAMILIES: Final = ("inet", "bridge")
_PROTOCOLS: Final = {4: "ip", 6: "ip6"}
_ON_A_LINK: Final[Mapping[int, Sequence[Cidr]]] = {  # sources that are good on their own link alone
    4: (IPv4Network("169.254.0.0/16"), IPv4Network("0.0.0.0/32")),
    6: (IPv6Network("fe80::/10"), IPv6Network("::/128")),
}
_ITSELF: Final = (IPv4Network("127.0.0.0/8"),)
_SOURCE_NAT: Final = 100
_FILTER: Final = 0
_DROP: Final[Json] = {"drop": None}
_ACCEPT: Final[Json] = {"accept": None}


@dataclass(frozen=True, slots=True)
class Table:
    """As it should be: the rules with their expressions as JSON."""

    family: str
    chains: tuple[Chain, ...]
    rules: tuple[tuple[Rule, str], ...]

    def commands(self) -> str:
        """For ``nft -j -f -``: whatever had the name goes, and this comes, at once."""
        table: Json = {"family": self.family, "name": OURS}
        commands: list[Json] = [
            {"add": {"table": table}},
            {"delete": {"table": table}},
            {"add": {"table": table}},
        ]
        commands.extend({"add": {"chain": _chain(chain)}} for chain in self.chains)
        for rule, expressions in self.rules:
            body: Json = {
                "family": self.family,
                "table": OURS,
                "chain": rule.chain,
                "comment": rule.comment,
                "expr": json.loads(expressions),
            }
            commands.append({"add": {"rule": body}})
        return json.dumps({"nftables": commands})


def removal(family: str) -> str:
    """For ``nft -j -f -``: the table goes."""
    return json.dumps({"nftables": [{"delete": {"table": {"family": family, "name": OURS}}}]})


def firewall_steps(wish: Wish, host: Host) -> Iterator[ReplaceTable | DeleteTable]:
    """Our tables that are not as wished, and those that are not wished."""
    wished = {table.family: table for table in tables(wish)}
    for family in FAMILIES:
        chains, rules = _listed(host, family)
        table = wished.get(family)
        if table is None:
            if chains or rules:
                yield DeleteTable(family, f"--hairpin-mode={wish.settings.hairpin} needs none")
        elif set(table.chains) != set(chains) or _by_chain(table, rules):
            there = chains or rules
            reason = "not as it should be" if there else "it is missing"
            yield ReplaceTable(family, table.commands(), reason)
        elif family in host.firewall.dormant:
            yield ReplaceTable(family, table.commands(), "it is dormant, and none of it is applied")


def tables(wish: Wish) -> Iterator[Table]:
    """Those that there should be."""
    forwarded = [*_no_router(wish, "forward"), *_forward(wish)]
    heard = [*_no_router(wish, "input"), *_not_to_itself(wish), *_no_stranger(wish)]
    yield Table(
        "inet",
        (
            Chain("inet", OURS, "postrouting", "nat", "postrouting", _SOURCE_NAT),
            Chain("inet", OURS, "forward", "filter", "forward", _FILTER),
            Chain("inet", OURS, "input", "filter", "input", _FILTER),
        ),
        (*_masquerade(wish), *forwarded, *heard),
    )
    if wish.settings.hairpin == "promiscuous-bridge":
        chain = Chain("bridge", OURS, "output", "filter", "output", _FILTER)
        yield Table("bridge", (chain,), tuple(_once(wish)))


def _masquerade(wish: Wish) -> Iterator[tuple[Rule, str]]:
    """What stays on the bridge, as multicast does, is seen here too where br_netfilter is."""
    leaves = _meta("oifname", wish.settings.bridge, operator="!=")
    for version, protocol in _PROTOCOLS.items():
        own, plain = wish.own(version), wish.masqueraded_unless(version)
        if own and plain:
            yield _rule(
                "inet",
                "postrouting",
                f"IPv{version} of Pods that leaves as this worker's",
                leaves,
                _address(protocol, "saddr", own),
                _address(protocol, "daddr", plain, operator="!="),
                _match("!=", {"fib": {"result": "type", "flags": ["daddr"]}}, "local"),
                {"masquerade": None},
            )


def _forward(wish: Wish) -> Iterator[tuple[Rule, str]]:
    """Accepted here is not accepted by others' chains: a finding says where one drops."""
    bridge = wish.settings.bridge
    for version, protocol in _PROTOCOLS.items():
        own = wish.own(version)
        family = "ipv4" if protocol == "ip" else "ipv6"
        come, go = _meta("iifname", bridge), _meta("oifname", bridge)
        near = _address(protocol, "saddr", _ON_A_LINK[version])
        words = f"IPv{version} link-local between Pods"
        yield _rule("inet", "forward", words, come, go, near, _ACCEPT)
        if not own:
            alien = f"IPv{version} that no Pod here has"
            yield _rule("inet", "forward", alien, come, _meta("nfproto", family), _DROP)
            continue
        others = _address(protocol, "saddr", own, operator="!=")
        yield _rule("inet", "forward", f"IPv{version} with another's source", come, others, _DROP)
        source, target = (_address(protocol, end, own) for end in ("saddr", "daddr"))
        yield _rule("inet", "forward", f"IPv{version} from Pods", come, source, _ACCEPT)
        yield _rule("inet", "forward", f"IPv{version} to Pods", go, target, _ACCEPT)


def _no_router(wish: Wish, chain: str) -> Iterator[tuple[Rule, str]]:
    """Neither to the host nor, where br_netfilter is, to another Pod."""
    kinds: Json = {"set": ["nd-router-advert", "nd-redirect"]}
    kind = _match("==", {"payload": {"protocol": "icmpv6", "field": "type"}}, kinds)
    come = _meta("iifname", wish.settings.bridge)
    yield _rule("inet", chain, "Pods that claim to be routers", come, kind, _DROP)


def _not_to_itself(wish: Wish) -> Iterator[tuple[Rule, str]]:
    """Nothing of Pods reaches 127.0.0.1 (as CVE-2020-8558), but answers and what is translated.

    For hostPorts that this worker asks for, portmap sets route_localnet of the bridge: the kernel
    drops such packets no longer.
    """
    come, there = _meta("iifname", wish.settings.bridge), _address("ip", "daddr", _ITSELF)
    translated: Json = {"&": [{"ct": {"key": "status"}}, "dnat"]}
    words = "IPv4 of Pods to 127.0.0.1"
    yield _rule("inet", "input", words, come, there, _match("==", translated, 0), _DROP)


def _no_stranger(wish: Wish) -> Iterator[tuple[Rule, str]]:
    """To this worker itself Pods speak with their own addresses too: nothing else is heard of them.

    Answers of a Service are translated behind this chain: they still have their Pod's address here.
    """
    come = _meta("iifname", wish.settings.bridge)
    for version, protocol in _PROTOCOLS.items():
        good = (*wish.own(version), *_ON_A_LINK[version])
        strange = _address(protocol, "saddr", good, operator="!=")
        words = f"IPv{version} to this worker with another's source"
        yield _rule("inet", "input", words, come, strange, _DROP)


def _once(wish: Wish) -> Iterator[tuple[Rule, str]]:
    """A promiscuous bridge gives the host a copy of what it delivers: that is not delivered again.

    As kubenet's KUBE-DEDUP: the host itself may speak to Pods, by the gateway's address.
    """
    come, go = _ether(wish.mac), _meta("oifname", "veth*")
    for version, protocol in _PROTOCOLS.items():
        own = wish.own(version)
        if not own:
            continue
        speakers = [ip_network(one.ip) for one in (*wish.gateways(), *wish.retained)]
        gateways = _address(protocol, "saddr", [one for one in speakers if one.version == version])
        words = f"IPv{version} of this worker itself"
        yield _rule("bridge", "output", words, come, go, gateways, _ACCEPT)
        twice = _address(protocol, "saddr", own)
        yield _rule("bridge", "output", f"IPv{version} delivered already", come, go, twice, _DROP)


def _listed(host: Host, family: str) -> tuple[Sequence[Chain], Sequence[Rule]]:
    chains = [one for one in host.firewall.chains if (one.family, one.table) == (family, OURS)]
    return chains, [one for one in host.firewall.rules if one.family == family]


def _by_chain(table: Table, rules: Sequence[Rule]) -> bool:
    """Whether some chain has other rules, or in another order."""
    wished = [rule for rule, _ in table.rules]
    names = {rule.chain for rule in (*wished, *rules)}
    return any(
        [one for one in wished if one.chain == name] != [one for one in rules if one.chain == name]
        for name in names
    )


def _rule(family: str, chain: str, words: str, *expressions: Json) -> tuple[Rule, str]:
    text = json.dumps(list(expressions), sort_keys=True)
    digest = sha256(text.encode()).hexdigest()[:8]
    return Rule(family, chain, f"{words} [{digest}]"), text


def _chain(chain: Chain) -> Json:
    return {
        "family": chain.family,
        "table": chain.table,
        "name": chain.name,
        "type": chain.kind,
        "hook": chain.hook,
        "prio": chain.priority,
        "policy": chain.policy,
    }


def _match(operator: str, left: Json, right: Json) -> Json:
    return {"match": {"op": operator, "left": left, "right": right}}


def _meta(key: str, value: str, operator: str = "==") -> Json:
    return _match(operator, {"meta": {"key": key}}, value)


def _ether(mac: str) -> Json:
    return _match("==", {"payload": {"protocol": "ether", "field": "saddr"}}, mac)


def _address(protocol: str, end: str, cidrs: Sequence[Cidr], operator: str = "==") -> Json:
    """Whether one end of a packet is in one of ``cidrs``, which are of one family."""
    merged: list[Json] = [
        {"prefix": {"addr": str(cidr.network_address), "len": cidr.prefixlen}}
        for cidr in _merged(cidrs)
    ]
    return _match(operator, {"payload": {"protocol": protocol, "field": end}}, {"set": merged})


def _merged(cidrs: Sequence[Cidr]) -> Iterator[Cidr]:
    """None of them in another: nft refuses overlaps."""
    v4 = [cidr for cidr in cidrs if isinstance(cidr, IPv4Network)]
    yield from collapse_addresses(v4)
    yield from collapse_addresses(cidr for cidr in cidrs if isinstance(cidr, IPv6Network))
