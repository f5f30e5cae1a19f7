"""Where programs of a router run: here, or behind SSH."""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from signal import SIGKILL
from typing import Final, NamedTuple, Protocol

from podroute.observe.escape import escaped
from podroute.providers.interface import InvalidOption, ProviderUnreachable
from podroute.providers.ssh.settings import SshOptions

_LONGEST: Final = 500  # characters of what a program complains about
_FAREWELL: Final = 2.0  # seconds


class Ran(NamedTuple):
    """How a program has ended."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """What it says, in one line, or that it says nothing."""
        return self._told(f"{self.out}\n{self.err}")

    @property
    def last_words(self) -> str:
        """The same, without what it was asked for."""
        return self._told(self.err)

    def _told(self, text: str) -> str:
        told = escaped(" ".join(text.split()), _LONGEST)
        return told or f"it ended with status {self.status} without a word"


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
    """Programs of this machine: ``engine`` is what is asked, ``option`` says how."""

    def __init__(self, engine: str, option: str, timeout: float) -> None:
        self.where = f"{engine} here"
        self._hint = f"is {engine} installed? see option {option}"
        self._timeout = timeout

    async def run(self, command: Sequence[str], text: str) -> Ran:
        try:
            started = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
            )
        except OSError as error:
            message = f"{command[0]}: {error.strerror}: {self._hint}"
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


@contextmanager
def shell_of(options: SshOptions, provider: str, here: ShellHere) -> Generator[Shell]:
    """``here``, or that of the router which ``options`` name.

    Raises:
        InvalidOption: the way there is not installed, or we have no credentials for it.
    """
    if not options.router:
        yield here
        return
    try:
        from podroute.providers.ssh.elsewhere import shell_there  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        message = (
            f"provider {provider} with a router elsewhere needs asyncssh: "
            f"pip install 'podroute[{provider}]'"
        )
        raise InvalidOption(message) from error
    with shell_there(options) as shell:
        yield shell


_: type[Shell] = ShellHere
