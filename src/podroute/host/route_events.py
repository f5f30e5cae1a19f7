"""When may the kernel's routes have changed? It says so, in this network namespace.

What has changed is not read out of it: the kernel removes routes of a link that goes down without a
word about each, and drops words where nobody reads them. So any word means: look again.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Final

from podroute.host.netlink import NetlinkFailed

_LINK: Final = 1
_IPV4_ADDRESS: Final = 5
_IPV4_ROUTE: Final = 7
_IPV6_ADDRESS: Final = 9
_IPV6_ROUTE: Final = 11
_NEXT_HOP: Final = 32
_GROUPS: Final = (_LINK, _IPV4_ADDRESS, _IPV4_ROUTE, _IPV6_ADDRESS, _IPV6_ROUTE)
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_LONGEST: Final = 1 << 16


class RouteEvents:
    """A socket that hears of links, addresses and routes.

    Raises ``NetlinkFailed`` where the kernel has no such thing.
    """

    def __init__(self) -> None:
        try:
            self._socket = _open()
        except OSError as error:
            message = f"netlink: {error.strerror}"
            raise NetlinkFailed(message) from error

    def close(self) -> None:
        """Nothing is heard any more."""
        self._socket.close()

    def forget(self) -> None:
        """What was said until now has no effect on ``heard``."""
        while True:
            try:
                self._socket.recv(_LONGEST, socket.MSG_TRUNC)
            except BlockingIOError:
                return
            except OSError:
                continue  # words were dropped: they are forgotten too

    async def heard(self) -> None:
        """Returns at the next word, or where words were dropped."""
        with suppress(OSError):
            await asyncio.get_running_loop().sock_recv(self._socket, _LONGEST)


def _open() -> socket.socket:
    kinds = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    opened = socket.socket(socket.AF_NETLINK, kinds, 0)
    try:
        opened.bind((0, 0))
        for group in _GROUPS:
            opened.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        with suppress(OSError):  # a kernel before 5.3 has no next hops of their own
            opened.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _NEXT_HOP)
    except OSError:
        opened.close()
        raise
    return opened
