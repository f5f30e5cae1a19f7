"""Times as Kubernetes' flags take them: ``15s``, ``1m30s``, ``500ms``, ``0``."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

_SECONDS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "\u00b5s": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_MICROSECONDS: Final = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1000, "us": 1}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|ms|s|m|h)")


def parse_duration(text: str) -> timedelta:
    """Go's ``time.ParseDuration``, without a sign.

    Raises:
        ValueError: saying how it is written.
    """
    if text == "0":
        return timedelta()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        message = f"{text!r} is no time: write it as 15s, 1m30s or 500ms"
        raise ValueError(message)
    try:
        return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
    except OverflowError:
        message = f"{text!r} is longer than anybody waits"
        raise ValueError(message) from None


def format_duration(duration: timedelta) -> str:
    """The shortest that ``parse_duration`` reads as the same: ``10m``, ``1m30s``, ``0s``."""
    return "".join(_parts(duration)) or "0s"


def _parts(duration: timedelta) -> Iterator[str]:
    left = duration // timedelta(microseconds=1)
    for unit, size in _MICROSECONDS.items():
        number, left = divmod(left, size)
        if number:
            yield f"{number}{unit}"
