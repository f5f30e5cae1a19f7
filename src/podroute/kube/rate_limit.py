"""So many requests a second, as ``--kube-api-qps`` and ``--kube-api-burst`` mean it."""

import asyncio
from collections.abc import Callable
from time import monotonic


class RateLimit:
    """A token bucket: ``qps`` on average, ``burst`` after a pause; no limit where ``qps`` is 0."""

    def __init__(self, qps: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self._qps = qps
        self._burst = max(1, burst)
        self._clock = clock
        self._free_at = clock() - self._burst / qps if qps > 0 else 0.0

    async def turn(self) -> None:
        """Returns when it is the caller's turn, in the order of the calls."""
        if self._qps <= 0:
            return
        now = self._clock()
        self._free_at = max(self._free_at, now - self._burst / self._qps) + 1 / self._qps
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)


UNLIMITED = RateLimit(0, 0)
