"""Plain requests to an API server, over connections that stay open."""

import http.client
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.cluster.certificates import KeyPair
from tests.cluster.ports import LOOPBACK

_PATIENCE: Final = timedelta(seconds=60)


class ApiError(Exception):
    """The API server refused; its own words."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One request at a time."""

    channel: http.client.HTTPSConnection

    def patch(self, path: str, body: bytes) -> bytes:
        """A merge patch."""
        return self.send("PATCH", path, body, kind="application/merge-patch+json")

    def send(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = "application/json"
    ) -> bytes:
        self.channel.request(method, path, body, {"Content-Type": kind})
        answer = self.channel.getresponse()
        content = answer.read()
        if answer.status >= http.client.BAD_REQUEST:
            words = content.decode(errors="replace")
            message = f"{method} {path}: {answer.status} {words}"
            raise ApiError(message)
        return content


@dataclass(frozen=True, slots=True)
class Api:
    """Where the API server is, and who we are to it."""

    port: int
    authority: Path
    identity: KeyPair

    @property
    def url(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"

    @contextmanager
    def connect(self) -> Generator[Connection, None, None]:
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.identity.certificate, self.identity.key)
        channel = http.client.HTTPSConnection(
            LOOPBACK, self.port, context=context, timeout=_PATIENCE.total_seconds()
        )
        try:
            yield Connection(channel)
        finally:
            channel.close()

    def get(self, path: str) -> bytes:
        with self.connect() as connection:
            return connection.send("GET", path)

    def is_ready(self) -> bool | None:
        """True, or None while its listener, its checks or the first namespace are missing."""
        try:
            self.get("/readyz")
            self.get("/api/v1/namespaces/default")
        except (OSError, http.client.HTTPException, ApiError):
            return None
        return True
