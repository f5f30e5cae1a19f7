"""What keeps packets from passing, and is told because only a person can decide?"""

from dataclasses import replace

import pytest

from podroute.bridge.checks import Finding
from podroute.bridge.desired import AgentSettings
from podroute.bridge.seen import Accepted, Chain, End, Firewall, Link
from podroute.bridge.steps import Blocked
from podroute.model.cidr import parse_cidr
from tests.workers import (
    DUAL,
    V4,
    fresh,
    lines,
    planned,
    with_cni,
    with_link,
    with_sysctls,
    worker,
)


def test_what_the_agent_leaves_alone_is_told() -> None:
    chains = (
        Chain("ip", "filter", "FORWARD", policy="drop"),
        Chain("ip", "filter", "INPUT", hook="input", policy="drop"),
    )
    host = with_link(fresh(), Link(4, "eth1", up=True), "10.250.0.7/24")
    host = replace(host, firewall=Firewall(chains, legacy_tables=("nat", "filter")))
    host = with_sysctls(host, {"ipv4/conf/all/rp_filter": "1", "ipv4/conf/all/route_localnet": "1"})
    host = with_cni(host, plugins={**host.cni.plugins, "portmap": ()})
    sysctls = {key: text for key, text in host.sysctls.items() if not key.startswith("bridge/")}
    plugins = {name: one for name, one in host.cni.plugins.items() if name != "bandwidth"}
    host = with_cni(replace(host, sysctls=sysctls), plugins=plugins)

    told = planned(host, V4, ips="10.250.0.7").problems

    assert list(told) == [
        Finding(
            "rp-filter",
            "eth0",
            "rp_filter is strict on eth0, one of several ways to this worker",
            "sysctl -w net.ipv4.conf.eth0.rp_filter=2",
        ),
        Finding(
            "rp-filter",
            "eth1",
            "rp_filter is strict on eth1, one of several ways to this worker",
            "sysctl -w net.ipv4.conf.eth1.rp_filter=2",
        ),
        Finding(
            "route-localnet",
            "net.ipv4.conf.all",
            "neighbours reach what listens on 127.0.0.1 (CVE-2020-8558)",
            "sysctl -w net.ipv4.conf.all.route_localnet=0",
        ),
        Finding(
            "br-netfilter",
            "the kernel",
            "packets between Pods of this worker pass by Services: br_netfilter is not loaded",
            "modprobe br_netfilter",
        ),
        Finding(
            "forward-drop",
            "ip filter, chain FORWARD",
            "nftables table ip filter, chain FORWARD, drops what it does not accept itself",
            "let it accept the Pods: "
            "nft insert rule ip filter FORWARD ip saddr CLUSTER-CIDR accept; "
            "nft insert rule ip filter FORWARD ip daddr CLUSTER-CIDR accept",
        ),
        Finding(
            "iptables-legacy",
            "nat, filter",
            "iptables-legacy has rules too (nat, filter), which nft does not show",
            "iptables-legacy-save shows them; move them: update-alternatives --config iptables",
        ),
        Finding(
            "cni-plugins",
            "plugin bandwidth",
            "there is no CNI plugin bandwidth: Pods get no limits of bandwidth",
            "install containernetworking-plugins",
        ),
    ]


def test_a_promiscuous_bridge_is_told_with_what_to_give_instead() -> None:
    assert planned(worker()).problems == (
        Finding(
            "hairpin",
            "cbr0",
            "since Linux 6.9 no Pod reaches itself through a Service by a promiscuous bridge",
            "give --hairpin-mode=hairpin-veth",
        ),
    )
    veth = AgentSettings(hairpin="hairpin-veth")
    assert planned(worker(V4, veth), V4, veth).problems == ()


def test_a_strict_filter_on_the_only_way_is_fine() -> None:
    told = planned(with_sysctls(worker(), {"ipv4/conf/all/rp_filter": "1"})).problems
    assert [one.id for one in told] == ["hairpin"]


def test_one_link_may_be_strict_alone() -> None:
    host = with_link(fresh(), Link(4, "eth1", up=True), "10.250.0.7/24")
    host = with_sysctls(host, {"ipv4/conf/eth1/rp_filter": "1"})

    told = planned(host, V4, ips="10.250.0.7").problems

    assert [one.subject for one in told if one.id == "rp-filter"] == ["eth1"]


def test_the_settings_of_a_vlan_are_named_as_sysctl_takes_them() -> None:
    """A dot in a link's name is a slash then."""
    vlan = {"ipv4/conf/eth0.100/rp_filter": "1", "ipv4/conf/eth0.100/forwarding": "0"}
    host = with_link(fresh(), Link(4, "eth0.100", up=True), "10.250.0.7/24")
    host = with_sysctls(host, {**vlan, "ipv4/ip_forward": "1", "ipv4/conf/eth0/forwarding": "1"})

    plan = planned(host, V4, ips="10.250.0.7")

    fixes = [one.fix for one in plan.problems if one.id == "rp-filter"]
    assert fixes == ["sysctl -w net.ipv4.conf.eth0/100.rp_filter=2"]
    assert "~ sysctl net.ipv4.conf.eth0/100.forwarding = 1: Pods' packets pass eth0.100" in lines(
        plan
    )


def test_pods_on_former_addresses_are_counted_and_the_first_ones_named() -> None:
    left = "fd00:10:300::9 10.200.7.10 10.200.7.9 10.200.7.8 10.200.7.7 10.200.7.6 10.200.0.5"
    host = with_cni(worker(), in_use=left)

    assert planned(host).problems[-1] == Finding(
        "old-pods",
        "cbr0",
        "6 Pods have addresses outside the Node's podCIDRs: "
        "10.200.7.6, 10.200.7.7, 10.200.7.8, 10.200.7.9, 10.200.7.10",
        "delete these Pods: they come back with new addresses",
    )


def test_where_the_bridge_is_somebody_elses_the_rest_is_told_too() -> None:
    host = with_link(fresh(), Link(5, "cbr0", kind="dummy"))

    plan = planned(host)

    reason = "cbr0 is there, a dummy: give another name by --bridge"
    assert plan.blocked == (Blocked("bridge cbr0", reason),)
    assert [one.id for one in plan.problems] == ["hairpin"]


FROM_PODS = "{} filter FORWARD {} saddr CLUSTER-CIDR accept"
TO_PODS = "{} filter FORWARD {} daddr CLUSTER-CIDR accept"


def drops(family: str, *accepted: Accepted, cidrs: tuple[str, ...] = V4) -> list[str]:
    """The lines that let such a chain accept the Pods."""
    firewall = Firewall((Chain(family, "filter", "FORWARD", policy="drop"),), accepted=accepted)
    told = planned(replace(fresh(), firewall=firewall), cidrs).problems
    fixes = [one.fix.removeprefix("let it accept the Pods: ") for one in told]
    return [
        line.removeprefix("nft insert rule ")
        for one, fix in zip(told, fixes, strict=True)
        if one.id == "forward-drop"
        for line in fix.split("; ")
    ]


@pytest.mark.parametrize(
    ("family", "cidrs", "versions"),
    [
        ("ip", DUAL, ["ip"]),
        ("ip6", DUAL, ["ip6"]),
        ("inet", DUAL, ["ip", "ip6"]),
        ("inet", V4, ["ip"]),
        ("ip6", V4, []),
        ("bridge", DUAL, []),
    ],
)
def test_a_chain_that_drops_is_told_in_the_words_of_its_family(
    family: str, cidrs: tuple[str, ...], versions: list[str]
) -> None:
    """One that no packet of Pods meets is no matter."""
    expected = [
        rule.format(family, version) for version in versions for rule in (FROM_PODS, TO_PODS)
    ]
    assert drops(family, cidrs=cidrs) == expected


def accepts(end: End, *cidrs: str, link: str = "", chain: str = "FORWARD") -> Accepted:
    return Accepted(("ip", "filter", chain), end, link, tuple(map(parse_cidr, cidrs)))


@pytest.mark.parametrize(
    ("accepted", "lacking"),
    [
        ([accepts("from", "10.200.0.0/16"), accepts("to", "10.0.0.0/8")], []),
        ([accepts("from", link="cbr0"), accepts("to", link="cbr0")], []),
        ([accepts("from", "10.200.0.0/24")], [TO_PODS]),
        ([accepts("from", "10.200.0.0/25"), accepts("to", "10.9.9.0/24", V4[0])], [FROM_PODS]),
        ([accepts("from", link="docker0"), accepts("to", link="docker0")], [FROM_PODS, TO_PODS]),
        ([accepts("from", "::/0"), accepts("to", "::/0")], [FROM_PODS, TO_PODS]),
        (
            [accepts("from", V4[0], chain="x"), accepts("to", V4[0], chain="x")],
            [FROM_PODS, TO_PODS],
        ),
    ],
)
def test_one_that_accepts_the_pods_is_no_matter(
    accepted: list[Accepted], lacking: list[str]
) -> None:
    assert drops("ip", *accepted) == [rule.format("ip", "ip") for rule in lacking]


@pytest.mark.parametrize(("missing", "told"), [("iptables", True), ("ip6tables", False)])
def test_br_netfilter_matters_for_the_families_of_pods(missing: str, *, told: bool) -> None:
    host = fresh()
    sysctls = {
        key: text for key, text in host.sysctls.items() if not key.endswith(f"-call-{missing}")
    }

    found = planned(replace(host, sysctls=sysctls)).problems

    assert ("br-netfilter" in [one.id for one in found]) == told
