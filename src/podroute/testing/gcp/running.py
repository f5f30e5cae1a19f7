"""Serves the simulated API on a free port of this machine."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Final

import uvicorn

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.server import Api

_LOOPBACK: Final = "127.0.0.1"
_PATIENCE: Final = 10.0  # seconds for requests under way at the end


@dataclass(frozen=True)
class Served:
    """Where it answers, and what it was asked."""

    api: Api
    endpoint: str


@contextmanager
def running(cloud: Cloud) -> Generator[Served]:
    """Ready inside the block."""
    api = Api(cloud)
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # else answers wait for the peer
        listener.bind((_LOOPBACK, 0))
        listener.listen(128)
        config = uvicorn.Config(
            api.application(),
            log_config=None,
            log_level="critical",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield Served(api, f"http://{_LOOPBACK}:{listener.getsockname()[1]}/compute/v1")
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
