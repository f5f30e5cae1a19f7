"""One Lease (``coordination.k8s.io/v1``) at the API server: read, make, replace if unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import httpx2
import msgspec

from podroute.kube.answer import Answer, status_in
from podroute.kube.api_errors import CONTROLLER_RIGHTS, ApiUnreachable, cause, printable, remedy_for
from podroute.kube.connection import Connection


class LeaseMetadata(msgspec.Struct, rename="camel", omit_defaults=True):
    """What a replacement must keep is here, whether podroute needs it or not."""

    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[msgspec.Raw] | None = None
    finalizers: list[str] | None = None


class LeaseSpec(msgspec.Struct, rename="camel", omit_defaults=True):
    """Times are RFC 3339 with microseconds, UTC."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(msgspec.Struct, rename="camel"):
    """As the API server has it, or as it shall have it."""

    api_version: str = "coordination.k8s.io/v1"
    kind: str = "Lease"
    metadata: LeaseMetadata = msgspec.field(default_factory=LeaseMetadata)
    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)


def annotations_of(lease: Lease) -> Mapping[str, str]:
    """None where it has none."""
    return lease.metadata.annotations or {}


def annotated(lease: Lease, annotations: Mapping[str, str]) -> Lease:
    """The same Lease with these beside the annotations that are there."""
    together = {**annotations_of(lease), **annotations} or None
    metadata = msgspec.structs.replace(lease.metadata, annotations=together)
    return msgspec.structs.replace(lease, metadata=metadata)


class Conflict:
    """Nothing was written: somebody else was first, or has removed it."""


@dataclass(frozen=True, slots=True)
class LeaseStore:
    """One Lease by name; each call ends within the seconds that it is given.

    Every method raises ApiUnreachable where the server did not answer, or refused; whether a write
    was carried out is unknown then.
    """

    connection: Connection
    namespace: str
    name: str

    async def get(self, within: float) -> Lease | None:
        """None where there is none."""
        answer = await self._send("GET", self._path, None, within)
        if answer.status == HTTPStatus.NOT_FOUND and self._is_about_the_lease(answer):
            return None
        return self._lease("GET", answer)

    async def create(self, spec: LeaseSpec, within: float) -> Lease | Conflict:
        """With this content."""
        wanted = Lease(metadata=LeaseMetadata(self.name, self.namespace), spec=spec)
        answer = await self._send("POST", self._parent, wanted, within)
        if answer.status == HTTPStatus.CONFLICT:
            return Conflict()
        return self._lease("POST", answer)

    async def update(self, lease: Lease, within: float) -> Lease | Conflict:
        """Replaces the one that has this ``resourceVersion``."""
        answer = await self._send("PUT", self._path, lease, within)
        if answer.status in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
            return Conflict()
        return self._lease("PUT", answer)

    @property
    def where(self) -> str:
        """The server, for messages."""
        return self.connection.where

    @property
    def title(self) -> str:
        """The Lease, for messages."""
        return f"{self.namespace}/{self.name}"

    @property
    def _parent(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{quote(self.namespace, '')}/leases"

    @property
    def _path(self) -> str:
        return f"{self._parent}/{quote(self.name, '')}"

    async def _send(self, method: str, path: str, lease: Lease | None, within: float) -> Answer:
        body = None if lease is None else msgspec.json.encode(lease)
        try:
            return await self.connection.request(method, path, body=body, within=within)
        except httpx2.TimeoutException:
            message = f"{self.where} did not answer within {within:.1f} s"
        except httpx2.RequestError as error:
            message = f"{self.where} is not reached: {cause(error, self.connection.login)}"
        raise ApiUnreachable(message)

    def _lease(self, method: str, answer: Answer) -> Lease:
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            try:
                return msgspec.json.decode(answer.body, type=Lease)
            except (ValueError, RecursionError):
                message = f"{self.where} answers, but with no Lease: check the address"
                raise ApiUnreachable(message) from None
        message = (
            f"{self.where}: {method} of Lease {self.title} "
            f"was refused (HTTP {answer.status}): {printable(answer.words())}"
        )
        if answer.status == HTTPStatus.FORBIDDEN:
            login = self.connection.login
            message += f"; {remedy_for(answer.words(), login, CONTROLLER_RIGHTS)}"
        raise ApiUnreachable(message)

    def _is_about_the_lease(self, answer: Answer) -> bool:
        """Not any other server's, or an API server's that knows no Leases yet."""
        status = status_in(answer.body)
        return status is not None and status.details.name == self.name
