"""Answers for an ASGI application on a free port of this machine, in a thread of its own."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final, NamedTuple

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

_LOOPBACK: Final = "127.0.0.1"
_PATIENCE: Final = 10.0  # seconds for the start, and for requests under way at the end


class Identity(NamedTuple):
    """By which clients know it: two files."""

    certificate: Path
    key: Path


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def answering(application: ASGIApp, identity: Identity | None = None) -> Generator[str]:
    """Its host and port; ready inside the block, by TLS where it has an identity.

    Raises:
        OSError: Its identity cannot be read.
        TimeoutError: It cannot be started.
    """
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:  # else answers wait for the peer
        listener.bind((_LOOPBACK, 0))
        listener.listen(128)
        config = uvicorn.Config(
            application,
            log_config=None,
            log_level="critical",
            lifespan="off",
            ssl_certfile=identity and identity.certificate,
            ssl_keyfile=identity and identity.key,
            timeout_graceful_shutdown=1,
        )
        config.load()
        server = _Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            if not server.ready.wait(_PATIENCE):
                message = f"the simulated API does not answer after {_PATIENCE:g} s"
                raise TimeoutError(message)
            yield f"{_LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
