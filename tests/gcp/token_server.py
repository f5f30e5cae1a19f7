"""Gives tokens for the key of a service account."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.http_service import answer, listening


@dataclass
class Issued:
    """Where it is, and how often it was asked."""

    url: str
    asked: int = 0


def service_account_key(url: str, project: str) -> str:
    """A key file as Google Cloud gives it."""
    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    content = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "1",
        "private_key": text,
        "client_email": f"podroute@{project}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    return msgspec.json.encode(content).decode()


class _Server(ThreadingHTTPServer):
    issued: Issued


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        issued = cast("_Server", self.server).issued
        issued.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        token = {"access_token": f"granted-{issued.asked}", "expires_in": 3600}
        content = msgspec.json.encode({**token, "token_type": "Bearer"})
        answer(self, 200, content, Content_Type="application/json")


@contextmanager
def token_server() -> Generator[Issued]:
    """On a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.issued = Issued(f"http://127.0.0.1:{server.server_port}")
    with listening(server):
        yield server.issued
