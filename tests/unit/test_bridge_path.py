"""The way of a Pod's packet that stays on its worker."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.path import Hop, Journey, Way, hops
from podroute.bridge.plan import plan_host
from podroute.bridge.seen import Chain, Host, Link
from podroute.model.cidr import parse_cidr
from tests.workers import DUAL, V4, with_link, with_sysctls, without_link, worker

NOWHERE = Way(refusal="this worker has no route to it")
VETH = AgentSettings(hairpin="hairpin-veth")


def all_hops(target: str, host: Host, cidrs: Sequence[str], way: Way = NOWHERE) -> Sequence[Hop]:
    """The way to what is no Node's."""
    wish = desire(tuple(map(parse_cidr, cidrs)), host, VETH)
    journey = Journey(ip_address(target), None, way)
    return [*hops(journey, wish, host, diagnose(plan_host(wish, host), wish, host))]


def last_hop(target: str, host: Host, cidrs: Sequence[str], way: Way = NOWHERE) -> Hop:
    """The end of that way."""
    return all_hops(target, host, cidrs, way)[-1]


def link_of(host: Host, name: str) -> Link:
    (found,) = (one for one in host.links if one.name == name)
    return found


@pytest.mark.parametrize(
    ("target", "hop"),
    [
        ("10.240.0.30", Hop("worker", "ok", "10.240.0.30 is this worker's own, on eth0")),
        ("10.200.0.1", Hop("worker", "ok", "10.200.0.1 is this worker's own, on cbr0")),
        ("127.0.0.1", Hop("Pod", "ok", "127.0.0.1 is the Pod itself, and no other machine")),
        ("::1", Hop("Pod", "ok", "::1 is the Pod itself, and no other machine")),
    ],
)
def test_it_ends_at_the_worker_or_in_the_pod(target: str, hop: Hop) -> None:
    assert last_hop(target, worker(V4, VETH), V4) == hop


def test_of_a_family_without_a_pod_cidr_nothing_leaves_a_pod() -> None:
    """Whatever ways this worker has."""
    for target, cidrs, family in (("2001:db8::1", V4, "IPv6"), ("192.0.2.1", DUAL[1:], "IPv4")):
        last = last_hop(target, worker(cidrs, VETH), cidrs)

        words = f"Pods of this worker have no {family} address: its Node has no {family} podCIDR"
        fix = "give it one, or ask for an address of the other family"
        assert last == Hop("Pod", "broken", words, fix)


@pytest.mark.parametrize(
    "target",
    ["224.0.0.1", "0.0.0.0", "255.255.255.255", "ff02::1", "::"],  # noqa: S104 -- nothing is bound
)
def test_what_is_no_machines_is_forwarded_by_nobody(target: str) -> None:
    last = last_hop(target, worker(DUAL, VETH), DUAL)

    words = f"{target} is no machine's beyond a link: nothing forwards it"
    fix = "ask for the address of a Pod, or of a machine"
    assert last == Hop("bridge", "broken", words, fix)


def test_of_link_local_addresses_those_of_ipv4_are_forwarded() -> None:
    """In clouds a machine is told of itself by 169.254.169.254."""
    for target, where in (
        ("fe80::1", "bridge"),
        ("169.254.169.254", "route"),
        ("::ffff:ffff", "route"),
    ):
        assert last_hop(target, worker(DUAL, VETH), DUAL).where == where


@pytest.mark.parametrize(
    ("target", "device", "state", "words"),
    [
        ("10.240.0.77", "eth0", "ok", "this worker's neighbour on eth0"),
        ("192.0.2.1", "eth0", "unknown", "asked for on eth0 itself"),
        ("10.240.0.77", "eth7", "unknown", "asked for on eth7 itself"),
    ],
)
def test_a_neighbour_on_the_uplink_is_reached_without_a_router(
    target: str, device: str, state: str, words: str
) -> None:
    last = last_hop(target, worker(V4, VETH), V4, Way(device))

    assert (last.where, last.state) == ("route", state)
    assert last.words == f"{target} is no Node's that is known here, and {words}"


def without_address(host: Host, version: int) -> Host:
    (bridge,) = (one.number for one in host.links if one.name == "cbr0")
    kept = (one for one in host.addresses if one[0] != bridge or one[1].version != version)
    return replace(host, addresses=tuple(kept))


def without_table(host: Host, family: str) -> Host:
    chains = tuple(one for one in host.firewall.chains if one.family != family)
    return replace(host, firewall=replace(host.firewall, chains=chains))


def dropping(host: Host, family: str) -> Host:
    chain = Chain(family, "filter", "FORWARD", policy="drop")
    chains = (*host.firewall.chains, chain)
    return replace(host, firewall=replace(host.firewall, chains=chains))


def taken(host: Host, address: str) -> Host:
    """By a Pod."""
    return replace(host, pod_addresses=(ip_address(address),))


def two_ways(host: Host) -> Host:
    two = with_link(host, Link(9, "eth1", "02:00:00:00:00:09", up=True), "10.250.0.1/24")
    ways = (*two.default_routes, replace(two.default_routes[0], link=9))
    return with_sysctls(replace(two, default_routes=ways), {"ipv4/conf/eth1/rp_filter": "1"})


GOOD = worker(DUAL, VETH)


@pytest.mark.parametrize(
    ("host", "broken"),
    [
        (with_sysctls(GOOD, {"ipv4/ip_forward": "0"}), {4: "forwarding"}),
        (with_sysctls(GOOD, {"ipv6/conf/all/forwarding": "0"}), {6: "forwarding"}),
        (without_address(GOOD, 4), {4: "bridge"}),
        (without_address(GOOD, 6), {6: "bridge"}),
        (taken(GOOD, "10.200.0.1"), {4: "bridge"}),
        (taken(GOOD, "fd00:10:200::1"), {6: "bridge"}),
        (two_ways(GOOD), {4: "forwarding"}),
        (without_table(GOOD, "inet"), {4: "firewall", 6: "firewall"}),
        (dropping(GOOD, "ip"), {4: "firewall"}),
        (dropping(GOOD, "ip6"), {6: "firewall"}),
        (dropping(GOOD, "inet"), {4: "firewall", 6: "firewall"}),
        (without_link(GOOD, link_of(GOOD, "cbr0")), {4: "bridge", 6: "bridge"}),
    ],
)
def test_what_is_wrong_with_one_family_breaks_no_way_of_the_other(
    host: Host, broken: Mapping[int, str]
) -> None:
    for version, target in ((4, "10.200.0.7"), (6, "fd00:10:200::7")):
        found = [one.where for one in all_hops(target, host, DUAL) if one.state == "broken"]

        assert found[:1] == [broken.get(version, "route")]


def test_where_no_route_is_its_family_is_looked_at() -> None:
    assert last_hop("2001:db8::1", worker(DUAL, VETH), DUAL).fix == "ip -6 route"


def test_a_kernel_without_ipv6_is_no_lack_of_a_route() -> None:
    host = worker(V4, VETH)
    kept = {key: text for key, text in host.sysctls.items() if not key.startswith("ipv6/")}

    last = last_hop("2001:db8::1", replace(host, sysctls=kept), V4)

    assert (last.where, last.state, last.words) == ("worker", "broken", "this kernel has no IPv6")
    assert last.fix.startswith("boot it without ipv6.disable=1")
