"""podroute controller beside a real API server, and what must be true of podCIDRs after all."""

import http.client
import sys
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from tests.cluster.api import Api, ApiError
from tests.cluster.certificates import KeyPair
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import NodeBody, node_body
from tests.cluster.pages import page
from tests.cluster.pod_cidrs import CLUSTER_CIDR, Nodes, NodeView
from tests.cluster.process import Process

Answer = TypeVar("Answer")

PODROUTE: Final = Path(sys.executable).with_name("podroute")
USUAL: Final = (
    f"--cluster-cidr={CLUSTER_CIDR}",
    "--kube-api-qps=0",
    "--metrics-bind-address=",
)
ALONE: Final = ("--no-leader-elect",)
IN_TURN: Final = (
    "--leader-elect-lease-duration=6s",
    "--leader-elect-renew-deadline=5s",  # longer than a loaded API server takes for an answer
    "--leader-elect-retry-period=0.5s",
)
UNHURRIED: Final = (  # where nobody waits for the end of a lease
    "--leader-elect-lease-duration=20s",
    "--leader-elect-renew-deadline=15s",
    "--leader-elect-retry-period=0.5s",
)
LEADING: Final = '"event": "leading"'
ANYWHERE: Final = "--metrics-bind-address=127.0.0.1:0"
WITHIN: Final = timedelta(seconds=40)
_PAUSE: Final = 0.05


class _Metadata(msgspec.Struct):
    name: str
    uid: str


class _Spec(msgspec.Struct, rename="camel"):
    pod_cidrs: tuple[str, ...] = msgspec.field(name="podCIDRs", default=())


class _Node(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec


class _NodeList(msgspec.Struct):
    items: list[_Node]


class Regarding(msgspec.Struct):
    """The object of an Event."""

    name: str = ""


class Event(msgspec.Struct):
    """What was told about a Node."""

    regarding: Regarding
    reason: str = ""
    note: str = ""


class _EventList(msgspec.Struct):
    items: list[Event]


class Cluster:
    """The Nodes of a control plane, and the controllers of one test."""

    def __init__(self, plane: ControlPlane, directory: Path) -> None:
        self.plane = plane
        self.directory = directory
        self._controllers: list[Process] = []

    def controller(
        self,
        *flags: str,
        kubeconfig: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Running, with the usual flags where others do not say otherwise."""
        directory = self.directory / f"controller-{len(self._controllers)}"
        directory.mkdir()
        given = " ".join(flags)
        usual = [flag for flag in USUAL if flag.partition("=")[0] not in given]
        if "--config" in given:
            usual.remove(USUAL[0])
        process = self.plane.start_here(
            PODROUTE,
            [
                "controller",
                f"--kubeconfig={kubeconfig or self.plane.kubeconfig()}",
                "--allocate-node-cidrs",
                "--logging-format=json",
                *usual,
                *flags,
            ],
            directory,
            environment,
        )
        self._controllers.append(process)
        return process

    def kube_controller_manager(self, *flags: str) -> Process:
        """The one whose place podroute takes, with nothing but its node IPAM."""
        usual = [] if "--cluster-cidr" in " ".join(flags) else [f"--cluster-cidr={CLUSTER_CIDR}"]
        process = self.plane.start_controller_manager(
            [
                "--controllers=node-ipam-controller",
                "--allocate-node-cidrs=true",
                "--kube-api-qps=1000",
                "--kube-api-burst=1000",
                *usual,
                *flags,
            ]
        )
        self._controllers.append(process)
        return process

    def stop(self, controller: Process) -> None:
        """SIGKILL to this one."""
        self._controllers.remove(controller)
        self.plane.stop_program(controller)

    def end(self) -> None:
        """SIGKILL to the test's controllers."""
        while self._controllers:
            self.plane.stop_program(self._controllers.pop())

    def join(self, names: Iterable[str]) -> None:
        """Nodes register, without podCIDRs."""
        self.plane.create_nodes([node_body(name) for name in names])

    def register(self, bodies: Iterable[NodeBody]) -> None:
        """Nodes as they are."""
        self.plane.create_nodes(bodies)

    def register_as_kubelet(self, body: NodeBody, name: str) -> None:
        """With the credential that this Node's kubelet has."""
        api = self.as_kubelet(name)
        with api.connect() as connection:
            connection.send("POST", "/api/v1/nodes", msgspec.json.encode(body))

    def as_kubelet(self, name: str) -> Api:
        """Requests of the kubelet of a Node."""
        pair = self.plane.client_certificate(f"system:node:{name}", ("system:nodes",))
        return Api(self.plane.api.port, self.plane.api.authority, KeyPair(*pair))

    def remove(self, name: str) -> None:
        """The admin deletes a Node."""
        with self.plane.api.connect() as connection:
            connection.send("DELETE", f"/api/v1/nodes/{name}")

    def label(self, name: str, text: str) -> None:
        """The Node changes in a way that matters to nobody."""
        body = msgspec.json.encode({"metadata": {"labels": {"changed": text}}})
        with self.plane.api.connect() as connection:
            connection.patch(f"/api/v1/nodes/{name}", body)

    def nodes(self) -> Nodes:
        """A consistent list."""
        listed = msgspec.json.decode(self.plane.api.get("/api/v1/nodes"), type=_NodeList)
        views = [
            NodeView(node.metadata.name, node.metadata.uid, node.spec.pod_cidrs)
            for node in listed.items
        ]
        return {view.name: view for view in views}

    def events(self, reason: str) -> Sequence[Event]:
        """All that were told with this reason."""
        listed = self.plane.api.get("/apis/events.k8s.io/v1/events")
        events = msgspec.json.decode(listed, type=_EventList).items
        return [event for event in events if event.reason == reason]

    def served(
        self, count: int, *, besides: Collection[str] = (), within: timedelta = WITHIN
    ) -> Nodes:
        """Once there are so many Nodes with a podCIDR, and none without but those named."""

        def all_served() -> Nodes | None:
            nodes = self.nodes()
            having = sum(bool(node.pod_cidrs) for node in nodes.values())
            lacking = {node.name for node in nodes.values() if not node.pod_cidrs}
            return nodes if having == count and lacking == set(besides) else None

        return self._until(all_served, within)

    def some_served(self, count: int, *, within: timedelta = WITHIN) -> Nodes:
        """Once at least so many Nodes have a podCIDR."""

        def enough() -> Nodes | None:
            nodes = self.nodes()
            return nodes if sum(bool(n.pod_cidrs) for n in nodes.values()) >= count else None

        return self._until(enough, within)

    def _until(self, question: Callable[[], Answer | None], within: timedelta) -> Answer:
        """As ``until``; in vain where no controller is left."""

        def answer() -> Answer | None:
            logs = [process.log.read_text()[-500:] for process in self._controllers]
            assert not all(process.has_ended for process in self._controllers), logs
            return question()

        return until(answer, within=within)

    def clear(self) -> None:
        """No Nodes, no Events, no Leases of ours."""
        with self.plane.api.connect() as connection:
            for path in (
                "/api/v1/nodes",
                "/apis/events.k8s.io/v1/namespaces/default/events",
                "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
            ):
                connection.send("DELETE", path)


@contextmanager
def planes(directory: Path) -> Generator[ControlPlane]:
    """A control plane that ends with the block."""
    plane = ControlPlane.start(directory)
    try:
        yield plane
    finally:
        plane.stop()


@contextmanager
def empty_cluster(plane: ControlPlane, directory: Path) -> Generator[Cluster]:
    """No Nodes before and after."""
    cluster = Cluster(plane, directory)
    cluster.clear()
    try:
        yield cluster
    finally:
        cluster.end()


def unready(process: Process) -> str:
    """What /readyz complains of; "" where it is ready. It must be started with ``ANYWHERE``."""
    well, words = page(process, "/readyz")
    return "" if well else words


def until(question: Callable[[], Answer | None], *, within: timedelta = WITHIN) -> Answer:
    """The first answer that is not None; while the API server is away there is none."""
    deadline = time.monotonic() + within.total_seconds()
    pause = threading.Event()
    while True:
        try:
            answer = question()
        except (OSError, http.client.HTTPException, ApiError):
            answer = None
        if answer is not None:
            return answer
        assert time.monotonic() < deadline, f"not after {within.total_seconds():g} s"
        pause.wait(_PAUSE)


def until_true(question: Callable[[], bool], *, within: timedelta = WITHIN) -> None:
    """Once it is so."""
    until(lambda: question() or None, within=within)


def leader_of(controllers: Iterable[Process]) -> Process | None:
    """The first that has ever led."""
    return next((one for one in controllers if log_line(one, LEADING)), None)


def log_line(process: Process, containing: str) -> bool:
    """Whether it has said so."""
    return containing in process.log.read_text()


def until_said(process: Process, containing: str, *, within: timedelta = WITHIN) -> None:
    """Once it has said so; it must live until then."""
    process.wait_for(lambda: log_line(process, containing) or None, within=within)
