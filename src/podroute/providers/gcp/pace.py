"""How fast may requests be sent, so that the API does not begin to refuse them?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

AT_ONCE: Final = 16  # changes under way, and as many other requests


class Pace:
    """Lets ``burst`` changes go at once and then ``rate`` each second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._counted = 0.0
        self._places = asyncio.Semaphore(2 * AT_ONCE)

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """One of the requests under way."""
        async with self._places:
            yield

    async def turn(self) -> None:
        """Returns when one more change may go."""
        now = asyncio.get_running_loop().time()
        self._left = min(self._burst, self._left + (now - self._counted) * self._rate)
        self._counted = now
        self._left -= 1
        if self._left < 0:
            await asyncio.sleep(-self._left / self._rate)
