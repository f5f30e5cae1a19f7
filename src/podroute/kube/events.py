"""Events on Nodes (``events.k8s.io/v1``): told once, then counted.

Telling never holds up the teller and never fails it: what the API server does not take is dropped,
and counted.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, TypeAlias

import msgspec

from podroute.kube.api_errors import cause
from podroute.kube.connection import Connection
from podroute.kube.micro_time import micro_time_now
from podroute.model.node import NodeName, NodeUid

Severity: TypeAlias = Literal["Normal", "Warning"]

CONTROLLER: Final = "podroute-controller"
NAMESPACE: Final = "default"  # where Kubernetes keeps the Events of objects without a namespace
WAITING: Final = 1_000  # Events that are not yet sent; more are dropped
KNOWN: Final = 10_000  # series that are remembered
PAUSE: Final = 360.0  # seconds after which a series is closed, as in client-go
_LONGEST_NOTE: Final = 1_000  # bytes; the API server takes 1,024
_LONGEST_NAME: Final = 230
_PATIENCE: Final = 10.0


class _Regarding(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True):
    name: str
    uid: str = ""
    kind: str = msgspec.field(default_factory=lambda: "Node")
    api_version: str = msgspec.field(default_factory=lambda: "v1")
    namespace: str = ""


class _Series(msgspec.Struct, rename="camel"):
    count: int
    last_observed_time: str


class _Metadata(msgspec.Struct):
    name: str
    namespace: str

    @property
    def folder(self) -> str:
        return f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events"


class _Event(msgspec.Struct, rename="camel"):
    metadata: _Metadata
    event_time: str
    regarding: _Regarding
    reason: str
    note: str
    type: Severity
    action: str
    reporting_instance: str
    reporting_controller: str = CONTROLLER
    api_version: str = "events.k8s.io/v1"
    kind: str = "Event"


@dataclass(slots=True)
class _Told:
    """A series: one Event object and how often it has happened."""

    event: _Event
    last: float
    count: int = 1
    queued: bool = True
    made: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What is told about: ``action`` in Kubernetes' manner, and the Lease of who leads."""

    action: str
    namespace: str
    lease: str


class EventRecorder:
    """``record`` at any time; ``run`` sends, until it is cancelled."""

    def __init__(
        self,
        connection: Connection,
        clock: Callable[[], float],
        failed: Callable[[str], None],
        task: Task,
    ) -> None:
        self.dropped = 0
        self._task = task
        self._connection = connection
        self._clock = clock
        self._failed = failed
        self._series: dict[tuple[_Regarding, str, str], _Told] = {}
        self._queue: asyncio.Queue[_Told] = asyncio.Queue(WAITING)

    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        """One occurrence; the same again within some minutes raises the count of the same Event.

        False where too many wait already: it is dropped.
        """
        return self._tell(_Regarding(node, uid), severity, reason, message)

    def announce(self, severity: Severity, reason: str, message: str) -> bool:
        """As ``record``, about the Lease."""
        group = "coordination.k8s.io/v1"
        lease = _Regarding(self._task.lease, "", "Lease", group, self._task.namespace)
        return self._tell(lease, severity, reason, message)

    def _tell(self, about: _Regarding, severity: Severity, reason: str, message: str) -> bool:
        now, key = self._clock(), (about, reason, message)
        told = self._series.get(key)
        if told is None or now - told.last > PAUSE:
            self._forget_old(now)
            told = self._series[key] = _Told(
                self._event(about, severity, reason, message), now, queued=False
            )
        else:
            told.count += 1
            told.last = now
        if told.queued:
            return True
        try:
            self._queue.put_nowait(told)
            told.queued = True
        except asyncio.QueueFull:
            self.dropped += 1
        return told.queued

    async def run(self) -> None:
        """One after the other."""
        while True:
            told = await self._queue.get()
            told.queued = False
            try:
                await self._send(told)
            except Exception as error:  # noqa: BLE001 -- no Event is worth the end of its teller
                self.dropped += 1
                self._failed(f"{self._connection.where}: {cause(error, self._connection.login)}")

    async def _send(self, told: _Told) -> None:
        if told.made:
            series = _Series(told.count, micro_time_now())
            answer = await self._connection.request(
                "PATCH",
                f"{told.event.metadata.folder}/{told.event.metadata.name}",
                body=msgspec.json.encode({"series": series}),
                within=_PATIENCE,
            )
        else:
            body = msgspec.json.encode(told.event)
            folder = told.event.metadata.folder
            answer = await self._connection.request("POST", folder, body=body, within=_PATIENCE)
        if told.made and answer.status == HTTPStatus.NOT_FOUND:
            told.made = False  # it has expired at the API server
            await self._send(told)
        elif answer.status < HTTPStatus.BAD_REQUEST or answer.status == HTTPStatus.CONFLICT:
            told.made = True  # in conflict: by an earlier try whose answer was not heard
        else:
            self.dropped += 1
            self._failed(
                f"HTTP {answer.status}: {answer.body[:_LONGEST_NOTE].decode('utf-8', 'replace')}"
            )

    def _event(self, about: _Regarding, severity: Severity, reason: str, message: str) -> _Event:
        instance = socket.gethostname()
        suffix = f"{abs(hash((instance, about, reason, message, self._clock()))):016x}"
        name = f"{about.name[:_LONGEST_NAME].rstrip('.-')}.{suffix[:16]}"
        return _Event(
            _Metadata(name, about.namespace or NAMESPACE),
            micro_time_now(),
            about,
            reason,
            message.encode("utf-8", "replace")[:_LONGEST_NOTE].decode("utf-8", "ignore"),
            severity,
            self._task.action,
            f"{CONTROLLER}-{instance}"[:128],
        )

    def _forget_old(self, now: float) -> None:
        if len(self._series) >= KNOWN:
            fresh = {key: one for key, one in self._series.items() if now - one.last <= PAUSE}
            self._series = fresh if len(fresh) < KNOWN else {}
