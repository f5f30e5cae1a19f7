"""Is the firewall still the one that was read? The kernel numbers its transactions.

nft itself asks so before it trusts what it has read; to ask costs less than to start a program.
"""

import socket
from struct import Struct
from typing import Final

_NETFILTER: Final = 12
_GET_GENERATION: Final = 10 << 8 | 16
_NEW_GENERATION: Final = 10 << 8 | 15
_REQUEST: Final = 0x001
_NUMBER: Final = 1
_HEADER: Final = Struct("=IHHIIBBH")
_ATTRIBUTE: Final = Struct("=HH")
_LONGEST: Final = 4096
_SILENCE: Final = 5.0  # seconds


def read_generation() -> int | None:
    """Another one after each change of this network namespace's nftables; None: not told."""
    kinds = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    try:
        with socket.socket(socket.AF_NETLINK, kinds, _NETFILTER) as asking:
            asking.settimeout(_SILENCE)
            asking.bind((0, 0))
            asking.send(_HEADER.pack(_HEADER.size, _GET_GENERATION, _REQUEST, 0, 0, 0, 0, 0))
            answer = asking.recv(_LONGEST)
    except OSError:
        return None  # an old kernel, or no right to ask
    return generation_of(answer)


def generation_of(answer: bytes) -> int | None:
    """The number in the kernel's answer, where it is one."""
    if len(answer) < _HEADER.size or _HEADER.unpack_from(answer)[1] != _NEW_GENERATION:
        return None
    start = _HEADER.size
    while start + _ATTRIBUTE.size <= len(answer):
        length, kind = _ATTRIBUTE.unpack_from(answer, start)
        if kind == _NUMBER:
            return int.from_bytes(answer[start + _ATTRIBUTE.size : start + length])
        start += max((length + 3) & ~3, _ATTRIBUTE.size)
    return None
