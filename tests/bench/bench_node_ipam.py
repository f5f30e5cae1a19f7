"""podCIDRs for many Nodes through a real API server, beside kube-controller-manager.

Both start when all Nodes are there, raised limits, no leader election. The time runs from the
start of the process to the last podCIDR on a watch of ours.
"""

import json
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from queue import Queue
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.cluster.api import Connection
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import NodeBody, node_bodies
from tests.cluster.process import Process

CLUSTER_CIDR: Final = "10.128.0.0/9"
ROUNDS: Final = int(os.environ.get("ROUNDS", "5"))
SIZES: Final = tuple(map(int, os.environ.get("SIZES", "5000,15000").split(",")))
JOINS: Final = 50
HEARTBEATS: Final = 5_000
IDLE: Final = 0.02  # CPU seconds in half a second
PATIENCE: Final = 300  # seconds
HERE: Final = Path(sys.executable).parent
ASSIGNED: Final = b'"podCIDRs":['
VERSION: Final = re.compile(rb'"resourceVersion":"([0-9]+)"')

Starter = Callable[[ControlPlane], Process]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process has used up to now."""

    cpu: float  # seconds
    peak_rss: float  # MB

    @classmethod
    def of(cls, process: Process) -> "Cost":
        """Read from /proc."""
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0])
        return cls(ticks / os.sysconf("SC_CLK_TCK"), peak / 1024)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one contender on one fresh cluster."""

    seconds: float
    cpu: float
    peak_rss: float
    heartbeats_cpu: float
    writes: float
    joins: Sequence[float]


def kube_controller_manager(plane: ControlPlane) -> Process:
    """Its node IPAM alone."""
    return plane.start_controller_manager(
        [
            "--controllers=node-ipam-controller",
            "--allocate-node-cidrs",
            f"--cluster-cidr={CLUSTER_CIDR}",
            "--kube-api-qps=10000",
            "--kube-api-burst=10000",
        ]
    )


def podroute(plane: ControlPlane) -> Process:
    """The same flags."""
    return plane.start_here(
        HERE / "podroute",
        [
            "controller",
            f"--kubeconfig={plane.kubeconfig()}",
            "--leader-elect=false",
            "--allocate-node-cidrs",
            f"--cluster-cidr={CLUSTER_CIDR}",
            "--kube-api-qps=10000",
            "--kube-api-burst=10000",
            "--metrics-bind-address=",
        ],
    )


CONTENDERS: Final[dict[str, Starter]] = {
    "kube-controller-manager": kube_controller_manager,
    "podroute": podroute,
}


@dataclass
class Watch:
    """Counts podCIDRs as the API server tells of them, without looking further."""

    arrivals: Queue[float] = field(default_factory=Queue[float])
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, connection: Connection, version: str) -> None:
        """Until the end; the API server ends a watch that does not keep up with it."""
        try:
            while not self.over.is_set():
                version = self._read_one(connection.channel, version)
        except (OSError, HTTPException):
            if not self.over.is_set():
                raise

    def _read_one(self, channel: HTTPSConnection, version: str) -> str:
        """To the end of one stream, from a version on; the last one that was read."""
        channel.request("GET", f"/api/v1/nodes?watch=1&resourceVersion={version}")
        answer = channel.getresponse()
        while line := answer.readline():
            if ASSIGNED in line and b'"type":"MODIFIED"' in line[:40]:
                self.arrivals.put(perf_counter())
            if found := VERSION.search(line):
                version = found[1].decode()
        return version

    def wait(self, count: int) -> float:
        """The moment of the last of ``count``."""
        moment = 0.0
        for _ in range(count):
            moment = self.arrivals.get(timeout=PATIENCE)
        return moment


@contextmanager
def watching(plane: ControlPlane) -> Generator[Watch]:
    """From now on."""
    listed = json.loads(plane.api.get("/api/v1/nodes?limit=1"))
    version = listed["metadata"]["resourceVersion"]
    watch = Watch()
    with plane.api.connect() as connection:
        reader = threading.Thread(target=watch.read, args=(connection, version), daemon=True)
        reader.start()
        try:
            yield watch
        finally:
            watch.over.set()
            connection.channel.sock.shutdown(socket.SHUT_RDWR)  # a close would wait for the reader
            reader.join()


def sized(bodies: Iterator[NodeBody]) -> Iterator[NodeBody]:
    """Nodes as large as a kubelet makes them: about 9 KB."""
    images = [
        {
            "names": [f"registry.example/team/application-{number}@sha256:{number:064x}"],
            "sizeBytes": 10_000_000 + number,
        }
        for number in range(48)
    ]
    conditions = [
        {
            "type": kind,
            "status": "False",
            "reason": f"Kubelet{kind}",
            "message": f"kubelet has no {kind}",
            "lastHeartbeatTime": "2026-01-01T00:00:00Z",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "NotReady")
    ]
    for body in bodies:
        status = body["status"]
        assert isinstance(status, dict)
        yield {**body, "status": {**status, "images": images, "conditions": conditions}}


def measure(start: Starter, count: int) -> Figures:
    """One fresh cluster, one contender."""
    with TemporaryDirectory() as folder:
        plane = ControlPlane.start(Path(folder))
        try:
            plane.create_nodes(sized(node_bodies(count)))
            with watching(plane) as watch:
                begin = perf_counter()
                process = start(plane)
                seconds = watch.wait(count) - begin
                cost = Cost.of(process)
            heartbeats, writes = heartbeat_cost(plane, process, count)
            with watching(plane) as watch:
                joins = [join_time(plane, watch, number) for number in range(JOINS)]
            peak = Cost.of(process).peak_rss
        finally:
            plane.stop()
    return Figures(seconds, cost.cpu, peak, heartbeats, writes, joins)


def heartbeat_cost(plane: ControlPlane, process: Process, nodes: int) -> tuple[float, float]:
    """CPU seconds for 1,000 heartbeats, and how many Nodes were written for them."""
    before, written = Cost.of(process), node_patches(plane)
    with plane.api.connect() as connection:
        for number in range(HEARTBEATS):
            path = f"/api/v1/nodes/worker-{number % nodes}/status"
            body = {
                "status": {
                    "conditions": [{"type": "Ready", "status": "True", "message": f"{number}"}]
                }
            }
            connection.patch(path, json.dumps(body).encode())
    after = settled(process)
    return (after.cpu - before.cpu) * 1000 / HEARTBEATS, node_patches(plane) - written


def settled(process: Process) -> Cost:
    """When it has nothing left to do, or after a while."""
    last = Cost.of(process)
    for _ in range(10):
        threading.Event().wait(0.5)
        now = Cost.of(process)
        if now.cpu - last.cpu <= IDLE:
            break
        last = now
    return Cost.of(process)


def node_patches(plane: ControlPlane) -> float:
    """How many patches of Nodes (not of their status) the API server has seen."""
    total = 0.0
    for line in plane.api.get("/metrics").decode().splitlines():
        if line.startswith("apiserver_request_total{") and all(
            word in line for word in ('resource="nodes"', 'verb="PATCH"', 'subresource=""')
        ):
            total += float(line.rpartition(" ")[2])
    return total


def join_time(plane: ControlPlane, watch: Watch, number: int) -> float:
    """From the request that registers a Node to its podCIDR on the watch."""
    (body,) = sized(one for one in [{**next(node_bodies(1)), **named(number)}])
    begin = perf_counter()
    plane.create_nodes([body])
    return watch.wait(1) - begin


def named(number: int) -> dict[str, object]:
    """Another Node's metadata."""
    return {"metadata": {"name": f"late-{number}"}}


def row(name: str, count: int, runs: Sequence[Figures]) -> str:
    """Medians of all rounds."""
    joins = median(one for run in runs for one in run.joins)
    return (
        f"| {count:,} | {name} | {median(run.seconds for run in runs):.1f} s "
        f"({min(run.seconds for run in runs):.1f}-{max(run.seconds for run in runs):.1f}) "
        f"| {median(run.cpu for run in runs):.1f} s | {max(run.peak_rss for run in runs):.0f} MB "
        f"| {median(run.heartbeats_cpu for run in runs) * 1000:.0f} ms "
        f"| {max(run.writes for run in runs):.0f} | {joins * 1000:.0f} ms |"
    )


def main() -> None:
    """Prints Markdown."""
    print(
        f"| fresh Nodes | who | all have a podCIDR, median of {ROUNDS} (min-max) | CPU for it "
        f"| peak RSS | CPU for 1,000 heartbeats | writes for {HEARTBEATS:,} heartbeats "
        f"| one more Node joins, median of {JOINS * ROUNDS} |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for count in SIZES:
        runs: dict[str, list[Figures]] = {name: [] for name in CONTENDERS}
        for _ in range(ROUNDS):
            for name, start in CONTENDERS.items():
                runs[name].append(measure(start, count))
        for name, figures in runs.items():
            print(row(name, count, figures))


if __name__ == "__main__":
    main()
