"""How is an event waited for, but not longer than so long?"""

import asyncio
from contextlib import suppress


async def within(seconds: float | None, event: asyncio.Event) -> None:
    """Returns when ``event`` is set, or after ``seconds``; None: never before."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
