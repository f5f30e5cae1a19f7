"""Serves an ASGI application by TLS on a free port of this machine."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

import uvicorn
from starlette.types import ASGIApp

_LOOPBACK: Final = "127.0.0.1"
_PATIENCE: Final = 10.0  # seconds for requests under way at the end


@contextmanager
def running(application: ASGIApp, certificate: Path, key: Path) -> Generator[str]:
    """Its URL; ready inside the block. ``certificate`` is for 127.0.0.1."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # else answers wait for the peer
        listener.bind((_LOOPBACK, 0))
        listener.listen(128)
        config = uvicorn.Config(
            application,
            log_config=None,
            log_level="critical",
            lifespan="off",
            ssl_certfile=certificate,
            ssl_keyfile=key,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"https://{_LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
