"""Kubernetes The Hard Way on one machine: who is there, and what can be seen of it."""

import http.client
import json
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from podroute.testing.netns import Namespace
from tests.cluster.control_plane import ControlPlane
from tests.cluster.guarded import guard
from tests.cluster.kubeconfig import with_token, write_kubeconfig_to
from tests.cluster.kubelets import start_containerd, start_kubelet
from tests.cluster.machine import Machine, running
from tests.cluster.node_ipam import IN_TURN, Cluster, empty_cluster, until
from tests.cluster.node_network import BRIDGE, ROUTER, NodeNetwork, node_network
from tests.cluster.pod_cidrs import CLUSTER_CIDR
from tests.cluster.pod_image import NAME
from tests.cluster.process import Process
from tests.cluster.routes import Routed, ip, router

Answer = TypeVar("Answer")

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
WITHIN: Final = timedelta(seconds=120)
PORT: Final = 8080  # of the Pods
DUAL: Final = f"{CLUSTER_CIDR},fd00:10:200::/48"
NODE_CIDRS: Final = "10.240.0.0/16,fd00:240::/64"
_FORWARDING: Final = Path("/proc/sys/net/ipv6/conf/all/forwarding")
_LAST_WORDS: Final = 1000


class _Condition(msgspec.Struct, rename="camel"):
    type: str
    status: str
    message: str = ""
    last_heartbeat_time: str | None = None


class _Address(msgspec.Struct):
    type: str
    address: str


class _Metadata(msgspec.Struct):
    name: str


class _Spec(msgspec.Struct):
    pod_cidrs: tuple[str, ...] = msgspec.field(name="podCIDRs", default=())


class _PodIp(msgspec.Struct):
    ip: str


class _Status(msgspec.Struct):
    conditions: list[_Condition] = []
    addresses: list[_Address] = []
    pod_ips: list[_PodIp] = msgspec.field(name="podIPs", default=[])


class _Object(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec
    status: _Status


class _Objects(msgspec.Struct):
    items: list[_Object]


@dataclass(frozen=True, slots=True)
class Seen:
    """A Node or a Pod as its kubelet shows it; ``why`` it is not ready, and when that was said.

    ``addresses`` and ``pod_cidrs`` of IPv4 come first.
    """

    addresses: tuple[str, ...] = ()
    pod_cidrs: tuple[str, ...] = ()
    ready: bool = False
    why: str = ""
    heartbeat: str | None = None

    @property
    def address(self) -> str:
        """Of IPv4."""
        return self.addresses[0]

    @property
    def pod_cidr(self) -> str:
        """Of IPv4."""
        return self.pod_cidrs[0]


@dataclass(slots=True)
class HardWay:
    """A control plane on the router, and workers on its network."""

    routed: Routed
    network: NodeNetwork
    directory: Path
    cluster_cidr: str
    machines: dict[str, Machine] = field(default_factory=dict[str, Machine])
    _agents: dict[str, Process] = field(default_factory=dict[str, Process])
    _plugs: dict[str, ExitStack] = field(default_factory=dict[str, ExitStack])

    @property
    def plane(self) -> ControlPlane:
        return self.routed.cluster.plane

    @property
    def server(self) -> str:
        """The API server, as the workers reach it."""
        return f"https://{ROUTER}:{self.plane.api.port}"

    def switch_on(self, name: str, internal_ip: str) -> None:
        """A new worker with nothing of podroute's."""
        with ExitStack() as stack:
            namespace = stack.enter_context(self.network.machine(internal_ip))
            _join_by_ipv6(namespace, by_ipv6(internal_ip))
            directory = self.directory / f"{name}-{internal_ip}"
            machine = stack.enter_context(running(name, namespace, directory))
            start_containerd(machine)
            internal_ips = (internal_ip, by_ipv6(internal_ip))
            start_kubelet(machine, self.plane, self.server, internal_ips)
            self.machines[name] = machine
            self._plugs[name] = stack.pop_all()

    def switch_off(self, name: str) -> None:
        """By its plug; nothing of it is left."""
        del self.machines[name]
        self._agents.pop(name, None)
        self._plugs.pop(name).close()

    def start_controller(self) -> Process:
        """With the rights of ``deploy/rbac.yaml``."""
        flags = (f"--cluster-cidr={self.cluster_cidr}", f"--node-cidrs={NODE_CIDRS}")
        return self.routed.controller(
            *flags, *IN_TURN, kubeconfig=self._account("podroute-controller")
        )

    def start_agent(self, name: str) -> None:
        """With the rights of ``deploy/agent-rbac.yaml``, unless it runs."""
        if name not in self._agents:
            self._agents[name] = self.machines[name].start(
                Path(sys.executable),
                *("-m", "podroute", "agent", f"--kubeconfig={self._account('podroute-agent')}"),
                *(f"--cluster-cidr={self.cluster_cidr}", f"--node-cidrs={NODE_CIDRS}"),
            )

    def start_pod(self, name: str, worker: str) -> None:
        """There is no scheduler: it is of that worker from the start."""
        container = {
            "name": "http",
            "image": NAME,
            "imagePullPolicy": "Never",
            "args": ["serve"],
            "readinessProbe": {
                "httpGet": {"path": "/", "port": PORT},
                "periodSeconds": 1,
                "timeoutSeconds": 5,
            },
        }
        spec = {
            "nodeName": worker,
            "containers": [container],
            "automountServiceAccountToken": False,
            "dnsPolicy": "Default",
            "terminationGracePeriodSeconds": 1,
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        self.plane.kubectl("create", "--filename=-", stdin=json.dumps(pod))

    def nodes(self) -> Mapping[str, Seen]:
        return self._seen("/api/v1/nodes")

    def pods(self) -> Mapping[str, Seen]:
        return self._seen("/api/v1/namespaces/default/pods")

    def routes(self) -> Mapping[str, str]:
        """The router's, of both families: the next hop by destination."""
        return {**self.routed.router.routes(4), **self.routed.router.routes(6)}

    def until_routed(self, wanted: Mapping[str, str]) -> None:
        """Once the router has these routes and no others."""
        self.until(lambda: self.routes() == wanted or None)

    def until(self, true: Callable[[], Answer | None]) -> Answer:
        """The first answer; in vain, what there is instead."""
        try:
            return until(true, within=WITHIN)
        except AssertionError as error:
            logs = sorted(self.directory.glob("worker-*/*.log"))
            last = [f"{log}: {log.read_text(errors='replace')[-_LAST_WORDS:]}" for log in logs]
            message = "\n".join([str(error), str(self.nodes()), str(self.pods()), *last])
            raise AssertionError(message) from error

    def end(self) -> None:
        """Everything is switched off."""
        while self._plugs:
            self.switch_off(next(iter(self._plugs)))

    def _account(self, name: str) -> Path:
        path = self.directory / f"{name}.conf"
        if not path.exists():
            token = self.plane.kubectl("create", "token", name, "--namespace=kube-system").strip()
            authority = str(self.plane.api.authority)
            cluster = {"server": self.server, "certificate-authority": authority}
            write_kubeconfig_to(path, cluster, with_token(token))
        return path

    def _seen(self, path: str) -> Mapping[str, Seen]:
        listed = msgspec.json.decode(self.plane.api.get(path), type=_Objects).items
        return {one.metadata.name: _seen(one) for one in listed}


def _seen(one: _Object) -> Seen:
    internal = [each.address for each in one.status.addresses if each.type == "InternalIP"]
    addresses = (*internal, *(each.ip for each in one.status.pod_ips))
    for condition in one.status.conditions:
        if condition.type == "Ready":
            ready, heartbeat = condition.status == "True", condition.last_heartbeat_time
            return Seen(addresses, one.spec.pod_cidrs, ready, condition.message, heartbeat)
    return Seen(addresses, one.spec.pod_cidrs)


def by_ipv6(internal_ip: str) -> str:
    """The other address of the machine that has this one."""
    return f"fd00:240::{internal_ip.rpartition('.')[2]}"


def _join_by_ipv6(machine: Namespace, address: str) -> None:
    lines = (
        f"address add {address}/64 dev eth0 nodad",
        f"route add default via {by_ipv6(ROUTER)} dev eth0",
    )
    machine.ip("-batch", "-", lines=lines)


def ask(pod: str, whom: str) -> str:
    """What the Pod at ``pod`` is told by the one at ``whom``.

    Raises:
        ConnectionError: one of them is not reached.
    """
    with closing(http.client.HTTPConnection(pod, PORT, timeout=10)) as channel:
        channel.request("GET", f"/ask?whom={whom}")
        answer = channel.getresponse()
        words = answer.read().decode()
    if answer.status != http.client.OK:
        raise ConnectionError(words)
    return words


@contextmanager
def _routing_ipv6() -> Generator[None]:
    """The Nodes' IPv6 network has this kernel as its router, too."""
    ip(f"address add {by_ipv6(ROUTER)}/64 dev {BRIDGE} nodad")
    before = _FORWARDING.read_text()
    _FORWARDING.write_text("1")
    try:
        yield
    finally:
        _FORWARDING.write_text(before)


@contextmanager
def hard_way(directory: Path, cluster_cidr: str = CLUSTER_CIDR) -> Generator[HardWay]:
    """A guarded control plane and the router; no workers yet."""
    with ExitStack() as stack:
        network = stack.enter_context(node_network())
        stack.enter_context(_routing_ipv6())
        plane = ControlPlane.start(directory, IPv4Address(ROUTER))
        stack.callback(plane.stop)
        guard(plane)
        plane.kubectl("apply", f"--filename={DEPLOY / 'agent-rbac.yaml'}")
        plane.kubectl("create", "serviceaccount", "default")  # no controller makes it here
        cluster: Cluster = stack.enter_context(empty_cluster(plane, directory))
        recorded = stack.enter_context(router(directory))
        site = HardWay(Routed(cluster, recorded), network, directory, cluster_cidr)
        stack.callback(site.end)
        yield site
