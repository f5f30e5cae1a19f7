"""Waiting in an event loop for what a test cannot be told."""

import asyncio
from collections.abc import Callable


async def until(true: Callable[[], object], within: float = 30.0) -> None:
    """Lets the loop go on until then; ``within`` is in seconds.

    Raises:
        TimeoutError: it never came true.
    """
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 -- the condition is of any kind
            await asyncio.sleep(0.001)
