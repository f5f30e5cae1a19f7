"""Serves an ASGI application by TLS on a free port of this machine."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp

from podroute.testing.answering import Identity, answering


@contextmanager
def running(application: ASGIApp, certificate: Path, key: Path) -> Generator[str]:
    """Its URL; ready inside the block. ``certificate`` is for 127.0.0.1."""
    with answering(application, Identity(certificate, key)) as place:
        yield f"https://{place}"
