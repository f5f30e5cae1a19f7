"""What holds for every machine, every interruption and every set of podCIDRs."""

from dataclasses import replace
from ipaddress import ip_interface
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.cleanup import cleanup
from podroute.bridge.desired import AgentSettings, HairpinMode
from podroute.bridge.seen import DefaultRoute, Firewall, Host, Interface, Link
from podroute.bridge.steps import FreeAddress, SetSysctl, WriteConflist
from podroute.model.cidr import parse_address
from tests.workers import after, fresh, planned, with_link, with_sysctls, without_link, worker

MODES: st.SearchStrategy[HairpinMode] = st.sampled_from(get_args(HairpinMode))
SETTINGS = st.builds(AgentSettings, hairpin=MODES, mtu=st.sampled_from([0, 1400]))
V4 = st.sampled_from(["10.200.0.0/24", "10.200.0.0/25", "10.200.0.128/25", "10.200.1.0/24"])
V6 = st.sampled_from(["fd00:10:200::/64", "fd00:10:200::/80", "fd00:10:200:1::/64"])
PODS = "10.200.0.9 10.200.0.200 10.200.1.9 fd00:10:200::9 fd00:10:200::1:0:0:9 fd00:10:200:1::9"
ADDRESSES = st.sets(st.sampled_from(PODS.split())).map(
    lambda texts: frozenset(map(parse_address, texts))
)
CIDRS = st.one_of(st.tuples(V4), st.tuples(V6), st.tuples(V4, V6), st.tuples(V6, V4))
SWITCHES = st.dictionaries(st.sampled_from(sorted(fresh().sysctls)), st.sampled_from("01"))


@st.composite
def hosts(draw: st.DrawFn) -> Host:
    """A fresh machine, or a worker with other podCIDRs, and what may have happened to it."""
    host = fresh()
    if draw(st.booleans()):
        host = worker(draw(CIDRS), draw(SETTINGS))
    host = with_sysctls(host, draw(SWITCHES))
    bridge = host.link("cbr0")
    if bridge is not None:
        host = with_link(host, Link(20, "veth1", kind="veth", master=bridge.number, up=True))
        host = draw(st.sampled_from([host, without_link(host, bridge)]))
    if draw(st.booleans()):
        host = replace(host, firewall=Firewall())
    if draw(st.booleans()):
        host = replace(host, default_routes=(DefaultRoute(2, 6, by_ra=True),))
    used = draw(ADDRESSES)
    settled = draw(ADDRESSES) & used
    there = draw(st.none() | ADDRESSES)
    return replace(
        host,
        cni=replace(host.cni, in_use=used, settled=settled),
        pod_addresses=None if there is None else tuple(there),
    )


def of_the_bridge(host: Host) -> tuple[Interface, ...]:
    bridge = host.link("cbr0")
    return host.addresses_of(bridge) if bridge else ()


@given(hosts(), CIDRS, SETTINGS)
def test_no_pod_loses_the_gateway_that_it_uses(
    host: Host, cidrs: tuple[str, ...], settings: AgentSettings
) -> None:
    before = of_the_bridge(host)
    for _ in range(3):
        host = after(host, planned(host, cidrs, settings).steps)

    later = of_the_bridge(host)
    for ip in {*host.cni.in_use, *(host.pod_addresses or ())}:
        for former in (one for one in before if ip in one.network):
            assert any(one.ip == former.ip and ip in one.network for one in later)
    if host.pod_addresses is None and any(one.kind == "veth" and one.master for one in host.links):
        assert {one.ip for one in before} <= {one.ip for one in later}


@given(hosts(), CIDRS, SETTINGS)
def test_no_address_that_a_pod_may_have_is_freed(
    host: Host, cidrs: tuple[str, ...], settings: AgentSettings
) -> None:
    steps = planned(host, cidrs, settings).steps
    freed = {one.address for one in steps if isinstance(one, FreeAddress)}

    assert freed <= host.cni.settled
    assert not freed & (freed if host.pod_addresses is None else set(host.pod_addresses))


@given(hosts(), CIDRS, SETTINGS)
def test_two_plans_are_enough_whatever_has_happened(
    host: Host, cidrs: tuple[str, ...], settings: AgentSettings
) -> None:
    """The second marks the ports that were plugged in again, and looks at each link's switch."""
    for _ in range(2):
        host = after(host, planned(host, cidrs, settings).steps)

    plan = planned(host, cidrs, settings)
    assert (plan.steps, plan.blocked) == ((), ())


@given(hosts(), CIDRS, SETTINGS, st.data())
def test_any_interrupted_prefix_is_finished_by_the_next_passes(
    host: Host, cidrs: tuple[str, ...], settings: AgentSettings, data: st.DataObject
) -> None:
    steps = planned(host, cidrs, settings).steps
    done = data.draw(st.integers(0, len(steps)))
    cut, whole = after(host, steps[:done]), host
    for _ in range(3):
        cut = after(cut, planned(cut, cidrs, settings).steps)
        whole = after(whole, planned(whole, cidrs, settings).steps)

    assert planned(cut, cidrs, settings).steps == ()
    assert set(cut.addresses) == set(whole.addresses)
    assert cut.firewall.rules == whole.firewall.rules
    assert cut.cni == whole.cni


@given(hosts(), CIDRS, SETTINGS, st.data())
def test_the_runtime_is_never_told_before_the_worker_forwards(
    host: Host, cidrs: tuple[str, ...], settings: AgentSettings, data: st.DataObject
) -> None:
    bare = replace(host, cni=replace(host.cni, files={}))
    steps = planned(bare, cidrs, settings).steps
    done = data.draw(st.integers(0, len(steps)))
    cut = after(bare, steps[:done])

    if cut.cni.files:
        later = [one for one in planned(cut, cidrs, settings).steps if isinstance(one, SetSysctl)]
        bridge = cut.link("cbr0")
        assert [one.key for one in later if "conf/eth0" not in one.key] == []
        assert bridge is not None
        assert bridge.up
        assert any(isinstance(step, WriteConflist) for step in steps)


@given(hosts(), CIDRS)
def test_a_foreign_bridge_keeps_everything_as_it_is(host: Host, cidrs: tuple[str, ...]) -> None:
    bridge = host.link("cbr0")
    host = without_link(host, bridge) if bridge else host
    foreign = with_link(host, Link(30, "cbr0", kind="bridge"))
    foreign = replace(foreign, addresses=(*foreign.addresses, (30, ip_interface("172.17.0.1/16"))))

    plan = planned(foreign, cidrs)

    assert plan.steps == ()
    assert plan.blocked


@given(CIDRS, SETTINGS, SWITCHES, st.data())
def test_a_cleanup_after_any_prefix_leaves_the_machine_as_it_was(
    cidrs: tuple[str, ...],
    settings: AgentSettings,
    switches: dict[str, str],
    data: st.DataObject,
) -> None:
    found = with_sysctls(fresh(), switches)
    steps = planned(found, cidrs, settings).steps
    done = steps[: data.draw(st.integers(0, len(steps)))]
    given = {one.key: one.value for one in done if isinstance(one, SetSysctl)}
    cut = after(found, done)

    assert after(cut, cleanup(cut, "cbr0", SettingsRecord(found.sysctls, given))) == found


@given(CIDRS, SETTINGS, SWITCHES, st.data())
def test_a_cleanup_that_is_cut_is_finished_by_the_next(
    cidrs: tuple[str, ...],
    settings: AgentSettings,
    switches: dict[str, str],
    data: st.DataObject,
) -> None:
    found = with_sysctls(fresh(), switches)
    steps = planned(found, cidrs, settings).steps
    given = {one.key: one.value for one in steps if isinstance(one, SetSysctl)}
    host = after(found, steps)
    undoing = tuple(cleanup(host, "cbr0", SettingsRecord(found.sysctls, given)))
    done = undoing[: data.draw(st.integers(0, len(undoing)))]
    given |= {one.key: one.value for one in done if isinstance(one, SetSysctl)}
    cut = after(host, done)

    assert after(cut, cleanup(cut, "cbr0", SettingsRecord(found.sysctls, given))) == found
