"""How much may be asked of a router at this moment? Pure.

As fast as its limits say; half as fast whenever it asks for less, and then faster bit by bit.
"""

from typing import Final

from podroute.providers.interface import Limits

_SLOWEST: Final = 1 / 64
_FASTER: Final = 1 / 32  # with each call that is answered
_ONCE: Final = 1.0  # seconds: calls that were under way together are throttled together
_ROUNDING: Final = 1e-3  # of a change: what moments add up to is not exact


class Pace:
    """Moments are seconds of one clock; ``at_once``: no more calls, whatever the router takes."""

    def __init__(self, limits: Limits, at_once: int | None = None) -> None:
        self._limits = limits
        self._at_once = min(limits.at_once, at_once or limits.at_once)
        self._speed = 1.0
        self._slowed = float("-inf")
        self._closed_until = float("-inf")
        self._tokens = float(limits.burst)
        self._counted = 0.0
        self._gathering = False  # the burst is used up: there may be more to send

    def room(self, calls: int, now: float) -> int:
        """How many changes one more call may carry, where ``calls`` are under way."""
        if now < self._closed_until or calls >= max(1, int(self._at_once * self._speed)):
            return 0
        if not self._limits.rate:
            return self._limits.batch
        self._count(now)
        tokens = self._tokens + _ROUNDING
        return min(self._limits.batch, int(tokens)) if tokens >= self._enough() else 0

    def spend(self, changes: int) -> None:
        """So many are sent."""
        self._tokens -= changes
        if changes:
            self._gathering = self._tokens < 1

    def _enough(self) -> int:
        """So many changes are worth a call."""
        if not self._gathering:
            return 1
        limits = self._limits
        gathered = int(limits.rate * self._speed * limits.gather)
        return max(1, min(limits.batch, limits.burst, gathered))

    def next_moment(self, now: float) -> float:
        """When there is room again, as far as that depends on time."""
        if now < self._closed_until:
            return self._closed_until
        if not self._limits.rate:
            return now
        self._count(now)
        lacking = max(0.0, self._enough() - self._tokens)
        return now + lacking / (self._limits.rate * self._speed)

    def slower(self, after: float, now: float) -> float:
        """The router asks for less, and for nothing before ``after`` seconds: how long that is."""
        if now - self._slowed >= _ONCE:
            self._slowed = now
            self._speed = max(_SLOWEST, self._speed / 2)
        self._closed_until = max(self._closed_until, now + max(after, _ONCE))
        return self._closed_until - now

    def answered(self) -> None:
        """It took what was sent."""
        self._speed = min(1.0, self._speed + _FASTER)

    def _count(self, now: float) -> None:
        gained = (now - self._counted) * self._limits.rate * self._speed
        self._tokens = min(float(self._limits.burst), self._tokens + gained)
        self._counted = now
