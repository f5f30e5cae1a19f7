"""Addresses that no Pod has any more, those of the kernel, and who is behind the bridge."""

from dataclasses import replace
from ipaddress import ip_address, ip_interface

from podroute.bridge.desired import pod_ports
from podroute.bridge.seen import Link
from tests.workers import (
    DUAL,
    lines,
    planned,
    worker,
)


def left_over(*pod_addresses: str, settled: str, known: bool = True) -> list[str]:
    """What is freed of 10.200.0.2 to .4 where Pods have these."""
    host = worker()
    noted = [ip_address(f"10.200.0.{number}") for number in (2, 3, 4)]
    cni = replace(
        host.cni,
        in_use=frozenset(noted),
        settled=frozenset(map(ip_address, settled.split())),
    )
    found = tuple(map(ip_address, pod_addresses)) if known else None
    return lines(planned(replace(host, cni=cni, pod_addresses=found)))


def test_an_address_that_no_pod_has_is_free_again() -> None:
    old = "10.200.0.4 10.200.0.3 10.200.0.2"

    assert left_over("10.200.0.3", "fe80::1", settled=old) == [
        "- host-local's note of 10.200.0.2: no Pod has it",
        "- host-local's note of 10.200.0.4: no Pod has it",
    ]
    assert left_over(settled="fd00::9 10.200.0.4") == [
        "- host-local's note of 10.200.0.4: no Pod has it",
        "- host-local's note of fd00::9: no Pod has it",
    ]
    assert left_over(settled="10.200.0.4") == ["- host-local's note of 10.200.0.4: no Pod has it"]
    assert left_over(settled=old, known=False) == []
    assert left_over(settled="") == []
    assert left_over(settled="10.200.0.1") == []  # the bridge has it


def test_pods_are_behind_ports_of_our_bridge_plugged_in_or_not() -> None:
    host = worker()
    bridge = host.link("cbr0")
    assert bridge is not None
    links = (
        bridge,
        Link(8, "docker0", kind="bridge"),
        Link(10, "plugged", kind="veth", master=bridge.number),
        Link(11, "lost", kind="veth", alias="podroute port of cbr0"),
        Link(12, "dockers", kind="veth", master=8),
        Link(13, "card", master=bridge.number),
    )

    assert [one.name for one in pod_ports(links)] == ["plugged", "lost"]


def test_link_local_addresses_are_the_kernels() -> None:
    host = worker(DUAL)
    bridge = host.link("cbr0")
    assert bridge is not None
    own = (bridge.number, ip_interface("fe80::1/64"))

    assert planned(replace(host, addresses=(*host.addresses, own)), DUAL).steps == ()
