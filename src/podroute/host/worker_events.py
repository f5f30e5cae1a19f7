"""When may something of a worker's network have changed? The kernel says so.

As with routes, what has changed is not read out of it: any word means, look again. Of nftables only
words about our own tables count, since kube-proxy writes all the time; of routes only that one of
the kernel's is gone, since a routing daemon does.
"""

import asyncio
import ctypes
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from errno import EMFILE, ENOSPC
from pathlib import Path
from struct import Struct
from typing import Final

from podroute.bridge.desired import OURS
from podroute.host.files import is_draft
from podroute.host.netlink import NetlinkFailed

_ROUTING: Final = 0
_NETFILTER: Final = 12
_LINKS: Final = (1, 5, 9, 24, 25)  # links, addresses, and the settings of links, of both families
_ROUTES: Final = (7, 11)
_TABLES: Final = (7,)  # nftables
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_LONGEST: Final = 1 << 16
_IN_CHANGED: Final = 0x2 | 0x40 | 0x80 | 0x100 | 0x200 | 0x8  # written, moved, made, removed
_IN_ITSELF: Final = 0x400 | 0x800  # the folder: removed, moved
_IN_EVENT: Final = Struct("=iIII")  # the last is the length of the name that follows
_IN_FLAGS: Final = os.O_NONBLOCK | os.O_CLOEXEC
_TOO_MANY: Final = {
    EMFILE: "sysctl -w fs.inotify.max_user_instances=1024",
    ENOSPC: "sysctl -w fs.inotify.max_user_watches=524288",
}
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NAME: Final = OURS.encode() + b"\0"
_ATTACH_FILTER: Final = 26
_FILTER: Final = Struct("=HBBI")  # an instruction of the kernel's packet filter
_FILTERS: Final = Struct("@HP")
_LOAD_BYTE: Final = 0x30
_UNLESS_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_WANTED: Final = (  # bytes of a word about a route, behind its header of 16
    (4, (25).to_bytes(2, sys.byteorder)[0]),  # it is gone
    (5, (25).to_bytes(2, sys.byteorder)[1]),
    (16 + 4, 254),  # out of the main table
    (16 + 5, 2),  # the kernel had made it
)


class WorkerEvents:
    """Sockets that hear of links, addresses, settings, our tables and files in ``folders``.

    Raises ``NetlinkFailed`` where the kernel has no such thing.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._changed = asyncio.Event()
        self._folders = tuple(folders)
        self._sockets: list[socket.socket] = []
        self._files = -1
        try:
            self._sockets.append(_listening(_ROUTING, _LINKS))
            self._sockets.append(_listening(_ROUTING, _ROUTES, _lost_routes()))
            self._tables = _listening(_NETFILTER, _TABLES)
            self._sockets.append(self._tables)
        except OSError as error:
            self.close()
            message = f"netlink: {error.strerror}"
            raise NetlinkFailed(message) from error
        loop = asyncio.get_running_loop()
        for one in self._sockets:
            loop.add_reader(one.fileno(), self._hear, one)

    def close(self) -> None:
        """Nothing is heard any more."""
        loop = asyncio.get_running_loop()
        for one in self._sockets:
            loop.remove_reader(one.fileno())
            one.close()
        if self._files >= 0:
            loop.remove_reader(self._files)
            os.close(self._files)

    def listen(self) -> str:
        """From now on also to folders that were not there before.

        Why some are not heard of, and what to do; "" where all are that are there.
        """
        try:
            self._open()
            for folder in self._folders:
                _watch(self._files, folder)
        except OSError as error:
            hint = _TOO_MANY.get(error.errno or 0, "inotify(7) says more")
            return f"files that change are seen at each period: {error.strerror}; {hint}"
        return ""

    def _open(self) -> None:
        if self._files < 0:
            self._files = _watching()
            asyncio.get_running_loop().add_reader(self._files, self._hear_files)

    @property
    def changed(self) -> asyncio.Event:
        """Set at each word; who looks clears it first."""
        return self._changed

    def _hear(self, speaking: socket.socket) -> None:
        while True:
            try:
                said = speaking.recv(_LONGEST)
            except BlockingIOError:
                return
            except OSError:
                self._changed.set()  # words were dropped
                continue
            if speaking is not self._tables or _NAME in said:
                self._changed.set()

    def _hear_files(self) -> None:
        with suppress(BlockingIOError):
            while said := os.read(self._files, _LONGEST):
                if is_news(said):
                    self._changed.set()


def is_news(said: bytes) -> bool:
    """Whether inotify tells of more than drafts, which leave no file where there is no room.

    A word without a name is of a folder, or of words that were dropped.
    """
    start = 0
    while start + _IN_EVENT.size <= len(said):
        length = _IN_EVENT.unpack_from(said, start)[3]
        start += _IN_EVENT.size
        if not is_draft(os.fsdecode(said[start : start + length].rstrip(b"\0"))):
            return True
        start += length
    return False


def _listening(protocol: int, groups: Iterable[int], heard: bytes = b"") -> socket.socket:
    """All that is said to ``groups``, or what passes the packet filter ``heard``."""
    kinds = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    opened = socket.socket(socket.AF_NETLINK, kinds, protocol)
    try:
        if heard:
            _attach(opened, heard)
        opened.bind((0, 0))
        for group in groups:
            opened.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
    except OSError:
        opened.close()
        raise
    return opened


def _lost_routes() -> bytes:
    """Nobody is woken by any other route."""
    last = 2 * len(_WANTED) + 1
    steps = b"".join(
        _FILTER.pack(_LOAD_BYTE, 0, 0, place)
        + _FILTER.pack(_UNLESS_EQUAL, 0, last - 2 * number - 2, value)
        for number, (place, value) in enumerate(_WANTED)
    )
    return steps + _FILTER.pack(_RETURN, 0, 0, _LONGEST) + _FILTER.pack(_RETURN, 0, 0, 0)


def _attach(listening: socket.socket, steps: bytes) -> None:
    kept = ctypes.create_string_buffer(steps, len(steps))
    program = _FILTERS.pack(len(steps) // _FILTER.size, ctypes.addressof(kept))
    listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def _watching() -> int:
    """A handle that can be read when a file in one of its folders is another."""
    handle: int = _LIBC.inotify_init1(_IN_FLAGS)
    if handle < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return handle


def _watch(handle: int, folder: Path) -> None:
    """Nothing where there is none."""
    number = _LIBC.inotify_add_watch(handle, os.fsencode(folder), _IN_CHANGED | _IN_ITSELF)
    if number < 0 and ctypes.get_errno() in _TOO_MANY:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
