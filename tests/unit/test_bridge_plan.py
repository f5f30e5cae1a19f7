"""Which steps make a machine a worker, and in which order?"""

from dataclasses import replace

import pytest

from podroute.bridge.desired import AgentSettings, HairpinMode
from podroute.bridge.seen import DefaultRoute, Link
from podroute.bridge.steps import CreateBridge, SetSysctl, WriteConflist
from podroute.model.cidr import parse_cidr
from tests.workers import (
    DUAL,
    UPLINK,
    V4,
    after,
    fresh,
    lines,
    planned,
    with_cni,
    with_link,
    with_sysctls,
    without_link,
    worker,
)

UNBELIEVED = "a Pod is no router: what it advertises is not believed"
AT_ONCE = "nobody is asked for duplicates: Pods are reached at once"
SERVICES = "Services reach Pods of the same worker (kube-proxy)"
POD = Link(9, "veth9", kind="veth", up=True)


def test_a_new_worker_is_guarded_before_it_forwards_and_forwards_before_the_runtime_knows() -> None:
    assert lines(planned(fresh(), DUAL)) == [
        "+ bridge cbr0 mac 0a:58:0a:c8:00:01 mtu 1500",
        f"~ sysctl net.ipv6.conf.cbr0.accept_ra = 0: {UNBELIEVED}",
        "~ sysctl net.ipv6.conf.cbr0.disable_ipv6 = 0: the Node has an IPv6 podCIDR",
        f"~ sysctl net.ipv6.conf.cbr0.accept_dad = 0: {AT_ONCE}",
        "+ address 10.200.0.1/24 on cbr0",
        "+ address fd00:10:200::1/64 on cbr0",
        "~ nftables table inet podroute: it is missing",
        "~ nftables table bridge podroute: it is missing",
        "~ sysctl net.ipv4.ip_forward = 1: Pods' IPv4 packets are forwarded",
        "~ sysctl net.ipv6.conf.all.forwarding = 1: Pods' IPv6 packets are forwarded",
        "~ link cbr0 promisc on: so that a Pod reaches itself through a Service",
        "~ link cbr0 up on: Pods need it",
        "~ CNI configuration 10-podroute.conflist: this worker can forward",
    ]


@pytest.mark.parametrize("cidrs", [V4, DUAL, ("fd00:10:200::/64",)])
@pytest.mark.parametrize("mode", ["promiscuous-bridge", "hairpin-veth", "none"])
def test_a_worker_in_step_has_nothing_to_do(cidrs: tuple[str, ...], mode: HairpinMode) -> None:
    settings = AgentSettings(hairpin=mode)
    host = worker(cidrs, settings)

    assert planned(host, cidrs, settings).steps == ()


def test_a_kernel_without_ipv6_is_not_asked_about_it() -> None:
    host = fresh()
    sysctls = {key: text for key, text in host.sysctls.items() if "6" not in key}

    steps = planned(replace(host, sysctls=sysctls)).steps

    assert [one.key for one in steps if isinstance(one, SetSysctl)] == ["ipv4/ip_forward"]


def test_the_mtu_is_the_lowest_of_the_ways_out() -> None:
    host = with_link(fresh(), replace(UPLINK, mtu=1450))
    host = with_link(host, Link(3, "docker0", mtu=1300, kind="bridge", up=True), "172.17.0.1/16")
    more = with_link(host, Link(4, "eth1", mtu=1400, up=True), "10.250.0.7/24")

    def mtus(ips: str, settings: AgentSettings, *cidrs: str) -> list[int]:
        steps = planned(more, cidrs, settings, ips).steps
        return [one.mtu for one in steps if isinstance(one, CreateBridge)]

    assert mtus("", AgentSettings(), *V4) == [1450]
    assert mtus("10.250.0.7", AgentSettings(), *V4) == [1400]
    assert mtus("", AgentSettings(mtu=9000), *V4) == [9000]
    assert lines(planned(with_link(host, replace(UPLINK, mtu=500))))[0].endswith("mtu 576")
    low = with_link(host, replace(UPLINK, mtu=1000))
    assert lines(planned(low, DUAL))[0].endswith("mtu 1280")


def test_without_a_default_route_any_link_may_lead_out() -> None:
    host = replace(fresh(), default_routes=())
    assert "mtu 1500" in lines(planned(host))[0]
    down = with_link(host, replace(UPLINK, up=False))
    assert "mtu 1460" in lines(planned(down))[0]
    tunnel = with_link(host, replace(UPLINK, point_to_point=True))
    assert "mtu 1460" in lines(planned(tunnel))[0]


def test_the_bridge_itself_is_no_way_out() -> None:
    host = replace(worker(), default_routes=())
    bridge = host.link("cbr0")
    assert bridge is not None

    assert lines(planned(with_link(host, replace(bridge, mtu=1300)))) == [
        "~ link cbr0 mtu 1500: the lowest MTU on the way is 1500"
    ]
    port = replace(POD, mtu=1300, master=bridge.number, alias="podroute port of cbr0")
    assert planned(with_link(worker(), port, "10.250.0.7/24"), V4, ips="10.250.0.7").steps == ()


def test_a_changed_uplink_changes_the_bridge_and_the_configuration_of_pods() -> None:
    host = with_link(worker(), replace(UPLINK, mtu=1400))

    assert lines(planned(host)) == [
        "~ link cbr0 mtu 1400: the lowest MTU on the way is 1400",
        "~ CNI configuration 10-podroute.conflist: not as it should be",
    ]


@pytest.mark.parametrize(
    ("broken", "repair"),
    [
        ("ipv4/ip_forward", "~ sysctl net.ipv4.ip_forward = 1: Pods' IPv4 packets are forwarded"),
        (
            "ipv4/conf/eth0/forwarding",
            "~ sysctl net.ipv4.conf.eth0.forwarding = 1: Pods' packets pass eth0",
        ),
        (
            "bridge/bridge-nf-call-iptables",
            f"~ sysctl net.bridge.bridge-nf-call-iptables = 1: {SERVICES}",
        ),
    ],
)
def test_a_setting_that_somebody_changed_is_put_right(broken: str, repair: str) -> None:
    assert lines(planned(with_sysctls(worker(), {broken: "0"}))) == [repair]


def test_a_family_without_pods_is_left_as_it_is() -> None:
    others = {"bridge/bridge-nf-call-ip6tables": "0", "ipv6/conf/eth0/forwarding": "0"}

    assert planned(with_sysctls(worker(V4), others)).steps == ()


def test_a_default_route_by_router_advertisement_survives_forwarding() -> None:
    host = replace(fresh(), default_routes=(DefaultRoute(2, 6, by_ra=True),))

    steps = lines(planned(host, DUAL))

    kept = steps.index(
        "~ sysctl net.ipv6.conf.eth0.accept_ra = 2: "
        "the IPv6 default route through eth0 came by router advertisement"
    )
    assert steps[kept + 2].startswith("~ sysctl net.ipv6.conf.all.forwarding")
    assert not any("eth0.accept_ra" in step for step in lines(planned(host, V4)))


@pytest.mark.parametrize("heard", ["0", "2"])
def test_whoever_hears_advertisements_in_the_kernels_place_goes_on_alone(heard: str) -> None:
    host = replace(fresh(), default_routes=(DefaultRoute(2, 6, by_ra=True),))
    host = with_sysctls(host, {"ipv6/conf/eth0/accept_ra": heard})

    assert not any("eth0.accept_ra" in step for step in lines(planned(host, DUAL)))


def test_a_deleted_bridge_comes_back_with_its_ports_and_its_mac() -> None:
    host = worker(V4)
    bridge = host.link("cbr0")
    assert bridge is not None
    host = with_link(host, replace(POD, master=bridge.number))
    marked = after(host, planned(host).steps)
    assert lines(planned(host)) == [
        "~ link veth9 alias 'podroute port of cbr0': a Pod's port of cbr0"
    ]

    steps = lines(planned(without_link(marked, bridge)))

    assert steps[0] == "+ bridge cbr0 mac 0a:58:0a:c8:00:01 mtu 1500"
    assert steps[-1] == "~ link veth9 master 'cbr0' up on: it was a port of cbr0"


def test_ports_reflect_where_that_is_the_way() -> None:
    settings = AgentSettings(hairpin="hairpin-veth")
    host = worker(V4, settings)
    bridge = host.link("cbr0")
    assert bridge is not None
    dockers = with_link(host, Link(8, "veth8", kind="veth", master=7, up=True))
    plugged = with_link(dockers, replace(POD, master=bridge.number))
    marked = after(plugged, planned(plugged, V4, settings).steps)

    assert lines(planned(plugged, V4, settings)) == [
        "~ link veth9 alias 'podroute port of cbr0': a Pod's port of cbr0",
        "~ link veth9 hairpin on: so that a Pod reaches itself through a Service",
    ]
    assert planned(marked, V4, settings).steps == ()
    deleted = without_link(marked, bridge)
    again = after(deleted, planned(deleted, V4, settings).steps)
    assert [one.hairpin for one in again.links if one.name == "veth9"] == [True]


def test_other_modes_need_no_second_table() -> None:
    none = AgentSettings(hairpin="none")

    assert lines(planned(worker(), V4, none)) == [
        "- nftables table bridge podroute: --hairpin-mode=none needs none",
        "~ link cbr0 promisc off: --hairpin-mode=none",
        "~ CNI configuration 10-podroute.conflist: not as it should be",
    ]


def test_former_addresses_stay_as_long_as_pods_use_them() -> None:
    host = with_cni(worker(("10.200.7.0/24",)), in_use="10.200.7.9")

    first = planned(host, V4)
    moved = after(host, first.steps)
    addresses = {str(one) for _, one in moved.addresses}

    assert {"10.200.0.1/24", "10.200.7.1/24"} <= addresses
    assert any("10.200.7.9" in one.cause for one in first.problems)
    assert planned(moved, V4).steps == ()
    done = with_cni(moved, in_use="10.200.0.5")
    assert lines(planned(done, V4))[-1] == (
        "- address 10.200.7.1/24 on cbr0: no podCIDR of this Node"
    )


def test_a_second_family_joins_without_a_change_to_the_first() -> None:
    steps = lines(planned(worker(V4), DUAL))

    assert "+ address fd00:10:200::1/64 on cbr0" in steps
    assert not any("10.200.0.1" in step for step in steps)


@pytest.mark.parametrize(
    ("link", "addresses", "reason"),
    [
        (Link(5, "cbr0", kind="bridge"), ["172.17.0.1/16"], "it has the address 172.17.0.1/16"),
        (Link(5, "cbr0", kind="dummy"), [], "cbr0 is there, a dummy"),
        (Link(5, "cbr0"), [], "cbr0 is there, a network card"),
    ],
)
def test_somebody_elses_bridge_is_left_alone(link: Link, addresses: list[str], reason: str) -> None:
    plan = planned(with_link(fresh(), link, *addresses))

    assert plan.steps == ()
    assert reason in plan.blocked[0].reason
    assert "--bridge" in plan.blocked[0].reason


def test_a_bridge_with_a_card_in_it_is_somebody_elses() -> None:
    host = with_link(fresh(), Link(5, "cbr0", kind="bridge"))
    host = with_link(host, Link(6, "eth1", master=5))

    assert "it has the port eth1" in planned(host).blocked[0].reason


def test_a_bridge_as_kubenet_makes_it_is_taken_over_with_its_mac() -> None:
    found = Link(5, "cbr0", "02:00:00:00:00:05", kind="bridge", up=True)
    host = with_link(fresh(), found, "10.200.0.1/24")
    host = with_link(host, replace(POD, master=5))
    plan = planned(host)
    bridge = after(host, plan.steps).link("cbr0")

    taken = "~ link cbr0 alias 'podroute (adopted)' mac '02:00:00:00:00:05' mtu 1500"
    assert lines(plan)[0] == f"{taken}: it is taken over"
    assert bridge is not None
    assert (bridge.alias, bridge.mac) == ("podroute (adopted)", "02:00:00:00:00:05")
    assert planned(after(host, plan.steps)).steps == ()


@pytest.mark.parametrize("begun", ["0a:58:0a:c8:00:01", "02:00:00:00:00:05"])
@pytest.mark.parametrize("plugged", [0, 5])
def test_whose_bridge_it_is_follows_from_its_mac_and_its_ports(begun: str, plugged: int) -> None:
    host = with_link(fresh(), Link(5, "cbr0", begun, kind="bridge"))
    host = with_link(host, replace(POD, master=plugged))

    bridge = after(host, planned(host).steps).link("cbr0")

    assert bridge is not None
    ours = begun.startswith("0a:58") and not plugged
    assert bridge.alias == ("podroute" if ours else "podroute (adopted)")


def test_a_bridge_that_a_killed_pass_has_made_is_ours() -> None:
    begun = with_link(fresh(), Link(5, "cbr0", "0a:58:0a:c8:00:01", 1500, "bridge"))

    bridge = after(begun, planned(begun).steps).link("cbr0")

    assert bridge is not None
    assert bridge.alias == "podroute"


def test_an_ipv6_worker_has_a_mac_of_its_own() -> None:
    one, two = (lines(planned(fresh(), (cidr,)))[0] for cidr in ("fd00::/64", "fd00:1::/64"))

    assert one == "+ bridge cbr0 mac 0a:58:68:46:5f:2b mtu 1500"
    assert one != two


def test_the_runtime_is_told_last() -> None:
    assert isinstance(planned(fresh(), DUAL).steps[-1], WriteConflist)
    assert parse_cidr("10.0.0.0/8") in AgentSettings().non_masquerade
