"""Kubernetes The Hard Way: real kubelets, real containers, and podroute between them."""

import re
from collections.abc import Generator, Mapping, Sequence
from ipaddress import ip_address, ip_network

import pytest

from tests.cluster.hard_way import DUAL, HardWay, Seen, ask, by_ipv6, hard_way
from tests.cluster.kubelets import CONFLIST
from tests.machine_root import needs_machine_root
from tests.unit.command import process

pytestmark = [pytest.mark.cluster, needs_machine_root]

WORKERS = {f"worker-{number}": f"10.240.0.{30 + number}" for number in range(3)}
PODS = {"a": "worker-0", "b": "worker-1", "c": "worker-2", "beside-a": "worker-0"}
ABSENT = Seen()
NO_NETWORK = "cni plugin not initialized"
FAMILIES = (4, 6)
FORWARDING = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Generator[HardWay]:
    """Three workers that nothing of podroute's has touched."""
    with hard_way(tmp_path_factory.mktemp("hard-way"), DUAL) as site:
        for name, internal_ip in WORKERS.items():
            site.switch_on(name, internal_ip)
        yield site


@pytest.fixture(scope="module")
def routed(alone: HardWay) -> HardWay:
    """The same with podroute controller."""
    alone.start_controller()
    return alone


@pytest.fixture(scope="module")
def ready(routed: HardWay) -> HardWay:
    """The same with podroute agent, and a Pod on each worker, on the first one two."""
    for name in WORKERS:
        routed.start_agent(name)
    for name, worker in PODS.items():
        routed.start_pod(name, worker)
    return routed


def blocks(site: HardWay) -> dict[str, str] | None:
    """Once every Node has its podCIDRs: the routes that there should be."""
    nodes = site.nodes().values()
    if not all(one.pod_cidrs for one in nodes):
        return None
    return {block: hop for one in nodes for block, hop in ways(one.pod_cidrs, one.address).items()}


def ways(pod_cidrs: Sequence[str], internal_ip: str) -> dict[str, str]:
    """To one Node, by both families."""
    return dict(zip(pod_cidrs, (internal_ip, by_ipv6(internal_ip)), strict=True))


def answering(site: HardWay) -> Mapping[str, Seen] | None:
    """The Pods, once all of them are ready and have addresses of their workers' podCIDRs."""
    pods, nodes = site.pods(), site.nodes()
    for name, worker in PODS.items():
        pod, node = pods[name], nodes.get(worker, ABSENT)
        if not (pod.ready and len(pod.addresses) == len(node.pod_cidrs) == len(FAMILIES)):
            return None
        for address, cidr in zip(pod.addresses, node.pod_cidrs, strict=True):
            if ip_address(address) not in ip_network(cidr):
                return None
    return pods


def assert_all_reach_all(pods: Mapping[str, Seen]) -> None:
    """Each other and themselves, with their own addresses, by both families."""
    for asking in pods.values():
        for name, asked in pods.items():
            for source, target in zip(asking.addresses, asked.addresses, strict=True):
                assert ask(source, target) == f"{name} saw {source}"


def all_are_reached(site: HardWay) -> bool:
    """From the router, and it is they who answer; raises where one is not there."""
    return all(
        ask(address, address) == f"{name} saw {address}"
        for name, one in site.pods().items()
        for address in one.addresses
    )


def until_confirmed(site: HardWay, wanted: Mapping[str, str]) -> None:
    """Once the router has these routes; what the controller holds back is let pass by its word."""
    cluster = f"--kubeconfig={site.plane.kubeconfig()}"

    def there() -> bool:
        held = re.search(r"podroute apply .*--confirm ([\w-]+)", process("status", cluster).out)
        if held:
            process("apply", cluster, "--confirm", held[1])
        return site.routes() == wanted

    site.until(lambda: there() or None)


def test_kubelets_register_and_wait_for_a_network(alone: HardWay) -> None:
    def registered() -> bool:
        nodes = alone.nodes()
        return len(nodes) == len(WORKERS) and all(NO_NETWORK in one.why for one in nodes.values())

    alone.until(lambda: registered() or None)

    nodes = alone.nodes()
    expected = {name: (ip, by_ipv6(ip)) for name, ip in WORKERS.items()}
    assert {name: one.addresses for name, one in nodes.items()} == expected
    assert not any(one.ready or one.pod_cidrs for one in nodes.values())


def test_a_pod_cidr_and_a_route_do_not_make_a_node_ready(routed: HardWay) -> None:
    routes = routed.until(lambda: blocks(routed))
    routed.until_routed(routes)
    routed.routed.until_available(*WORKERS)
    before = routed.nodes()

    def told_again() -> bool:
        nodes = routed.nodes()
        return all(nodes[name].heartbeat != before[name].heartbeat for name in WORKERS)

    routed.until(lambda: told_again() or None)

    nodes = routed.nodes().values()
    lines = {f"{' '.join(one.addresses)} {one.pod_cidr} " for one in nodes}
    table = process("table", "-o", "plain", "--kubeconfig", str(routed.plane.kubeconfig()))
    assert {*table.out.splitlines()} == lines
    assert all(NO_NETWORK in one.why for one in nodes)


def test_a_node_is_ready_when_its_bridge_and_the_conflist_are_there(routed: HardWay) -> None:
    first, *others = WORKERS
    routed.start_agent(first)
    routed.until(lambda: routed.nodes()[first].ready or None)

    machine = routed.machines[first]
    for cidr in map(ip_network, routed.nodes()[first].pod_cidrs):
        assert f"{cidr[1]}/{cidr.prefixlen}" in machine.run("ip", "address", "show", "cbr0")
        assert str(cidr) in machine.path(CONFLIST).read_text()
    assert machine.run("cat", *FORWARDING) == "1\n1\n"
    for name in others:
        assert NO_NETWORK in routed.nodes()[name].why
        assert not routed.machines[name].path(CONFLIST).exists()


def test_pods_of_three_workers_answer_each_other(ready: HardWay) -> None:
    pods = ready.until(lambda: answering(ready))
    ready.until_routed(ready.until(lambda: blocks(ready)))
    assert_all_reach_all(pods)
    # a kubelet tells of its Pods before it tells of its Node again
    ready.until(lambda: all(node.ready for node in ready.nodes().values()) or None)


def test_a_worker_that_starts_again_with_another_address_keeps_its_pod_cidr(
    ready: HardWay,
) -> None:
    ready.until(lambda: answering(ready))
    routes, before = ready.until(lambda: blocks(ready)), ready.nodes()["worker-1"]

    ready.switch_off("worker-1")
    ready.switch_on("worker-1", "10.240.0.41")
    ready.start_agent("worker-1")
    ready.until_routed({**routes, **ways(before.pod_cidrs, "10.240.0.41")})
    ready.until(lambda: all_are_reached(ready) or None)

    assert_all_reach_all(ready.until(lambda: answering(ready)))


def test_a_worker_that_was_removed_comes_back_with_another_address(ready: HardWay) -> None:
    """Together with the last worker's move that is more than a small cluster does unasked."""
    ready.until(lambda: answering(ready))
    routes, left = ready.until(lambda: blocks(ready)), ready.nodes()["worker-2"]
    ready.switch_off("worker-2")
    ready.routed.cluster.remove("worker-2")
    for block in left.pod_cidrs:
        del routes[block]
    until_confirmed(ready, routes)

    ready.switch_on("worker-2", "10.240.0.42")
    ready.start_agent("worker-2")
    pods = ready.until(lambda: answering(ready))
    ready.until(lambda: ready.nodes()["worker-2"].ready or None)

    back = ready.nodes()["worker-2"]
    assert back.address == "10.240.0.42"
    # the former blocks are at rest
    assert not {*back.pod_cidrs} & {*left.pod_cidrs, *routes}
    ready.until_routed({**routes, **ways(back.pod_cidrs, back.address)})
    assert_all_reach_all(pods)
