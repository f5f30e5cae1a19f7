"""What is worth doing now and then, however often it could be."""

from collections.abc import Callable
from math import inf
from time import monotonic


class Rarely:
    """Once in each ``period``, in seconds."""

    def __init__(self, period: float, clock: Callable[[], float] = monotonic) -> None:
        self._period = period
        self._clock = clock
        self._last = -inf

    def is_time(self) -> bool:
        """And not again before the period has passed."""
        now = self._clock()
        if now - self._last < self._period:
            return False
        self._last = now
        return True
