"""Waiting for what a test cannot be told."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event


async def until(true: Callable[[], object], within: float = 30.0) -> None:
    """Lets the loop go on until then; ``within`` is in seconds.

    Raises:
        TimeoutError: it never came true.
    """
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.001)


def asleep(pid: int, within: float = 30.0) -> None:
    """Until the main thread of this process waits; ``within`` is in seconds.

    Python looks for signals between two of its instructions: one that comes just before a read
    begins is heard of at its end only.
    """
    deadline, pause = time.monotonic() + within, Event()
    while state_of(pid) != "S":
        assert time.monotonic() < deadline, "it is always at work"
        pause.wait(0.001)


def state_of(pid: int) -> str:
    """As ``ps`` has it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
