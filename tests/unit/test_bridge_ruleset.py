"""Our tables whole, as nft would list them."""

import json
from collections.abc import Sequence
from typing import Any

from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.firewall import tables
from podroute.model.cidr import parse_cidr
from tests.workers import DUAL, fresh

LEFT = {"meta": ("key",), "payload": ("protocol", "field")}


def listed(cidrs: Sequence[str], *non_masquerade: str) -> list[str]:
    plain = tuple(map(parse_cidr, non_masquerade))
    settings = AgentSettings(hairpin="promiscuous-bridge", non_masquerade=plain)
    wish = desire(tuple(map(parse_cidr, cidrs)), fresh(), settings)
    lines: list[str] = []
    for table in tables(wish):
        for command in json.loads(table.commands())["nftables"]:
            ((verb, what),) = command.items()
            ((kind, body),) = what.items()
            assert body["family"] == table.family
            assert body.get("table", body.get("name")) == "podroute"
            lines.append(f"{verb} {kind} {table.family} {told(kind, body)}".rstrip())
    return lines


def told(kind: str, body: dict[str, Any]) -> str:
    """What is not the same for all of a table."""
    if kind == "table":
        return ""
    if kind == "chain":
        where = f"{body['type']} hook {body['hook']} priority {body['prio']}"
        return f"{body['name']} {{ {where}; policy {body['policy']}; }}"
    words = body["comment"].rpartition(" [")[0]
    return f"{body['chain']} {' '.join(map(expression, body['expr']))} # {words}"


def expression(one: dict[str, Any]) -> str:
    if "match" not in one:
        ((verdict, nothing),) = one.items()
        assert nothing is None
        return str(verdict)
    match = one["match"]
    sign = {"==": "", "!=": "!= "}[match["op"]]
    return f"{left(match['left'])} {sign}{right(match['right'])}"


def left(one: dict[str, Any]) -> str:
    ((kind, body),) = one.items()
    if kind == "fib":
        (flag,) = body["flags"]
        return f"fib {flag} {body['result']}"
    if kind == "&":
        first, second = body
        return f"ct {first['ct']['key']} & {second}"
    return " ".join(body[name] for name in LEFT[kind])


def right(one: str | int | dict[str, list[Any]]) -> str:
    if isinstance(one, str | int):
        return str(one)
    members = [
        each if isinstance(each, str) else f"{each['prefix']['addr']}/{each['prefix']['len']}"
        for each in one["set"]
    ]
    return f"{{ {', '.join(members)} }}"


ROUTERS = "icmpv6 type { nd-router-advert, nd-redirect }"
AWAY = "oifname != cbr0"
BESIDE = "iifname cbr0 oifname cbr0"
NEAR_4 = f"{BESIDE} ip saddr {{ 0.0.0.0/32, 169.254.0.0/16 }} accept # IPv4 link-local between Pods"
NEAR_6 = f"{BESIDE} ip6 saddr {{ ::/128, fe80::/10 }} accept # IPv6 link-local between Pods"
ITSELF = "ip daddr { 127.0.0.0/8 } ct status & dnat 0 drop # IPv4 of Pods to 127.0.0.1"
STRANGE = "to this worker with another's source"
MAC = "ether saddr 0a:58:0a:c8:00:01"


def test_both_families_with_masquerade_and_a_promiscuous_bridge() -> None:
    v4, v6 = DUAL
    leaves = (
        f"{AWAY} ip saddr {{ {v4} }} ip daddr != {{ 10.0.0.0/8 }} "
        "fib daddr type != local masquerade"
    )
    copied = f"add rule bridge output {MAC} oifname veth*"
    passed, heard = "add rule inet forward", "add rule inet input iifname cbr0"

    assert listed(DUAL, "10.0.0.0/8") == [
        "add table inet",
        "delete table inet",
        "add table inet",
        "add chain inet postrouting { nat hook postrouting priority 100; policy accept; }",
        "add chain inet forward { filter hook forward priority 0; policy accept; }",
        "add chain inet input { filter hook input priority 0; policy accept; }",
        f"add rule inet postrouting {leaves} # IPv4 of Pods that leaves as this worker's",
        f"{passed} iifname cbr0 {ROUTERS} drop # Pods that claim to be routers",
        f"{passed} {NEAR_4}",
        f"{passed} iifname cbr0 ip saddr != {{ {v4} }} drop # IPv4 with another's source",
        f"{passed} iifname cbr0 ip saddr {{ {v4} }} accept # IPv4 from Pods",
        f"{passed} oifname cbr0 ip daddr {{ {v4} }} accept # IPv4 to Pods",
        f"{passed} {NEAR_6}",
        f"{passed} iifname cbr0 ip6 saddr != {{ {v6} }} drop # IPv6 with another's source",
        f"{passed} iifname cbr0 ip6 saddr {{ {v6} }} accept # IPv6 from Pods",
        f"{passed} oifname cbr0 ip6 daddr {{ {v6} }} accept # IPv6 to Pods",
        f"{heard} {ROUTERS} drop # Pods that claim to be routers",
        f"{heard} {ITSELF}",
        f"{heard} ip saddr != {{ 0.0.0.0/32, {v4}, 169.254.0.0/16 }} drop # IPv4 {STRANGE}",
        f"{heard} ip6 saddr != {{ ::/128, {v6}, fe80::/10 }} drop # IPv6 {STRANGE}",
        "add table bridge",
        "delete table bridge",
        "add table bridge",
        "add chain bridge output { filter hook output priority 0; policy accept; }",
        f"{copied} ip saddr {{ 10.200.0.1/32 }} accept # IPv4 of this worker itself",
        f"{copied} ip saddr {{ {v4} }} drop # IPv4 delivered already",
        f"{copied} ip6 saddr {{ fd00:10:200::1/128 }} accept # IPv6 of this worker itself",
        f"{copied} ip6 saddr {{ {v6} }} drop # IPv6 delivered already",
    ]


def test_one_family_alone() -> None:
    """The other one does not pass, and is not spoken of further."""
    v6 = DUAL[1]
    leaves = (
        f"{AWAY} ip6 saddr {{ {v6} }} ip6 daddr != {{ fd00::/8 }} "
        "fib daddr type != local masquerade"
    )

    rules = [line for line in listed([v6], "fd00::/8") if line.startswith("add rule")]

    assert [line.partition(" # ")[2] for line in rules] == [
        "IPv6 of Pods that leaves as this worker's",
        "Pods that claim to be routers",
        "IPv4 link-local between Pods",
        "IPv4 that no Pod here has",
        "IPv6 link-local between Pods",
        "IPv6 with another's source",
        "IPv6 from Pods",
        "IPv6 to Pods",
        "Pods that claim to be routers",
        "IPv4 of Pods to 127.0.0.1",
        f"IPv4 {STRANGE}",
        f"IPv6 {STRANGE}",
        "IPv6 of this worker itself",
        "IPv6 delivered already",
    ]
    assert rules[0].startswith(f"add rule inet postrouting {leaves} # ")
    assert rules[3].startswith("add rule inet forward iifname cbr0 nfproto ipv4 drop # ")
    assert "input iifname cbr0 ip saddr != { 0.0.0.0/32, 169.254.0.0/16 } drop" in rules[10]
