"""How do Pods' ports follow the mode in which Pods reach themselves?"""

from dataclasses import replace

import pytest

from podroute.bridge.desired import AgentSettings, HairpinMode
from podroute.bridge.seen import Link
from tests.workers import V4, lines, planned, with_link, worker

POD = Link(9, "veth9", kind="veth", up=True)


@pytest.mark.parametrize("mode", ["none", "promiscuous-bridge"])
def test_ports_that_reflected_stop_it_in_another_mode(mode: HairpinMode) -> None:
    settings = AgentSettings(hairpin=mode)
    host = worker(V4, settings)
    bridge = host.link("cbr0")
    assert bridge is not None
    port = replace(POD, master=bridge.number, alias="podroute port of cbr0", hairpin=True)
    reflecting = with_link(host, port)
    lost = with_link(host, replace(port, master=0))

    assert lines(planned(reflecting, V4, settings)) == [
        f"~ link veth9 hairpin off: --hairpin-mode={mode}"
    ]
    assert lines(planned(lost, V4, settings)) == [
        "~ link veth9 master 'cbr0' up on: it was a port of cbr0"
    ]


def test_ports_of_a_bridge_with_another_name_are_plugged_in_again() -> None:
    """It was deleted, and --bridge is another now."""
    settings = AgentSettings(bridge="pods0")
    host = worker(V4, settings)
    lost = with_link(host, replace(POD, alias="podroute port of cbr0"))

    assert lines(planned(lost, V4, settings))[:2] == [
        "~ link veth9 master 'pods0' up on: it was a port of cbr0",
        "~ link veth9 alias 'podroute port of pods0': a Pod's port of pods0",
    ]


def test_a_port_that_somebody_has_plugged_in_elsewhere_stays_there() -> None:
    moved = with_link(worker(), Link(40, "br1", kind="bridge"))
    moved = with_link(moved, replace(POD, master=40, alias="podroute port of cbr0"))

    assert lines(planned(moved)) == []


def test_a_bridge_that_asks_nobody_for_an_address_is_told_to() -> None:
    """``ip link set cbr0 arp off``: whom it has not known before it does not reach."""
    host = worker()
    bridge = host.link("cbr0")
    assert bridge is not None

    assert lines(planned(with_link(host, replace(bridge, arp=False)), V4)) == [
        "~ link cbr0 arp on: without it nobody finds the gateway"
    ]
