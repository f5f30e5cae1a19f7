"""What is wrong with a worker, by the name of the check, and where a packet's way ends."""

from dataclasses import replace
from ipaddress import ip_address, ip_interface

import pytest

from podroute.bridge.desired import AgentSettings, Wish, desire
from podroute.bridge.diagnosis import CHECKS, diagnose
from podroute.bridge.path import Hop, Journey, Owner, Way, hops
from podroute.bridge.plan import Plan, plan_host
from podroute.bridge.seen import Chain, Firewall, Host, Link
from podroute.bridge.steps import Blocked, DeleteLink, DeleteTable, RemoveAddress, RemoveConflist
from podroute.model.check import Check, Problem
from podroute.model.cidr import Address, parse_cidr
from tests.workers import fresh, with_cni, with_link, with_sysctls, without_link, worker

VETH = AgentSettings(hairpin="hairpin-veth")
CIDRS = (parse_cidr("10.200.0.0/24"),)
SOUND = worker(("10.200.0.0/24",), VETH)
POD = ip_address("10.200.0.2")
FAR = ip_address("10.200.1.2")
PEER = Owner("worker-1", (ip_address("10.240.0.31"),))


def wished(host: Host) -> Wish:
    return desire(CIDRS, host, VETH)


def checked(host: Host) -> tuple[Check, ...]:
    wish = wished(host)
    return diagnose(plan_host(wish, host), wish, host)


def failed(host: Host) -> dict[str, str]:
    """The subject of the first finding of each check that failed."""
    return {one.id: one.problems[0].subject for one in checked(host) if one.problems}


def with_port(host: Host, mtu: int = 1500) -> Host:
    bridge = host.link("cbr0")
    assert bridge is not None
    mark = "podroute port of cbr0"
    port = Link(9, "veth9", "", mtu, "veth", bridge.number, mark, up=True, hairpin=True)
    return with_link(host, port)


def lost(host: Host, name: str) -> Host:
    link = host.link(name)
    assert link is not None
    return without_link(host, link)


def other_mtu(host: Host) -> Host:
    bridge = host.link("cbr0")
    assert bridge is not None
    return with_link(host, replace(bridge, mtu=1300))


def test_a_sound_worker_passes_every_check() -> None:
    assert {one.id: one.what for one in checked(with_port(SOUND))} == CHECKS
    assert [one.id for one in checked(with_port(SOUND))] == list(CHECKS)
    assert failed(with_port(SOUND)) == {}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (lost(SOUND, "cbr0"), {"bridge": "cbr0", "forwarding": "net.ipv6.conf.cbr0.accept_ra"}),
        (other_mtu(SOUND), {"mtu": "cbr0"}),
        (with_port(SOUND, 1400), {"mtu": "veth9"}),
        (with_sysctls(SOUND, {"ipv4/ip_forward": "0"}), {"forwarding": "net.ipv4.ip_forward"}),
        (
            with_sysctls(SOUND, {"bridge/bridge-nf-call-iptables": "0"}),
            {"br-netfilter": "net.bridge.bridge-nf-call-iptables"},
        ),
        (
            replace(
                SOUND,
                firewall=Firewall(
                    (*SOUND.firewall.chains, Chain("ip", "filter", "FORWARD", policy="drop")),
                    SOUND.firewall.rules,
                ),
            ),
            {"forward-drop": "ip filter, chain FORWARD"},
        ),
        (replace(SOUND, firewall=Firewall()), {"firewall": "inet podroute"}),
        (with_cni(SOUND, files={}), {"cni-config": "10-podroute.conflist"}),
        (
            with_cni(SOUND, files={"05-other.conf": "{}"}),
            {"cni-config": "CNI configuration 10-podroute.conflist"},
        ),
        (with_cni(SOUND, in_use="10.200.7.9"), {"old-pods": "cbr0"}),
        (
            replace(
                SOUND,
                cni=replace(SOUND.cni, in_use=frozenset({POD}), settled=frozenset({POD})),
                pod_addresses=(),
            ),
            {"leftovers": "10.200.0.2"},
        ),
        (replace(SOUND, pod_addresses=(POD, POD)), {"duplicate-address": "10.200.0.2"}),
        (
            replace(SOUND, pod_addresses=(POD, ip_address("10.200.0.1"), ip_address("10.9.9.9"))),
            {"duplicate-address": "10.200.0.1"},
        ),
        (
            with_link(lost(SOUND, "cbr0"), Link(5, "cbr0", kind="bridge"), "172.17.0.1/16"),
            {"bridge-owner": "bridge cbr0"},
        ),
    ],
)
def test_what_is_wrong_is_named(host: Host, expected: dict[str, str]) -> None:
    assert failed(host) == expected


def test_a_second_address_of_the_same_is_told_with_what_has_it() -> None:
    both = replace(SOUND, pod_addresses=(POD, POD, ip_address("10.200.0.1")))

    (check,) = (one for one in checked(both) if one.id == "duplicate-address")

    assert [one.cause for one in check.problems] == [
        "2 Pods have 10.200.0.2",
        "a Pod has 10.200.0.1, which is the bridge's",
    ]
    assert {one.fix for one in check.problems} == {
        "delete these Pods: they come back with other addresses"
    }


def test_two_pods_with_one_ipv6_address_are_told() -> None:
    settings = AgentSettings(hairpin="hairpin-veth")
    cidrs = (*CIDRS, parse_cidr("fd00:10:200::/64"))
    twice = ip_address("fd00:10:200::2")
    host = replace(worker(map(str, cidrs), settings), pod_addresses=(twice, twice))
    wish = desire(cidrs, host, settings)

    found = {one.id: one.problems for one in diagnose(plan_host(wish, host), wish, host)}

    assert [one.cause for one in found["duplicate-address"]] == ["2 Pods have fd00:10:200::2"]


def test_a_port_of_another_mtu_is_told_with_what_to_do() -> None:
    (check,) = (one for one in checked(with_port(SOUND, 1400)) if one.id == "mtu")

    assert check.problems == (
        Problem(
            "veth9",
            "veth9 has MTU 1400, the bridge is to have 1500",
            "delete the Pod: it comes back with the other MTU",
        ),
    )


def test_a_pod_cidr_that_cannot_be_is_the_first_finding() -> None:
    plan = Plan(blocked=(Blocked("podCIDR 10.240.0.0/24", "over a network of this machine"),))

    first, *others = diagnose(plan, None, fresh())

    assert first.id == "pod-cidr"
    assert first.problems == (
        Problem(
            "podCIDR 10.240.0.0/24",
            "over a network of this machine",
            "podroute agent --dry-run shows the rest",
        ),
    )
    assert not any(one.problems for one in others)


def test_every_step_belongs_to_a_check() -> None:
    steps = (
        DeleteLink("cbr0"),
        RemoveAddress("cbr0", ip_interface("10.200.7.1/24"), "no podCIDR of this Node"),
        DeleteTable("bridge", "needs none"),
        RemoveConflist("10-podroute.conflist"),
    )

    found = diagnose(Plan(steps), None, fresh())

    assert {one.id: [each.subject for each in one.problems] for one in found if one.problems} == {
        "bridge": ["cbr0", "10.200.7.1/24"],
        "firewall": ["bridge podroute"],
        "cni-config": ["10-podroute.conflist"],
    }


def found_hops(journey: Journey, host: Host) -> list[Hop]:
    return list(hops(journey, wished(host), host, checked(host)))


WELL = [
    Hop("bridge", "ok", "the bridge has the first address of each podCIDR, and its ports"),
    Hop("forwarding", "ok", CHECKS["forwarding"]),
    Hop("firewall", "ok", "nobody else drops forwarded packets"),
]
GATEWAY = ip_address("10.240.0.1")


SENT = "10.200.1.2 is worker-1's, and sent to"
UNSENT = "and asked for on eth0 itself"
NOBODYS = "10.200.1.2 is no Node's that is known here"
NO_ROUTE = "give the worker a route to it, or a default route"
TABLE = "podroute table shows what 10.240.0.1 does with it"


@pytest.mark.parametrize(
    ("way", "owner", "hop"),
    [
        (
            Way("eth0", PEER.internal_ips[0]),
            PEER,
            Hop("route", "ok", f"{SENT} 10.240.0.31 on eth0, which is that Node"),
        ),
        (
            Way("eth0", GATEWAY),
            PEER,
            Hop("route", "unknown", f"{SENT} 10.240.0.1 on eth0", TABLE),
        ),
        (
            Way("eth0", GATEWAY),
            None,
            Hop("route", "unknown", f"{NOBODYS}, and sent to 10.240.0.1 on eth0", TABLE),
        ),
        (
            Way("eth0"),
            PEER,
            Hop("route", "broken", f"10.200.1.2 is worker-1's, {UNSENT}", NO_ROUTE),
        ),
        (Way("eth0"), None, Hop("route", "unknown", f"{NOBODYS}, {UNSENT}", NO_ROUTE)),
        (
            Way(refusal="this worker has no route to it"),
            PEER,
            Hop(
                "route",
                "broken",
                "10.200.1.2 is worker-1's: this worker has no route to it",
                "ip -4 route",
            ),
        ),
    ],
)
def test_the_way_to_another_worker(way: Way, owner: Owner | None, hop: Hop) -> None:
    assert found_hops(Journey(FAR, owner, way), SOUND) == [*WELL, hop]


@pytest.mark.parametrize(
    ("pods", "hop"),
    [
        (None, Hop("Pod", "unknown", "10.200.0.2 is this worker's", "run it as root")),
        ((POD,), Hop("Pod", "ok", "a Pod of this worker has 10.200.0.2")),
        (
            (ip_address("10.200.0.3"),),
            Hop(
                "Pod",
                "broken",
                "no Pod of this worker has 10.200.0.2",
                "kubectl get pods -o wide",
            ),
        ),
    ],
)
def test_the_way_to_a_neighbour(pods: tuple[Address, ...] | None, hop: Hop) -> None:
    host = replace(SOUND, pod_addresses=pods)

    assert found_hops(Journey(POD, PEER, Way("cbr0")), host) == [*WELL, hop]


def test_a_worker_that_does_not_forward_breaks_the_way_there() -> None:
    host = with_sysctls(SOUND, {"ipv4/ip_forward": "0"})
    found = found_hops(Journey(FAR, PEER, Way("eth0", GATEWAY)), host)

    assert [one.state for one in found] == ["ok", "broken", "ok", "unknown"]
    assert "net.ipv4.ip_forward" in found[1].words
    assert found[1].fix == "podroute agent --once does it, or a running agent"


def test_without_a_pod_cidr_there_is_no_way() -> None:
    plan = Plan(blocked=(Blocked("podCIDR 0.0.0.0/0", "everything"),))
    checks = diagnose(plan, None, fresh())

    first, *_, last = hops(Journey(FAR, None, Way("eth0")), None, fresh(), checks)

    assert (first.where, first.state, first.words) == ("bridge", "broken", "everything")
    assert last.state == "unknown"
