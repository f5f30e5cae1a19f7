"""Which removals were let through, and when, in a text for the next leader. Pure.

``MINUTE:COUNT`` are those that are done, ``MINUTE@CIDR`` one that may still be under way; a minute
is its beginning in Unix seconds. Moments elsewhere are seconds of the loop's own clock; ``ahead``
is by how much Unix time is ahead of it.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from math import ceil
from typing import Final, TypeAlias

from podroute.model.cidr import Bounds, bounds, cidr_within, parse_cidr
from podroute.routing.guardrails import LATELY

Passed: TypeAlias = tuple[float, int]
"""A moment, and how many were let through then."""

NAMED: Final = 100  # more are only counted: the text is written every other second
_MINUTE: Final = 60
_NAME: Final = "router="
_ROUNDING: Final = 1.0  # seconds, by which two readings of both clocks may differ


@dataclass(frozen=True, slots=True)
class Lately:
    """``done`` are counted whatever comes; ``under_way`` once, though they are wanted again."""

    done: tuple[Passed, ...] = ()
    under_way: Mapping[Bounds, float] = field(default_factory=dict[Bounds, float])


def spelled(lately: Lately, ahead: float) -> str:
    """The text; "" where nothing was let through."""
    minutes = Counter[int]()
    for moment, count in lately.done:
        minutes[_minute(moment + ahead)] += count
    under_way = iter(sorted(lately.under_way.items()))
    named = [
        f"{_minute(moment + ahead)}@{cidr_within(block)}"
        for block, moment in islice(under_way, NAMED)
    ]
    for _, moment in under_way:
        minutes[_minute(moment + ahead)] += 1
    return " ".join([*(f"{minute}:{count}" for minute, count in sorted(minutes.items())), *named])


def understood(text: str, ahead: float, now: float) -> Lately:
    """What of it still counts ``now``; anybody may have edited it, so the rest is passed over.

    A minute counts to its end. Another machine's clock may be ahead: nothing is later than now.
    """
    done: list[Passed] = []
    under_way: dict[Bounds, float] = {}
    for minute, what in _entries(text):
        moment = min(now, minute + _MINUTE - ahead)
        if now < moment + LATELY:
            if isinstance(what, int):
                done.append((moment, what))
            else:
                under_way[what] = moment
    return Lately(tuple(done), under_way)


def by_router(text: str) -> Mapping[str, str]:
    """The parts of a text about several routers, by name; ``router=NAME`` begins each.

    What comes before the first name is under "": one who knew only one router has written it.
    """
    parts: dict[str, list[str]] = {"": []}
    router = ""
    for entry in text.split():
        if entry.startswith(_NAME):
            router = entry.removeprefix(_NAME)
        else:
            parts.setdefault(router, []).append(entry)
    return {name: " ".join(entries) for name, entries in parts.items()}


def of_others(text: str, known: Container[str], ahead: float, now: float) -> Mapping[str, str]:
    """What still counts ``now`` at routers that are not ``known``, by name: one may be back."""
    parts = by_router(text)
    return {
        name: spelled(understood(f"{parts['']} {part}", ahead, now), ahead)
        for name, part in parts.items()
        if name and name not in known
    }


def together(texts: Mapping[str, str]) -> str:
    """One text about several routers; "" where nothing was let through at any."""
    return " ".join(f"{_NAME}{router} {text}" for router, text in texts.items() if text)


def _minute(unix: float) -> int:
    """The one that ends then or after, so that what is handed on and on does not grow younger."""
    return (ceil((unix - _ROUNDING) / _MINUTE) - 1) * _MINUTE


def _entries(text: str) -> Iterator[tuple[int, int | Bounds]]:
    for entry in text.split():
        minute, sign, rest = entry.partition("@" if "@" in entry else ":")
        if not _is_number(minute):
            continue
        if sign == ":" and _is_number(rest):
            yield int(minute), int(rest)
        elif sign == "@":
            try:
                yield int(minute), bounds(parse_cidr(rest))
            except ValueError:
                continue


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < len(str(1 << 63))
