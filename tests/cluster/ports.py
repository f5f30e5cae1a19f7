"""Free ports on the loopback address that stay ours until they are used."""

import socket
from dataclasses import dataclass, field
from typing import Final

LOOPBACK: Final = "127.0.0.1"


def _bound() -> socket.socket:
    # Bound and not listening: the port is taken for everyone but a program that sets SO_REUSEPORT
    # too, as etcd and kube-apiserver do on request, and no connection ever arrives here.
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((LOOPBACK, 0))
    return held


@dataclass(frozen=True, slots=True)
class ReservedPort:
    """A port chosen by the kernel, held until released."""

    held: socket.socket = field(default_factory=_bound)

    @property
    def number(self) -> int:
        return int(self.held.getsockname()[1])

    def release(self) -> None:
        self.held.close()
