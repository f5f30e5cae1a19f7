"""How are many requests put to the kernel's rtnetlink, and how are its answers read?

One socket, which stays in the network namespace that it was opened in. Many requests travel in one
send; the kernel answers each that it refuses and the last, paired by sequence number.
"""

import os
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from errno import ENOBUFS, ENOENT
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from itertools import islice
from struct import Struct
from threading import Event, Lock
from time import monotonic
from typing import Final

from podroute.host.lock_holders import is_held_by_stranger
from podroute.host.rtnetlink import Refusal, Request

_HEADER: Final = Struct("=IHHII")
_ANSWER: Final = Struct("=IHHIIi")
_CODE: Final = Struct("=i")
_ATTRIBUTE: Final = Struct("=HH")
_TIME: Final = Struct("@ll")

_ERROR: Final = 2
_DONE: Final = 3
_DUMP: Final = 0x300
_INTERRUPTED: Final = 0x10
_HAS_WORDS: Final = 0x200
_ACKNOWLEDGE: Final = 0x004
_WORDS: Final = 1

_SOL_NETLINK: Final = 270
_CAP_ACK: Final = 10  # an answer does not repeat the request
_EXT_ACK: Final = 11  # an answer says in words what was wrong
_STRICT_CHECK: Final = 12  # a list is filtered by the kernel

_NAMESPACE: Final = "/proc/thread-self/ns/net"
_PATIENCE: Final = 30.0  # seconds for which another podroute is waited for
_LOOK_AGAIN: Final = 0.01
_SILENCE: Final = 30  # seconds; the kernel answers at once, or something is badly wrong
_ATTEMPTS: Final = 10
_MAX_SEQUENCE: Final = 0xFFFFFFFF
_LOST: Final = Refusal(ENOBUFS, "the kernel's answer was lost")
_ERROR_HEAD: Final = _HEADER.size + _CODE.size + _HEADER.size


class NetlinkFailed(Exception):  # noqa: N818 -- named for the event, as in the field
    """The kernel could not be asked; the text says why."""


class Interrupted(Exception):  # noqa: N818 -- as above
    """The table changed while it was listed."""


class Netlink:
    """A socket to the routing tables of this network namespace; safe to use from many threads.

    ``batch`` requests go in one send; ``receive_bytes`` must hold their answers; ``patience`` is in
    seconds. Raises ``NetlinkFailed`` where the kernel has no netlink.
    """

    def __init__(
        self, *, batch: int = 128, receive_bytes: int = 1 << 20, patience: float = _PATIENCE
    ) -> None:
        self._patience = patience
        self._batch = batch
        self._lock = Lock()
        self._sequence = 0
        self._buffer = bytearray(1 << 16)
        try:
            self._socket = _open(receive_bytes)
            self._namespace = os.open(_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise NetlinkFailed(_say(error)) from error

    def close(self) -> None:
        """Ends the conversation, after what is under way."""
        with self._lock:
            self._socket.close()
            os.close(self._namespace)

    @contextmanager
    def alone(self) -> Generator[None]:
        """Meanwhile no other podroute is alone in this network namespace.

        Raises:
            NetlinkFailed: somebody else is, for as long as ``patience``; or this one is closed.
        """
        deadline = monotonic() + self._patience
        while not self._take() and not is_held_by_stranger(self._namespace):
            if monotonic() > deadline:
                message = f"another podroute has been changing routes here for {self._patience:g} s"
                raise NetlinkFailed(message)
            Event().wait(_LOOK_AGAIN)
        try:
            yield
        finally:
            flock(self._namespace, LOCK_UN)

    def _take(self) -> bool:
        if self._socket.fileno() < 0:
            message = "the conversation with the kernel has ended"
            raise NetlinkFailed(message)
        try:
            flock(self._namespace, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def read(self, request: Request) -> list[bytes]:
        """The body of each message that answers ``request``: all of them, or none.

        Raises:
            NetlinkFailed: the kernel refused, or its table never held still.
        """
        with self._lock:
            return until_whole(lambda: self._read(request, _DUMP))

    def ask(self, request: Request) -> bytes | Refusal:
        """The body of the one message that answers ``request``, or why there is none."""
        with self._lock:
            try:
                bodies = self._read(request, _ACKNOWLEDGE)
            except OSError as error:
                return Refusal(error.errno or ENOBUFS, _say(error))
        return bodies[0] if bodies else Refusal(ENOENT, "there is no answer")

    def send(self, requests: Iterable[Request]) -> list[Refusal | None]:
        """What the kernel answered to each request; None: it has been carried out."""
        answers: list[Refusal | None] = []
        rest = iter(requests)
        with self._lock:
            while batch := tuple(islice(rest, self._batch)):
                try:
                    answers += self._send(batch)
                except OSError as error:
                    answers += [Refusal(error.errno or ENOBUFS, _say(error))] * len(batch)
        return answers

    def _read(self, request: Request, mode: int) -> list[bytes]:
        self._sequence = sequence = (self._sequence + 1) & _MAX_SEQUENCE
        head = _HEADER.pack(
            _HEADER.size + len(request.body), request.type, request.flags | mode, sequence, 0
        )
        self._socket.send(head + request.body)
        return read_list(self._datagrams(), sequence)

    def _datagrams(self) -> Iterator[bytes]:
        while True:
            size = self._socket.recv_into(self._buffer)
            yield bytes(memoryview(self._buffer)[:size])

    def _send(self, batch: Sequence[Request]) -> list[Refusal | None]:
        first = self._sequence + 1
        last = self._sequence = self._sequence + len(batch)
        pack = _HEADER.pack
        head = _HEADER.size
        messages = [
            pack(head + len(body), kind, flags, number & _MAX_SEQUENCE, 0) + body
            for number, (kind, flags, body) in enumerate(batch, first)
        ]
        kind, flags, body = batch[-1]
        closing = pack(head + len(body), kind, flags | _ACKNOWLEDGE, last & _MAX_SEQUENCE, 0)
        messages[-1] = closing + body
        self._socket.send(b"".join(messages))
        return self._answers(first, len(batch))

    def _answers(self, first: int, count: int) -> list[Refusal | None]:
        """Every refusal is answered, and the last request in any case: silence before it is a yes.

        The kernel has answered before the send returned: what is not there now is lost.
        """
        answers: list[Refusal | None] = [None] * count
        place = -1
        complete = True
        while place != count - 1:
            try:
                size = self._socket.recv_into(self._buffer, 0, socket.MSG_DONTWAIT)
            except OSError as error:
                complete = False
                if error.errno == ENOBUFS:
                    continue
                break
            _, kind, flags, sequence, _, code = _ANSWER.unpack_from(self._buffer)
            answered = (sequence - first) & _MAX_SEQUENCE
            if kind == _ERROR and answered < count:
                place = answered
                answers[place] = _refusal(-code, flags, self._buffer[:size]) if code else None
        return answers if complete else [answer or _LOST for answer in answers]


def _open(receive_bytes: int) -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIME.pack(_SILENCE, 0))
    for option in (_CAP_ACK, _EXT_ACK, _STRICT_CHECK):
        try:
            opened.setsockopt(_SOL_NETLINK, option, 1)
        except OSError:
            continue  # an older kernel: shorter words, longer lists
    opened.bind((0, 0))
    return opened


def until_whole(attempt: Callable[[], list[bytes]]) -> list[bytes]:
    """The first answer that is of one moment.

    Raises:
        NetlinkFailed: the kernel refused, or its table never held still.
    """
    for _ in range(_ATTEMPTS):
        try:
            return attempt()
        except Interrupted:
            continue
        except OSError as error:
            raise NetlinkFailed(_say(error)) from error
    message = f"the kernel's tables changed during each of {_ATTEMPTS} attempts to read them"
    raise NetlinkFailed(message)


def read_list(datagrams: Iterator[bytes], sequence: int) -> list[bytes]:
    """The bodies of all messages up to the end mark; what has another sequence is not for us.

    Raises:
        Interrupted: the kernel says that the list is not of one moment.
        OSError: the kernel refused.
    """
    bodies: list[bytes] = []
    interrupted = False
    for datagram in datagrams:
        for kind, flags, body in _messages(datagram, sequence):
            interrupted |= bool(flags & _INTERRUPTED)
            if kind > _DONE:
                bodies.append(body)
            elif kind in {_ERROR, _DONE}:
                _check(body)
                if interrupted:
                    raise Interrupted
                return bodies
    message = "the list has no end"
    raise OSError(message)


def _messages(datagram: bytes, sequence: int) -> Iterator[tuple[int, int, bytes]]:
    start, end = 0, len(datagram)
    unpack = _HEADER.unpack_from
    while start + 16 <= end:
        length, kind, flags, number, _ = unpack(datagram, start)
        if length < 16:  # noqa: PLR2004 -- its own header
            return
        if number == sequence:
            yield kind, flags, datagram[start + 16 : start + length]
        start += (length + 3) & ~3


def _check(body: bytes) -> None:
    code = -_CODE.unpack_from(body)[0] if body else 0
    if code and code != ENOENT:  # no such table: it has no routes
        raise OSError(code, os.strerror(code))


def _refusal(code: int, flags: int, answer: bytearray) -> Refusal:
    words = _extended_words(answer) if flags & _HAS_WORDS else ""
    return Refusal(code, words or os.strerror(code))


def _extended_words(answer: bytearray) -> str:
    start = _ERROR_HEAD
    while start + 4 <= len(answer):
        length, kind = _ATTRIBUTE.unpack_from(answer, start)
        if kind == _WORDS:
            return answer[start + 4 : start + length].rstrip(b"\0").decode(errors="replace")
        start += max((length + 3) & ~3, 4)
    return ""


def _say(error: OSError) -> str:
    return f"netlink: {error.strerror or error}"
