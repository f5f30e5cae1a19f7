"""What benchmarks beside a control plane share: costs, a watch of our own, Nodes of full size."""

import json
import os
import re
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from queue import Queue
from time import perf_counter
from typing import Final

from tests.cluster.api import Connection
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import NodeBody
from tests.cluster.process import Process

IDLE: Final = 0.02  # CPU seconds in half a second
PATIENCE: Final = 300  # seconds
VERSION: Final = re.compile(rb'"resourceVersion":"([0-9]+)"')


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


@dataclass
class Watch:
    """Counts Nodes with ``mark`` in them as the API server tells of them, and looks no further."""

    mark: bytes
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
            if self.mark in line and b'"type":"MODIFIED"' in line[:40]:
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
def watching(plane: ControlPlane, mark: bytes) -> Generator[Watch]:
    """From now on."""
    listed = json.loads(plane.api.get("/api/v1/nodes?limit=1"))
    version = listed["metadata"]["resourceVersion"]
    watch = Watch(mark)
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


def heartbeats(plane: ControlPlane, count: int, nodes: int) -> None:
    """So many updates of a condition that is nobody's business here, spread over the Nodes."""
    with plane.api.connect() as connection:
        for number in range(count):
            path = f"/api/v1/nodes/worker-{number % nodes}/status"
            condition = {"type": "Ready", "status": "True", "message": f"{number}"}
            body = {"status": {"conditions": [condition]}}
            kind = "application/strategic-merge-patch+json"  # others would take the conditions away
            connection.send("PATCH", path, json.dumps(body).encode(), kind=kind)
