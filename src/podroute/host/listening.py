"""Where do programs of this machine's network wait for TCP connections?"""

import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from podroute.model.cidr import Address

_FILES: Final = ("/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6")
_LISTENS: Final = "0A"
_WORD: Final = 8  # hexadecimal digits of 32 bits, in this machine's order


class Listener(NamedTuple):
    """An address of 0 is all of the machine."""

    address: Address
    port: int


def read_listeners() -> list[Listener]:
    """All of them, whosever they are.

    Raises:
        OSError: the kernel does not say.
    """
    return [one for name in _FILES if _is_there(name) for one in listeners_in(_text(name))]


def listeners_in(text: str) -> Iterator[Listener]:
    """What is in one of the kernel's files."""
    for line in text.splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        if state == _LISTENS:
            host, _, port = local.partition(":")
            yield Listener(_address(host), int(port, 16))


def _address(digits: str) -> Address:
    words = (digits[first : first + _WORD] for first in range(0, len(digits), _WORD))
    raw = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    found = ip_address(raw)
    return getattr(found, "ipv4_mapped", None) or found


def _is_there(name: str) -> bool:
    """A kernel without IPv6 has no file for it."""
    return name == _FILES[0] or Path(name).exists()


def _text(name: str) -> str:
    return Path(name).read_text(encoding="ascii")
