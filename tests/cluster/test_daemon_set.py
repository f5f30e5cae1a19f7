"""The agent as deploy/agent.yaml runs it: by a DaemonSet, in its image, by kubelet and containerd.

Kubernetes' own controller makes the Pods; they are bound here as kube-scheduler would do it.
"""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import msgspec
import pytest

from tests.cluster.hard_way import DEPLOY, HardWay, ask, hard_way
from tests.cluster.kubelets import CONFLIST, load_image
from tests.cluster.node_network import ROUTER
from tests.cluster.pod_image import write_root
from tests.container_image import build_root, config
from tests.machine_root import needs_machine_root

pytestmark = [pytest.mark.cluster, needs_machine_root]

WORKERS = {"worker-0": "10.240.0.30", "worker-1": "10.240.0.31"}
IMAGE = "podroute.test/podroute:1"
SYSTEM = "--namespace=kube-system"
SET = "daemonset/podroute-agent"
PODS = "/api/v1/namespaces/kube-system/pods"
CONTROLLERS = ("daemonset", "garbage-collector", "root-ca-certificate-publisher")


class _Container(msgspec.Struct, rename="camel"):
    """Of a Pod, as its kubelet tells of it."""

    ready: bool
    restart_count: int


class _Metadata(msgspec.Struct):
    name: str
    uid: str


class _Expression(msgspec.Struct):
    values: Sequence[str]


class _Term(msgspec.Struct):
    fields: Sequence[_Expression] = msgspec.field(name="matchFields")


class _Terms(msgspec.Struct):
    terms: Sequence[_Term] = msgspec.field(name="nodeSelectorTerms")


class _NodeAffinity(msgspec.Struct):
    required: _Terms = msgspec.field(name="requiredDuringSchedulingIgnoredDuringExecution")


class _Affinity(msgspec.Struct):
    node: _NodeAffinity = msgspec.field(name="nodeAffinity")


class _Spec(msgspec.Struct):
    affinity: _Affinity
    node: str = msgspec.field(name="nodeName", default="")


class _Status(msgspec.Struct):
    containers: Sequence[_Container] = msgspec.field(name="containerStatuses", default=())


class Pod(msgspec.Struct):
    """Of the DaemonSet."""

    metadata: _Metadata
    spec: _Spec
    status: _Status

    @property
    def wanted(self) -> str:
        """The Node for which it was made."""
        return self.spec.affinity.node.required.terms[0].fields[0].values[0]


class _PodList(msgspec.Struct):
    items: Sequence[Pod]


@dataclass(frozen=True)
class Rollout:
    """Workers whose agents are Pods."""

    site: HardWay

    def agents(self) -> Sequence[Pod]:
        """Each of them bound to its Node."""
        found = msgspec.json.decode(self.site.plane.api.get(PODS), type=_PodList).items
        for one in found:
            if not one.spec.node:
                target = {"apiVersion": "v1", "kind": "Node", "name": one.wanted}
                body = {"apiVersion": "v1", "kind": "Binding", "target": target}
                body["metadata"] = {"name": one.metadata.name}
                with self.site.plane.api.connect() as connection:
                    path = f"{PODS}/{one.metadata.name}/binding"
                    connection.send("POST", path, json.dumps(body).encode())
        return found

    def running(self) -> dict[str, str] | None:
        """By Node the UID of its agent, once each has one that runs and no other."""
        agents = self.agents()
        ready = [one for one in agents if [each.ready for each in one.status.containers] == [True]]
        if len(agents) != len(WORKERS) or len(ready) != len(WORKERS):
            return None
        return {one.spec.node: one.metadata.uid for one in ready}

    def answering(self) -> dict[str, str] | None:
        """The addresses of the Pods, once each is of its worker's podCIDR and ready."""
        pods, nodes = self.site.pods(), self.site.nodes()
        for name, pod in pods.items():
            cidr = nodes[f"worker-{name}"].pod_cidr
            if not (pod.ready and IPv4Address(pod.address) in IPv4Network(cidr)):
                return None
        return {name: pod.address for name, pod in pods.items()}

    def all_reach_all(self) -> bool:
        """Raises where one is not reached."""
        pods = self.site.until(self.answering)
        return len(pods) == len(WORKERS) and all(
            ask(asking, asked) == f"{name} saw {asking}"
            for asking in pods.values()
            for name, asked in pods.items()
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As an archive, for ctr."""
    folder = tmp_path_factory.mktemp("image")
    build_root(folder / "root")
    write_root(folder / "root", folder / "image.tar", IMAGE, config())
    return folder / "image.tar"


@pytest.fixture(scope="module")
def rollout(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Rollout]:
    with hard_way(tmp_path_factory.mktemp("daemon-set")) as site:
        for name, internal_ip in WORKERS.items():
            site.switch_on(name, internal_ip)
            load_image(site.machines[name], image)
        site.start_controller()
        manifest = (DEPLOY / "agent.yaml").read_text()
        assert manifest.count("podroute:latest") == 1
        edited = manifest.replace("podroute:latest", IMAGE)
        site.plane.kubectl("apply", "--server-side", "--filename=-", stdin=edited)
        # nobody serves the address of the API server's Service: there is no kube-proxy
        port = site.plane.api.port
        where = (f"KUBERNETES_SERVICE_HOST={ROUTER}", f"KUBERNETES_SERVICE_PORT={port}")
        site.plane.kubectl("set", "env", SYSTEM, SET, *where)
        names = ",".join(f"{one}-controller" for one in CONTROLLERS)
        site.plane.start_controller_manager(
            [f"--controllers={names}", f"--root-ca-file={site.plane.api.authority}"]
        )
        yield Rollout(site)


def test_its_pods_make_the_nodes_ready(rollout: Rollout) -> None:
    site = rollout.site
    running = site.until(rollout.running)
    site.until(lambda: all(node.ready for node in site.nodes().values()) or None)

    assert running.keys() == WORKERS.keys()
    for name, machine in site.machines.items():
        assert site.nodes()[name].pod_cidr in machine.path(CONFLIST).read_text()


def test_pods_of_two_workers_answer_each_other(rollout: Rollout) -> None:
    for name in WORKERS:
        rollout.site.start_pod(name.removeprefix("worker-"), name)

    # the router has its routes in its own time
    rollout.site.until(lambda: rollout.all_reach_all() or None)


def test_what_is_taken_away_is_there_again(rollout: Rollout) -> None:
    """By one capability, and the settings of the host at another place."""
    machine = rollout.site.machines["worker-0"]
    machine.run("ip", "link", "delete", "cbr0")
    machine.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    machine.run("nft", "delete", "table", "inet", "podroute")
    machine.path(CONFLIST).unlink()

    def whole() -> bool:
        told = machine.run("sh", "-c", "cat /proc/sys/net/ipv4/ip_forward; nft list tables")
        return (
            told.splitlines()[0] == "1" and "podroute" in told and machine.path(CONFLIST).exists()
        )

    rollout.site.until(lambda: whole() or None)
    rollout.site.until(lambda: rollout.all_reach_all() or None)


def test_another_release_takes_over_from_the_last_one(rollout: Rollout) -> None:
    site = rollout.site
    before = site.until(rollout.running)
    site.plane.kubectl("rollout", "restart", SYSTEM, SET)

    def others() -> dict[str, str] | None:
        running = rollout.running()
        return running if running and not {*running.values()} & {*before.values()} else None

    site.until(others)
    assert rollout.all_reach_all()
    for one in rollout.agents():
        assert [each.restart_count for each in one.status.containers] == [0]


def test_pods_keep_their_network_without_it(rollout: Rollout) -> None:
    rollout.site.plane.kubectl("delete", SYSTEM, SET, "--wait=true")
    rollout.site.until(lambda: not rollout.agents() or None)

    assert rollout.all_reach_all()
