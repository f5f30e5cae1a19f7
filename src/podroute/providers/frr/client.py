"""Runs vtysh, here or on a router, and decides nothing."""

import asyncio
import os
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Sequence
from contextlib import suppress
from signal import SIGKILL
from typing import Final, NamedTuple, Protocol

from podroute.observe.escape import escaped
from podroute.providers.frr.answers import Answers, answers_in, questions
from podroute.providers.frr.changes import Statics
from podroute.providers.frr.checks import FORWARDING, forwarded_in
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.interface import ProviderUnreachable

_LONGEST: Final = 500  # characters of what vtysh complains about
_SAVED: Final = re.compile(r"onfiguration saved to (/\S+)$", re.MULTILINE)
_FAREWELL: Final = 2.0  # seconds
_SCRIPT: Final = ("-f", "/dev/stdin")


class Ran(NamedTuple):
    """How a program has ended."""

    status: int
    out: str
    err: str


class Shell(Protocol):
    """Where programs run."""

    where: str  # for people

    async def run(self, command: Sequence[str], text: str) -> Ran:
        """Runs ``command`` to its end; ``text`` is its standard input.

        Raises:
            ProviderUnreachable: nobody knows how it has ended.
        """
        ...


class ShellHere:
    """The shell of this machine."""

    def __init__(self, timeout: float) -> None:
        self.where = "FRRouting here"
        self._timeout = timeout

    async def run(self, command: Sequence[str], text: str) -> Ran:
        try:
            started = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
            )
        except OSError as error:
            message = f"{command[0]}: {error.strerror}: is FRRouting installed? see option vtysh"
            raise ProviderUnreachable(message) from error
        try:
            async with asyncio.timeout(self._timeout):
                out, err = await started.communicate(text.encode())
        except TimeoutError as error:
            message = f"{self.where}: no answer within {self._timeout:g} s"
            raise ProviderUnreachable(message) from error
        finally:
            await _end(started)
        return Ran(started.returncode or 0, _text(out), _text(err))


class Vtysh:
    """FRRouting's shell, wherever it runs."""

    def __init__(self, shell: Shell, options: FrrOptions) -> None:
        self._shell = shell
        self._options = options

    async def read(self) -> Answers:
        """All that is there.

        Raises:
            ProviderUnreachable: FRRouting did not answer in full.
        """
        asked = [word for one in questions(self._options) for word in ("-c", one)]
        ran = await self._shell.run((*self._options.command, *asked), "")
        if ran.status:
            message = f"{self._shell.where}: {_complaint(ran)}"
            raise ProviderUnreachable(message)
        try:
            return answers_in(ran.out, self._options)
        except ValueError as error:
            message = f"{self._shell.where}: {error} {escaped(ran.err, _LONGEST)}".rstrip()
            raise ProviderUnreachable(message) from error

    async def forwarded(self) -> Collection[str]:
        """Whose packets it forwards, of ``ip`` and ``ipv6``.

        Raises:
            ProviderUnreachable: FRRouting did not say.
        """
        asked = [word for one in FORWARDING for word in ("-c", one)]
        ran = await self._shell.run((*self._options.command, *asked), "")
        try:
            return forwarded_in(ran.out)
        except ValueError as error:
            message = (
                f"{self._shell.where}: {escaped(str(error), _LONGEST)} {escaped(ran.err, _LONGEST)}"
            )
            raise ProviderUnreachable(message.rstrip()) from error

    async def configure(self, lines: Sequence[str]) -> str:
        """What it says about ``lines``; it may say something where all is well too.

        Raises:
            ProviderUnreachable: nobody knows what has become of them.
        """
        text = "".join(f"{line}\n" for line in lines)
        ran = await self._shell.run((*self._options.command, *_SCRIPT), text)
        return _complaint(ran)

    async def save(self, statics: Statics) -> str:
        """Writes the running configuration, and looks; what is wrong where it is not written.

        On a full disk FRRouting says that it has, and leaves an empty file.

        Raises:
            ProviderUnreachable: nobody knows.
        """
        ran = await self._shell.run((*self._options.command, "-c", "write memory"), "")
        files = _SAVED.findall(ran.out)
        if ran.status or not files:
            return _complaint(ran)
        found = await self._shell.run(("cat", "--", *files), "")
        if found.status:
            return f"it cannot be read back: {_complaint(found)}"
        if statics.are_in(found.out, self._options):
            return ""
        return f"{', '.join(files)} does not have it: is the disk full? the former ends in .sav"


def _complaint(ran: Ran) -> str:
    words = " ".join(f"{ran.out}\n{ran.err}".split())
    return escaped(words, _LONGEST) or f"it ended with status {ran.status} without a word"


def _text(output: bytes) -> str:
    return output.decode(errors="replace")


async def _end(process: Process) -> None:
    """Nothing of it is left, however it was started."""
    if process.returncode is None:
        with suppress(OSError):
            os.killpg(process.pid, SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await process.communicate()


_: type[Shell] = ShellHere
