"""One process of a kind in a network namespace, whatever folders it was given.

The name is that of an abstract unix socket, which is the network namespace's own. Anybody may bind
one: a holder that is neither root nor the user that we are is no such process, and keeps none away.
"""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EADDRINUSE
from struct import Struct
from threading import Event
from typing import Final

from podroute.host.files import AlreadyRunning

_CREDENTIALS: Final = Struct("=iII")
_KIND: Final = socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
_ROOT: Final = 0
_ATTEMPTS: Final = 5  # a holder may be just coming or going
_LOOK_AGAIN: Final = 0.05  # seconds
_FEW: Final = 16


@dataclass(frozen=True, slots=True)
class Door:
    """Where others ask who has the name; None: a stranger has it."""

    socket: socket.socket | None

    def answer(self) -> None:
        """Whoever has asked knows enough; a few at once, for anybody may ask without end."""
        if self.socket is None:
            return
        with suppress(BlockingIOError):
            for _ in range(_FEW):
                self.socket.accept()[0].close()


@contextmanager
def alone_in_network(name: str) -> Generator[Door]:
    """Meanwhile no other such process has ``name``; it goes with the process, however that ends.

    Raises:
        AlreadyRunning: one has it.
        OSError: there are no sockets here.
    """
    with socket.socket(socket.AF_UNIX, _KIND) as door:
        for _ in range(_ATTEMPTS):
            if _bound(door, name):
                yield Door(door)
                return
            _refuse_beside_our_like(name)
            Event().wait(_LOOK_AGAIN)
        yield Door(None)


def _bound(door: socket.socket, name: str) -> bool:
    try:
        door.bind(f"\0{name}")
    except OSError as error:
        if error.errno != EADDRINUSE:
            raise
        return False
    door.listen()
    return True


def _refuse_beside_our_like(name: str) -> None:
    with socket.socket(socket.AF_UNIX, _KIND) as asking:
        try:
            asking.connect(f"\0{name}")
        except OSError:
            return  # it hears nobody, or is gone
        told = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _ = _CREDENTIALS.unpack(told)
    if user in {_ROOT, os.geteuid()}:
        raise AlreadyRunning(f"process {pid}" if pid else "in another container")
