"""podroute on-router: the kernel's routes of this machine for a podroute elsewhere."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from podroute.cli.failure import Exit, Failure, innermost
from podroute.cli.options import Router
from podroute.cli.reading import open_router
from podroute.config.file import ConfigError
from podroute.config.on_router import read_on_router
from podroute.providers.linux.allowed import Allowed
from podroute.providers.linux.messages import LONGEST_REQUEST, SPEECH, Hello
from podroute.providers.linux.on_router import Desk
from podroute.providers.linux.settings import LinuxOptions

USUAL: Final = Path("/etc/podroute/on-router.yaml")


def on_router(*, config: Path = USUAL) -> None:
    """Answer a podroute elsewhere (provider linux-ssh), within what this router allows.

    It reads requests from standard input until that ends; sshd starts it.

    Parameters
    ----------
    config
        The file that says to which destinations and next hops routes may be changed.
    """
    try:
        allowed, options = read_on_router(config)
    except ConfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a read of standard input would go on
    try:
        asyncio.run(_serve(allowed, options))
    except ExceptionGroup as group:
        raise innermost(group) from None


async def _serve(allowed: Allowed, options: LinuxOptions) -> None:
    texts = tuple(f"{key}={value}" for key, value in msgspec.structs.asdict(options).items())
    async with open_router(Router("linux", texts)) as provider:
        desk = Desk(provider, options, allowed, _say)
        await desk.serve(Hello(SPEECH, version("podroute")), _lines())


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


async def _lines() -> AsyncGenerator[bytes]:
    """In a thread: sshd gives one socket for both directions, which must stay blocking."""
    while line := await asyncio.to_thread(sys.stdin.buffer.readline, LONGEST_REQUEST):
        yield line
