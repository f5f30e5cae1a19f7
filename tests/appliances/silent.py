"""A port that takes connections and never says anything."""

import socket
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def silent_port() -> Generator[int]:
    """Of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield int(listener.getsockname()[1])
