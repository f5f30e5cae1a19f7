"""Pods of a former podCIDR keep their gateway, whatever becomes of the bridge meanwhile."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_interface
from pathlib import Path

import pytest

from podroute.agent.memory import Memory
from podroute.agent.nodes import Known
from podroute.bridge.seen import Host, Link
from podroute.claims.rules import ClaimRules
from podroute.host.netlink import Netlink
from podroute.model.cidr import parse_cidr
from tests.unit.played_worker import PlayedWorker, Running, Site
from tests.workers import with_cni, with_link, without_link

BEFORE = Known((parse_cidr("10.200.0.0/24"), parse_cidr("fd00:10:200::/56")))
NOW = Known((parse_cidr("10.200.7.0/24"), parse_cidr("fd00:10:200::/64")))
OLD_PODS, NEW_PODS = "10.200.0.9 fd00:10:200:1::9", "10.200.7.9 fd00:10:200::9"
BOTH = {"10.200.0.1/24", "10.200.7.1/24", "fd00:10:200::1/56"}
LATER = {"10.200.7.1/24", "fd00:10:200::1/64"}


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    with closing(Netlink()) as netlink:
        yield Site(PlayedWorker(netlink, tmp_path), tmp_path, rules=ClaimRules())


async def moved(site: Site) -> Running:
    """Its podCIDRs have changed while Pods run."""
    running = site.start()
    site.told.says = BEFORE
    await running.settle()
    site.worker.host = with_cni(site.worker.host, in_use=OLD_PODS)
    site.told.says = NOW
    await running.settle()
    return running


def gateways(host: Host) -> set[str]:
    bridge = host.link("cbr0")
    return {str(one) for one in host.addresses_of(bridge)} if bridge else set()


def deleted(host: Host) -> Host:
    bridge = host.link("cbr0")
    assert bridge is not None
    return without_link(host, bridge)


def flushed(host: Host) -> Host:
    return replace(host, addresses=tuple(one for one in host.addresses if one[0] <= 2))


def down(host: Host) -> Host:
    """Which costs a link its addresses of IPv6."""
    left = (one for one in host.addresses if one[0] <= 2 or one[1].version == 4)
    return replace(host, addresses=tuple(left))


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("fault", [deleted, flushed, down])
async def test_their_gateway_is_there_again(
    site: Site, fault: Callable[[Host], Host], *, anew: bool
) -> None:
    running = await moved(site)
    sound = site.worker.host
    assert gateways(sound) == BOTH

    site.worker.host = fault(sound)
    await (site.start() if anew else running).settle()

    assert gateways(site.worker.host) == BOTH
    assert site.worker.host.firewall == sound.firewall
    assert site.worker.host.cni == sound.cni


async def test_it_goes_with_the_last_of_them_and_does_not_come_back(site: Site) -> None:
    running = await moved(site)

    site.worker.host = with_cni(site.worker.host, in_use=NEW_PODS)
    await running.settle()
    assert gateways(site.worker.host) == LATER
    site.worker.host = deleted(site.worker.host)
    await site.start().settle()

    assert gateways(site.worker.host) == LATER


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize("pods", [OLD_PODS, ""])
async def test_it_comes_back_for_a_pod_that_was_just_being_plugged_in(
    site: Site, pods: str, *, anew: bool
) -> None:
    """With the configuration of before; whether there were other Pods then or not."""
    running = site.start()
    site.told.says = BEFORE
    await running.settle()
    site.worker.host = with_cni(site.worker.host, in_use=pods or NEW_PODS)
    site.told.says = NOW
    await running.settle()
    site.worker.host = with_cni(site.worker.host, in_use=NEW_PODS)
    await running.settle()
    assert gateways(site.worker.host) == LATER

    site.worker.host = with_cni(site.worker.host, in_use=f"{OLD_PODS} {NEW_PODS}")
    running = site.start() if anew else running
    assert await running.settle() == "in step"

    assert gateways(site.worker.host) == BOTH
    site.worker.host = with_cni(site.worker.host, in_use=NEW_PODS)
    await running.settle()
    assert gateways(site.worker.host) == LATER


async def test_what_is_a_gateway_again_is_no_longer_released(site: Site) -> None:
    """Nor what is the same address for fewer Pods."""
    running = await moved(site)
    for known in (NOW, BEFORE):
        site.told.says = known
        site.worker.host = with_cni(site.worker.host, in_use="10.9.9.9")
        await running.settle()

    assert [str(one) for one in running.memory.released()] == ["10.200.7.1/24"]


def test_only_the_last_released_are_remembered(tmp_path: Path) -> None:
    memory = Memory("w0", tmp_path)
    for number in range(1, 12):
        memory.keep(NOW, (), (ip_interface(f"10.99.{number}.1/24"),))

    kept = [f"10.99.{number}.1/24" for number in range(4, 12)]
    assert [str(one) for one in memory.released()] == kept
    assert [str(one) for one in Memory("w0", tmp_path).released()] == kept


async def test_of_two_that_exclude_each_other_the_one_that_is_there_stays(site: Site) -> None:
    """A person has made it wider; both would replace each other for ever."""
    running = await moved(site)
    wider = {str(one): one for _, one in site.worker.host.addresses}["fd00:10:200::1/56"]
    others = (one for one in site.worker.host.addresses if one[1] != wider)
    number = next(number for number, one in site.worker.host.addresses if one == wider)
    made = type(wider)("fd00:10:200::1/48")
    site.worker.host = replace(site.worker.host, addresses=(*others, (number, made)))

    state = await running.settle()

    assert state == "in step"
    assert gateways(site.worker.host) == BOTH - {"fd00:10:200::1/56"} | {"fd00:10:200::1/48"}


@pytest.mark.parametrize("anew", [False, True])
async def test_a_bridge_that_is_made_anew_has_the_mac_that_pods_know(
    site: Site, *, anew: bool
) -> None:
    """It is made of the podCIDR of before."""
    running = await moved(site)
    bridge = site.worker.host.link("cbr0")
    assert bridge is not None
    port = Link(9, "veth9", "", 1500, "veth", bridge.number, "podroute port of cbr0", up=True)
    site.worker.host = with_link(site.worker.host, port)
    await running.settle()

    site.worker.host = deleted(site.worker.host)
    await (site.start() if anew else running).settle()

    made = site.worker.host.link("cbr0")
    assert made is not None
    assert made.mac == bridge.mac == "0a:58:0a:c8:00:01"
