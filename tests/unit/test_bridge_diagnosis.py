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
from podroute.model.check import Check
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


def test_a_pod_cidr_that_cannot_be_is_the_first_finding() -> None:
    plan = Plan(blocked=(Blocked("podCIDR 10.240.0.0/24", "over a network of this machine"),))

    first, *others = diagnose(plan, None, fresh())

    assert first.id == "pod-cidr"
    assert first.problems[0].cause == "over a network of this machine"
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


def way_to(
    target: str,
    way: Way = Way(),  # noqa: B008 -- frozen
    *,
    host: Host = SOUND,
    owner: Owner | None = PEER,
) -> list[tuple[str, str]]:
    journey = Journey(ip_address(target), owner, way)
    return [(hop.where, hop.state) for hop in found_hops(journey, host)]


def found_hops(journey: Journey, host: Host) -> list[Hop]:
    return list(hops(journey, wished(host), host, checked(host)))


WELL = [("bridge", "ok"), ("forwarding", "ok"), ("firewall", "ok")]
GATEWAY = ip_address("10.240.0.1")


@pytest.mark.parametrize(
    ("way", "owner", "state", "words"),
    [
        (Way("eth0", PEER.internal_ips[0]), PEER, "ok", "which is that Node"),
        (Way("eth0", GATEWAY), PEER, "unknown", "sent to 10.240.0.1 on eth0"),
        (Way("eth0", GATEWAY), None, "unknown", "no Node's that is known here"),
        (Way("eth0"), PEER, "broken", "asked for on eth0 itself"),
        (Way("eth0"), None, "unknown", "asked for on eth0 itself"),
        (Way(refusal="this worker has no route to it"), PEER, "broken", "has no route to it"),
    ],
)
def test_the_way_to_another_worker(way: Way, owner: Owner | None, state: str, words: str) -> None:
    found = found_hops(Journey(FAR, owner, way), SOUND)

    assert [(one.where, one.state) for one in found] == [*WELL, ("route", state)]
    assert words in found[-1].words
    assert (found[-1].fix == "") == (state == "ok")


@pytest.mark.parametrize(
    ("pods", "state"), [(None, "unknown"), ((POD,), "ok"), ((ip_address("10.200.0.3"),), "broken")]
)
def test_the_way_to_a_neighbour(pods: tuple[Address, ...] | None, state: str) -> None:
    host = replace(SOUND, pod_addresses=pods)

    assert way_to("10.200.0.2", host=host) == [*WELL, ("Pod", state)]


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
