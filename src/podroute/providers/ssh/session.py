"""Logs in at a router and runs programs there: the only place with asyncssh.

Host keys are always verified. One connection is kept; a lost one is made anew by the next call.
"""

import asyncio
import logging
import os
import shlex
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple

import asyncssh
from asyncssh import SSHClientConnection, SSHClientProcess, SSHReader

from podroute.observe.escape import escaped
from podroute.providers.ssh.credentials import Credentials
from podroute.providers.ssh.failures import (
    SshFailed,
    no_session,
    no_way,
    not_trusted,
    otherwise,
    refused,
    said,
    unusable,
)
from podroute.providers.ssh.settings import Place, SshOptions

_CHUNK: Final = 1 << 16
_MOST: Final = 1 << 28  # bytes in a line, and from a program; a million routes
_LONGEST_WORDS: Final = 500  # characters of what a program complains about
_SILENT: Final = 2  # unanswered signs of life
_END: Final = 2.0  # seconds for a program to say why it has ended

asyncssh.set_log_level(logging.CRITICAL)  # what goes wrong is in the exceptions


class Output(NamedTuple):
    """How a program has ended, and all that it has printed."""

    status: int
    out: bytes
    err: bytes


class Dialogue:
    """A program on the router that is told lines and answers in lines."""

    def __init__(self, process: SSHClientProcess[bytes], place: Place) -> None:
        self._process = process
        self._place = place
        self._rest = bytearray()

    async def tell(self, line: bytes) -> None:
        """Sends ``line``.

        Raises:
            SshFailed: nobody listens any more.
        """
        try:
            self._process.stdin.write(line + b"\n")
            await self._process.stdin.drain()
        except (asyncssh.Error, OSError) as error:
            raise SshFailed(await self._end()) from error

    async def line(self) -> bytes:
        """The next line that it has said.

        Raises:
            SshFailed: it has ended, or the connection has.
        """
        searched = 0
        while (end := self._rest.find(b"\n", searched)) < 0:
            searched = len(self._rest)
            chunk = await self._read()
            if not chunk or searched > _MOST:
                raise SshFailed(await self._end())
            self._rest += chunk
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return line

    def close(self) -> None:
        """It has nothing to do any more."""
        self._process.close()

    async def _read(self) -> bytes:
        try:
            return await self._process.stdout.read(_CHUNK)
        except (asyncssh.Error, OSError):
            return b""

    async def _end(self) -> str:
        """Why it says no more."""
        try:
            async with asyncio.timeout(_END):
                told = said(await self._process.stderr.read())
                await self._process.wait_closed()
        except (TimeoutError, asyncssh.Error, OSError):
            told = ""
        status = self._process.exit_status
        if status is None or status < 0:
            return f"{self._place}: the connection was lost"
        words = escaped(" ".join((told or said(self._rest)).split()), _LONGEST_WORDS)
        ended = f"the program there ended with status {status}"
        return f"{self._place}: {ended}: {words or 'without a word'}"


class SshSession:
    """One router; not for several loops at once."""

    def __init__(self, options: SshOptions, credentials: Credentials) -> None:
        self._options = options
        self._credentials = credentials
        self._connecting = asyncio.Lock()
        self._way: list[SSHClientConnection] = []

    def close(self) -> None:
        """Logs out, at once."""
        for connection in reversed(self._way):
            connection.abort()
        self._way = []

    async def reach(self) -> None:
        """Logs in, where nobody is.

        Raises:
            SshFailed: nobody can.
        """
        await self._connected()

    async def dialogue(self, command: Sequence[str]) -> Dialogue:
        """Starts ``command``.

        Raises:
            SshFailed: it cannot be started.
        """
        connection = await self._connected()
        async with self._explained(self._options.place):
            process = await _begun(connection.create_process(shlex.join(command), encoding=None))
            return Dialogue(process, self._options.place)

    async def run(self, command: Sequence[str], text: str = "") -> Output:
        """Runs ``command`` to its end; ``text`` is its standard input, which ends there.

        Raises:
            SshFailed: nobody knows how it has ended.
        """
        connection = await self._connected()
        async with self._explained(self._options.place):
            process = await _begun(
                connection.create_process(
                    shlex.join(command),
                    input=text.encode(),
                    stdin=asyncssh.PIPE if text else asyncssh.DEVNULL,
                    encoding=None,
                )
            )
            try:
                streams = process.stdout, process.stderr
                out, err = await asyncio.gather(*(_whole(process, one) for one in streams))
                await process.wait_closed()
            finally:  # a router has few places for programs: who stops waiting gives it back
                process.close()
            if max(len(out), len(err)) > _MOST:
                message = f"{self._options.place}: {command[0]} printed more than {_MOST >> 20} MiB"
                raise SshFailed(message)
            if process.exit_status is None or process.exit_status < 0:
                message = f"{self._options.place}: the connection was lost"
                raise SshFailed(message)
            return Output(process.exit_status, out, err)

    async def _connected(self) -> SSHClientConnection:
        async with self._connecting:
            whole = len(self._way) == len(self._options.way)
            if not whole or any(one.is_closed() for one in self._way):
                self.close()
                for place in self._options.way:
                    await self._log_in(place)
            return self._way[-1]

    async def _log_in(self, place: Place) -> None:
        async with self._explained(place):
            try:
                connection = await asyncssh.connect(
                    place.host,
                    place.port,
                    username=place.user,
                    tunnel=self._way[-1] if self._way else (),
                    config=None,
                    **self._credentials.arguments(),
                    gss_auth=False,
                    gss_kex=False,
                    kbdint_auth=False,
                    host_based_auth=False,
                    login_timeout=self._options.timeout,
                    keepalive_interval=self._options.timeout / (_SILENT + 1),
                    keepalive_count_max=_SILENT,
                )
            except asyncssh.ChannelOpenError as error:  # of the host to go through
                jump = self._options.way[0]
                raise SshFailed(no_way(place, jump, error.reason)) from error
            self._way.append(connection)

    @asynccontextmanager
    async def _explained(self, place: Place) -> AsyncGenerator[None]:
        """Every way to fail is one exception, and ends within the time."""
        seconds = self._options.timeout
        try:
            async with asyncio.timeout(seconds):
                yield
        except SshFailed:
            raise
        except TimeoutError as error:
            self.close()
            message = f"{place}: no answer within {seconds:g} s"
            raise SshFailed(message) from error
        except asyncssh.HostKeyNotVerifiable as error:
            shown = await self._offered_key(place)
            raise SshFailed(not_trusted(place, self._credentials.known_hosts, shown)) from error
        except asyncssh.PermissionDenied as error:
            means, password = self._credentials.means, self._credentials.password
            words = refused(place, means, by_password=password is not None)
            raise SshFailed(words) from error
        except asyncssh.ChannelOpenError as error:
            raise SshFailed(no_session(place, error.reason)) from error
        except (asyncssh.Error, OSError, ValueError) as error:
            raise SshFailed(otherwise(place, _words(error, self._credentials))) from error

    async def _offered_key(self, place: Place) -> str:
        """The fingerprint of the key that is there now, for people."""
        try:
            async with asyncio.timeout(self._options.timeout):
                key = await asyncssh.get_server_host_key(
                    place.host,
                    place.port,
                    tunnel=self._way[-1] if self._way else (),
                    config=None,
                )
        except (TimeoutError, asyncssh.Error, OSError):
            return ""
        return key.get_fingerprint() if key else ""


async def _begun(
    beginning: Awaitable[SSHClientProcess[bytes]],
) -> SSHClientProcess[bytes]:
    """Who stops waiting for it to begin gives its place back as well, once it has one."""
    process = asyncio.ensure_future(beginning)
    try:
        return await asyncio.shield(process)
    except asyncio.CancelledError:
        process.add_done_callback(_end)
        raise


async def _whole(process: SSHClientProcess[bytes], stream: SSHReader[bytes]) -> bytes:
    """All that comes; a program that prints without end is ended."""
    printed = bytearray()
    with suppress(asyncssh.Error, OSError):  # of a connection that is lost, as its status tells
        while len(printed) <= _MOST and (chunk := await stream.read(_CHUNK)):
            printed += chunk
    if len(printed) > _MOST:
        process.close()
    return bytes(printed)


def _end(process: asyncio.Future[SSHClientProcess[bytes]]) -> None:
    if not process.cancelled() and process.exception() is None:
        process.result().close()


def _words(error: Exception, credentials: Credentials) -> str:
    """Those of the system, where it is one of its errors: asyncio has its own for some."""
    if isinstance(error, asyncssh.KeyImportError | asyncssh.KeyEncryptionError):
        return unusable(credentials.means, str(error))
    if isinstance(error, OSError) and error.filename:  # of a file of ours: it was there before
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and (error.errno or 0) > 0:
        return f"{os.strerror(error.errno or 0)}; is sshd running there?"
    words = str(error) or type(error).__name__
    return f"{credentials.known_hosts}: {words}" if "known hosts" in words else words
