"""Kubernetes The Hard Way: real kubelets, real containers, and podroute between them."""

from collections.abc import Generator, Mapping
from ipaddress import IPv4Address, IPv4Network

import pytest

from tests.cluster.hard_way import HardWay, Seen, ask, hard_way
from tests.cluster.kubelets import CONFLIST
from tests.machine_root import needs_machine_root
from tests.unit.command import process

pytestmark = [pytest.mark.cluster, needs_machine_root]

WORKERS = {f"worker-{number}": f"10.240.0.{30 + number}" for number in range(3)}
PODS = {"a": "worker-0", "b": "worker-1", "c": "worker-2", "beside-a": "worker-0"}
ABSENT = Seen("")
NO_NETWORK = "cni plugin not initialized"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Generator[HardWay]:
    """Three workers that nothing of podroute's has touched."""
    with hard_way(tmp_path_factory.mktemp("hard-way")) as site:
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
    """Once every Node has its podCIDR: the routes that there should be."""
    nodes = site.nodes().values()
    return {one.pod_cidr: one.address for one in nodes} if all(n.pod_cidr for n in nodes) else None


def answering(site: HardWay) -> Mapping[str, Seen] | None:
    """The Pods, once all of them are ready and have addresses of their workers' podCIDRs."""
    pods, nodes = site.pods(), site.nodes()
    for name, worker in PODS.items():
        pod, node = pods[name], nodes.get(worker, ABSENT)
        if not (pod.ready and node.pod_cidr):
            return None
        if IPv4Address(pod.address) not in IPv4Network(node.pod_cidr):
            return None
    return pods


def assert_all_reach_all(pods: Mapping[str, Seen]) -> None:
    """Each other and themselves, with their own addresses."""
    for asking in pods.values():
        for name, asked in pods.items():
            assert ask(asking.address, asked.address) == f"{name} saw {asking.address}"


def all_are_reached(site: HardWay) -> bool:
    """From the router, and it is they who answer; raises where one is not there."""
    pods = site.pods()
    return all(
        ask(one.address, one.address) == f"{name} saw {one.address}" for name, one in pods.items()
    )


def test_kubelets_register_and_wait_for_a_network(alone: HardWay) -> None:
    def registered() -> bool:
        nodes = alone.nodes()
        return len(nodes) == len(WORKERS) and all(NO_NETWORK in one.why for one in nodes.values())

    alone.until(lambda: registered() or None)

    nodes = alone.nodes()
    assert {name: one.address for name, one in nodes.items()} == WORKERS
    assert not any(one.ready or one.pod_cidr for one in nodes.values())


def test_a_pod_cidr_and_a_route_do_not_make_a_node_ready(routed: HardWay) -> None:
    routes = routed.until(lambda: blocks(routed))
    routed.routed.router.until(routes)
    routed.routed.until_available(*WORKERS)
    before = routed.nodes()

    def told_again() -> bool:
        nodes = routed.nodes()
        return all(nodes[name].heartbeat != before[name].heartbeat for name in WORKERS)

    routed.until(lambda: told_again() or None)

    assert set(routes.values()) == set(WORKERS.values())
    table = process("table", "-o", "plain", "--kubeconfig", str(routed.plane.kubeconfig()))
    assert {*table.out.splitlines()} == {f"{ip} {block} " for block, ip in routes.items()}
    assert all(NO_NETWORK in one.why for one in routed.nodes().values())


def test_a_node_is_ready_when_its_bridge_and_the_conflist_are_there(routed: HardWay) -> None:
    first, *others = WORKERS
    routed.start_agent(first)
    routed.until(lambda: routed.nodes()[first].ready or None)

    machine, pod_cidr = routed.machines[first], IPv4Network(routed.nodes()[first].pod_cidr)
    assert f"{pod_cidr[1]}/{pod_cidr.prefixlen}" in machine.run("ip", "address", "show", "cbr0")
    assert str(pod_cidr) in machine.path(CONFLIST).read_text()
    assert machine.run("cat", "/proc/sys/net/ipv4/ip_forward") == "1\n"
    for name in others:
        assert NO_NETWORK in routed.nodes()[name].why
        assert not routed.machines[name].path(CONFLIST).exists()


def test_pods_of_three_workers_answer_each_other(ready: HardWay) -> None:
    assert_all_reach_all(ready.until(lambda: answering(ready)))
    assert all(node.ready for node in ready.nodes().values())


def test_a_worker_that_starts_again_with_another_address_keeps_its_pod_cidr(
    ready: HardWay,
) -> None:
    ready.until(lambda: answering(ready))
    routes, before = ready.until(lambda: blocks(ready)), ready.nodes()["worker-1"]

    ready.switch_off("worker-1")
    ready.switch_on("worker-1", "10.240.0.41")
    ready.start_agent("worker-1")
    ready.routed.router.until({**routes, before.pod_cidr: "10.240.0.41"})
    ready.until(lambda: all_are_reached(ready) or None)

    assert_all_reach_all(ready.until(lambda: answering(ready)))


def test_a_worker_that_was_removed_comes_back_with_another_address(ready: HardWay) -> None:
    ready.until(lambda: answering(ready))
    routes, left = ready.until(lambda: blocks(ready)), ready.nodes()["worker-2"]
    ready.switch_off("worker-2")
    ready.routed.cluster.remove("worker-2")
    del routes[left.pod_cidr]
    ready.routed.router.until(routes)

    ready.switch_on("worker-2", "10.240.0.42")
    ready.start_agent("worker-2")
    pods = ready.until(lambda: answering(ready))

    back = ready.nodes()["worker-2"]
    assert (back.address, back.ready) == ("10.240.0.42", True)
    assert back.pod_cidr not in {left.pod_cidr, *routes}  # the former block is at rest
    ready.routed.router.until({**routes, back.pod_cidr: back.address})
    assert_all_reach_all(pods)
