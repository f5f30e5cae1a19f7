"""Which MTU does the bridge have, and what where none fits?"""

from dataclasses import replace

import pytest

from podroute.bridge.checks import Finding
from podroute.bridge.desired import AgentSettings, desire
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import Blocked, CreateBridge
from podroute.model.cidr import parse_cidr
from tests.workers import DUAL, LOOPBACK, UPLINK, V4, fresh, planned, with_link

VETH = AgentSettings(hairpin="hairpin-veth")
V6 = ("fd00:10:200::/64",)


def with_uplink(mtu: int) -> Host:
    return with_link(fresh(), replace(UPLINK, mtu=mtu))


def mtu_of(host: Host, ips: str = "") -> int:
    """The bridge's."""
    (step,) = (one for one in planned(host, V4, VETH, ips).steps if isinstance(one, CreateBridge))
    return step.mtu


def test_the_loopback_is_no_uplink_though_the_nodes_address_be_on_it() -> None:
    """As where routers announce the address of a worker with several ways out."""
    host = with_link(replace(fresh(), default_routes=()), LOOPBACK, "10.240.9.9/32")

    assert mtu_of(host, "10.240.9.9") == 1500


def test_no_bridge_has_more_than_a_packet_can_have() -> None:
    assert mtu_of(with_uplink(70_000)) == 65_535


@pytest.mark.parametrize(
    ("cidrs", "mtu", "least"),
    [(V6, 1000, 1280), (DUAL, 1279, 1280), (V6, 1280, 0), (V4, 1000, 0), (V4, 575, 576)],
)
def test_an_mtu_that_a_family_cannot_have_is_told_and_nothing_is_done(
    cidrs: tuple[str, ...], mtu: int, least: int
) -> None:
    plan = planned(fresh(), cidrs, replace(VETH, mtu=mtu))

    assert bool(plan.steps) != bool(least)
    assert plan.blocked == (
        (
            Blocked(
                "MTU of cbr0",
                f"--network-plugin-mtu {mtu} is too small for podCIDR {cidrs[-1]}: "
                f"give at least {least}, or 0 for the lowest of the uplinks",
            ),
        )
        if least
        else ()
    )


@pytest.mark.parametrize(("mtu", "told"), [(1279, True), (1280, False)])
def test_an_uplink_that_is_too_narrow_is_told(mtu: int, *, told: bool) -> None:
    host = with_link(with_uplink(mtu), Link(4, "eth1", mtu=1400, up=True), "10.250.0.7/24")
    plan = planned(host, DUAL, VETH, "10.250.0.7")

    assert [one for one in plan.problems if one.id == "mtu"] == (
        [
            Finding(
                "mtu",
                "eth0",
                "eth0 has MTU 1279, and Pods cannot have less than 1280: "
                "their larger packets are lost",
                "ip link set eth0 mtu 1280",
            )
        ]
        if told
        else []
    )
    assert not planned(host, V4, VETH).problems


def test_an_mtu_that_cannot_be_has_a_check_of_its_own() -> None:
    settings = replace(VETH, mtu=1000)
    wish = desire(tuple(map(parse_cidr, V6)), fresh(), settings)

    checks = diagnose(planned(fresh(), V6, settings), wish, fresh())

    assert [one.id for one in checks if one.problems] == ["mtu"]
