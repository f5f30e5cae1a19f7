"""A process that prints an answer, ended as soon as it prints more than any answer has."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from typing_extensions import override

from podroute.kube.bounded import TooLarge

LARGEST: Final = 1 << 20  # bytes of each output; a token or a pair of PEMs has a few thousand


class Ended(NamedTuple):
    """What is left of a process."""

    status: int
    output: bytes
    complaint: bytes


@dataclass(frozen=True, slots=True)
class Child:
    """A command before it is started."""

    command: Sequence[str]
    environment: Mapping[str, str]
    interactive: bool  # it talks to our terminal

    async def run(self) -> Ended:
        """What it says to its end.

        Raises:
            OSError: it cannot be started.
            TooLarge: it prints more than LARGEST, and was killed.
        """
        transport, heard = await asyncio.get_running_loop().subprocess_exec(
            _Heard,
            *self.command,
            env=self.environment,
            stdin=None if self.interactive else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=None if self.interactive else asyncio.subprocess.PIPE,
        )
        try:
            await heard.over.wait()
        finally:
            transport.close()  # kills it where it still runs, and reads no more of its children
            await heard.gone.wait()
        if heard.is_too_much:
            message = f"printed more than {LARGEST >> 20} MiB"
            raise TooLarge(message)
        return Ended(transport.get_returncode() or 0, bytes(heard.output), bytes(heard.complaint))


class _Heard(asyncio.SubprocessProtocol):
    """What it has said up to now."""

    def __init__(self) -> None:
        self.output = bytearray()
        self.complaint = bytearray()
        self.over = asyncio.Event()
        self.gone = asyncio.Event()

    @property
    def is_too_much(self) -> bool:
        return max(len(self.output), len(self.complaint)) > LARGEST

    @override
    def pipe_data_received(self, fd: int, data: bytes) -> None:
        said = self.output if fd == 1 else self.complaint
        said += data
        if self.is_too_much:
            self.over.set()

    @override
    def process_exited(self) -> None:
        self.gone.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set()
