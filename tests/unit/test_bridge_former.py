"""Gateways of a former podCIDR stay as long as a Pod needs them, or as long as nobody knows."""

import json
from dataclasses import replace
from ipaddress import ip_interface

import pytest

from podroute.bridge.cni_conflist import FILE
from podroute.bridge.desired import called_back, desire
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.plan import Plan
from podroute.bridge.seen import Host, Link
from podroute.model.cidr import parse_address, parse_cidr
from tests.workers import USUAL, after, fresh, lines, planned, with_cni, with_link, worker

OLD, NEW = ("10.200.7.0/24",), ("10.200.0.0/24",)
GONE = "no podCIDR of this Node"


def with_pods(host: Host, *addresses: str) -> Host:
    """With a Pod for each, whom no note tells of; looked at."""
    bridge = host.link("cbr0")
    assert bridge is not None
    for number, _ in enumerate(addresses, 20):
        mark = "podroute port of cbr0"
        port = Link(number, f"veth{number}", "", 1500, "veth", bridge.number, mark, up=True)
        host = with_link(host, port)
    return replace(host, pod_addresses=tuple(map(parse_address, addresses)))


def not_looked_at(host: Host) -> Host:
    return replace(host, pod_addresses=None)


def addresses(host: Host) -> set[str]:
    """The bridge's, when two passes have been made."""
    bridge = host.link("cbr0")
    assert bridge is not None
    return {str(one) for one in host.addresses_of(bridge)}


def moved(host: Host, *cidrs: str) -> Host:
    """Two passes later."""
    for _ in range(2):
        host = after(host, planned(host, cidrs).steps)
    assert planned(host, cidrs).steps == ()
    return host


@pytest.mark.parametrize(
    ("before", "now", "pod", "kept"),
    [
        ("10.200.7.0/24", "10.200.0.0/24", "10.200.7.9", {"10.200.7.1/24", "10.200.0.1/24"}),
        ("10.200.7.0/24", "10.200.0.0/24", "10.99.0.9", {"10.200.0.1/24"}),
        ("10.200.0.0/24", "10.200.0.128/25", "10.200.0.9", {"10.200.0.1/24", "10.200.0.129/25"}),
        ("10.200.0.0/24", "10.200.0.128/25", "10.200.0.200", {"10.200.0.1/24", "10.200.0.129/25"}),
        ("10.200.0.128/25", "10.200.0.0/24", "10.200.0.200", {"10.200.0.129/25", "10.200.0.1/24"}),
        ("10.200.0.0/24", "10.200.0.0/25", "10.200.0.200", {"10.200.0.1/24", "10.200.0.1/25"}),
        ("10.200.0.0/24", "10.200.0.0/25", "10.200.0.9", {"10.200.0.1/25"}),
        ("10.200.0.0/25", "10.200.0.0/24", "10.200.0.9", {"10.200.0.1/24"}),
        ("fd00:1::/64", "fd00:1::/80", "fd00:1::1:0:0:9", {"fd00:1::1/64"}),
        ("fd00:1::/64", "fd00:1::/80", "fd00:1::9", {"fd00:1::1/80"}),
        ("fd00:1::/80", "fd00:1::/64", "fd00:1::9", {"fd00:1::1/64"}),
    ],
)
def test_a_pod_without_a_note_keeps_its_gateway(
    before: str, now: str, pod: str, kept: set[str]
) -> None:
    host = moved(with_pods(worker((before,)), pod), now)

    assert addresses(host) == kept


def test_a_pod_without_a_note_keeps_its_right_to_send_and_is_told() -> None:
    host = with_pods(worker(OLD), "10.200.7.9", "10.99.0.9")

    (told,) = (one for one in planned(host, NEW).problems if one.id == "old-pods")
    host = moved(host, *NEW)

    assert told.cause == "1 Pods have addresses outside the Node's podCIDRs: 10.200.7.9"
    done = replace(host, pod_addresses=())
    assert f"- address 10.200.7.1/24 on cbr0: {GONE}" in lines(planned(done, NEW))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (OLD, NEW),
        (("10.200.0.0/24",), ("10.200.0.128/25",)),
        (("fd00:1::/64",), ("fd00:1::/80",)),
    ],
)
def test_as_long_as_no_pod_was_looked_at_the_former_gateway_stays(
    before: tuple[str, ...], now: tuple[str, ...]
) -> None:
    host = not_looked_at(with_pods(worker(before), "10.99.0.9"))

    plan = planned(host, now)

    assert plan.unsure
    assert addresses(worker(before)) <= addresses(after(host, plan.steps))
    looked = replace(host, pod_addresses=())
    assert not planned(looked, now).unsure
    assert not addresses(worker(before)) & addresses(after(looked, planned(looked, now).steps))


def test_ports_that_somebody_has_pulled_out_are_pods_too() -> None:
    host = with_pods(worker(OLD), "10.200.7.9")
    pulled = tuple(replace(one, master=0) if one.kind == "veth" else one for one in host.links)

    assert planned(not_looked_at(replace(host, links=pulled)), NEW).unsure


def test_nobody_looks_where_there_is_nothing_to_learn() -> None:
    bare = worker(OLD)
    assert not planned(bare, NEW).unsure
    assert addresses(after(bare, planned(bare, NEW).steps)) == {"10.200.0.1/24"}
    host = not_looked_at(with_pods(worker(NEW), "10.200.0.9"))
    assert not planned(host, NEW).unsure
    longer = not_looked_at(with_pods(worker(("10.200.0.0/25",)), "10.200.0.9"))
    assert not planned(longer, NEW).unsure


def test_an_address_that_no_pod_cidr_gave_goes_when_no_pod_needs_it() -> None:
    host = with_pods(worker(NEW), "10.200.0.9")
    bridge = host.link("cbr0")
    assert bridge is not None
    more = (bridge.number, ip_interface("192.168.9.1/24"))

    plan = planned(replace(host, addresses=(*host.addresses, more)), NEW)

    assert f"- address 192.168.9.1/24 on cbr0: {GONE}" in lines(plan)


def test_a_noted_address_and_a_seen_one_are_one_pod() -> None:
    host = with_cni(with_pods(worker(OLD), "10.200.7.9"), in_use="10.200.7.9")

    (told,) = (one for one in planned(host, NEW).problems if one.id == "old-pods")

    assert told.cause.startswith("1 Pods have")


@pytest.mark.parametrize(
    ("former", "ranges"),
    [
        ("10.200.0.129/25", [("10.200.0.1", "10.200.0.128"), ("10.200.0.130", "10.200.0.254")]),
        ("10.200.0.255/31", [("10.200.0.1", "10.200.0.254")]),
        ("10.200.0.1/16", []),
        ("10.201.0.1/16", []),
    ],
)
def test_a_former_gateway_in_the_pod_cidr_is_given_to_no_pod(
    former: str, ranges: list[tuple[str, str]]
) -> None:
    """Its Pod is there, and needs it."""
    host = with_pods(worker(NEW), "10.200.0.200", "10.201.0.9", "10.200.9.9", "10.200.0.254")
    bridge = host.link("cbr0")
    assert bridge is not None
    host = replace(host, addresses=(*host.addresses, (bridge.number, ip_interface(former))))

    text = moved(host, *NEW).cni.files[FILE]

    (given,) = json.loads(text)["plugins"][0]["ipam"]["ranges"]
    whole = {"subnet": "10.200.0.0/24", "gateway": "10.200.0.1"}
    parts = [{**whole, "rangeStart": start, "rangeEnd": end} for start, end in ranges]
    assert given == (parts or [whole])


def test_of_two_former_gateways_neither_is_given() -> None:
    host = with_pods(worker(NEW), "10.200.0.10", "10.200.0.14")
    bridge = host.link("cbr0")
    assert bridge is not None
    more = tuple((bridge.number, ip_interface(f"10.200.0.{one}")) for one in ("13/30", "9/29"))

    text = moved(replace(host, addresses=(*host.addresses, *more)), *NEW).cni.files[FILE]

    (given,) = json.loads(text)["plugins"][0]["ipam"]["ranges"]
    ends = [(one["rangeStart"], one["rangeEnd"]) for one in given]
    parts = [("10.200.0.1", "10.200.0.8"), ("10.200.0.10", "10.200.0.12")]
    assert ends == [*parts, ("10.200.0.14", "10.200.0.254")]


@pytest.mark.parametrize(
    ("pods", "causes"),
    [
        (["10.200.0.200"], []),
        (["10.200.0.200", "10.200.0.129"], ["a Pod has 10.200.0.129, which is the bridge's"]),
    ],
)
def test_a_pod_with_a_former_gateways_address_is_found(pods: list[str], causes: list[str]) -> None:
    host = moved(with_pods(worker(("10.200.0.128/25",)), *pods), *NEW)
    wish = desire(tuple(map(parse_cidr, NEW)), host, USUAL)

    (check,) = (one for one in diagnose(Plan(), wish, host) if one.id == "duplicate-address")

    assert [one.cause for one in check.problems] == causes


@pytest.mark.parametrize(
    "alien", ["10.200.0.77/24", "10.200.0.0/24", "10.200.0.9/32", "10.9.0.9/8"]
)
def test_what_never_was_a_gateway_goes_though_pods_are_around_it(alien: str) -> None:
    """A Pod may have it; and host-local is told of no such hole in its range."""
    host = with_pods(worker(NEW), "10.200.0.9", "10.9.0.7")
    bridge = host.link("cbr0")
    assert bridge is not None
    host = replace(host, addresses=(*host.addresses, (bridge.number, ip_interface(alien))))

    noted = with_cni(host, in_use="10.200.0.9")
    assert lines(planned(noted, NEW)) == [f"- address {alien} on cbr0: {GONE}"]
    assert lines(planned(not_looked_at(host), NEW)) == [f"- address {alien} on cbr0: {GONE}"]


def test_a_former_gateway_stays_until_the_runtime_gives_no_more_of_its_addresses() -> None:
    """A Pod that is plugged in meanwhile would be cut off."""
    told = "~ CNI configuration 10-podroute.conflist: not as it should be"

    assert lines(planned(worker(OLD), NEW))[-2:] == [
        told,
        f"- address 10.200.7.1/24 on cbr0: {GONE}",
    ]


def test_only_gateways_of_pods_that_are_noted_come_back() -> None:
    needed, unneeded = map(ip_interface, ("10.200.7.1/24", "10.200.8.1/24"))
    noted = map(parse_address, ("10.200.7.5", "10.200.0.5"))

    assert called_back((needed, unneeded), [parse_cidr(NEW[0])], noted) == (needed,)


def test_a_bridge_that_is_made_anew_has_its_former_mac_where_pods_know_it() -> None:
    former, cidrs = "0a:58:0a:c8:07:01", [parse_cidr(NEW[0])]
    pod = Link(20, "veth20", kind="veth", alias="podroute port of cbr0")
    for host, mac in ((with_link(fresh(), pod), former), (fresh(), "0a:58:0a:c8:00:01")):
        assert desire(cidrs, replace(host, former_mac=former), USUAL).mac == mac
