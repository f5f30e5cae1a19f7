"""Somebody who asks an API server, and is told why not."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.cluster.certificates import KeyPair
from tests.cluster.control_plane import ControlPlane
from tests.cluster.ports import LOOPBACK

MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
_KINDS: Final = {"PATCH": MERGE}
_PATIENCE: Final = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Caller:
    """By a client certificate or a token."""

    plane: ControlPlane
    certificate: KeyPair | None = None
    token: str = ""

    def refusal(self, method: str, path: str, body: Mapping[str, object], *, kind: str = "") -> str:
        """The API server's words; "" where it did as it was told."""
        status, answer = self.ask(method, path, json.dumps(body).encode(), kind=kind)
        return "" if status < http.client.BAD_REQUEST else answer

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = ""
    ) -> tuple[int, str]:
        """Status and body."""
        channel = http.client.HTTPSConnection(
            LOOPBACK, self.plane.api.port, context=self._context(), timeout=_PATIENCE
        )
        headers = {"Content-Type": kind or _KINDS.get(method, "application/json")}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            channel.request(method, path, body, headers)
            answer = channel.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            channel.close()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.plane.api.authority))
        if self.certificate is not None:
            context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        return context


def kubelet(plane: ControlPlane, name: str) -> Caller:
    """With the credential that a Node's kubelet has."""
    pair = plane.client_certificate(f"system:node:{name}", ("system:nodes",))
    return Caller(plane, KeyPair(*pair))


def admin(plane: ControlPlane) -> Caller:
    """With all rights, as a cloud controller has them of Nodes."""
    return Caller(plane, plane.api.identity)


def service_account(plane: ControlPlane, name: str, namespace: str) -> Caller:
    """With a token of its own and what RBAC gives it."""
    token = plane.kubectl("create", "token", name, f"--namespace={namespace}")
    return Caller(plane, token=token.strip())
