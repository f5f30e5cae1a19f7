"""How many removals were let through, and when, in a text for the next leader. Pure.

The text is a list of ``MOMENT:COUNT``, in Unix seconds, one entry a minute. Moments elsewhere are
seconds of the loop's own clock; ``ahead`` is by how much Unix time is ahead of it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from podroute.routing.guardrails import LATELY

Passed: TypeAlias = tuple[float, int]
"""A moment, and how many were let through then."""

MINUTE: Final = 60


def spelled(passed: Iterable[Passed], ahead: float) -> str:
    """The text; "" where nothing was let through."""
    minutes = Counter[int]()
    for moment, count in passed:
        minutes[int((moment + ahead) // MINUTE) * MINUTE] += count
    return " ".join(f"{minute}:{count}" for minute, count in sorted(minutes.items()))


def understood(text: str, ahead: float, now: float) -> Sequence[Passed]:
    """What of it still counts ``now``; anybody may have edited it, so the rest is passed over.

    A minute counts to its end. Another machine's clock may be ahead: nothing is later than now.
    """
    found: list[Passed] = []
    for entry in text.split():
        minute, _, count = entry.partition(":")
        if not (_is_number(minute) and _is_number(count)):
            continue
        moment = min(now, int(minute) + MINUTE - ahead)
        if now - moment < LATELY:
            found.append((moment, int(count)))
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < len(str(1 << 63))
