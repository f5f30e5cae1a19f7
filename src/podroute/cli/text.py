"""Text for people: columns as kubectl has them, colours where wanted, no control characters."""

import os
import sys
from collections.abc import Sequence
from typing import IO, Final

NONE: Final = "<none>"
LONGEST: Final = 2000  # characters of one field


def escape(text: str) -> str:
    """``text`` without control characters and of bounded length: Nodes write what they like."""
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
    if shown.isprintable():
        return shown
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown
    )


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns three spaces apart; the last column has its own width."""
    if not rows:
        return []
    widths = [max(map(len, column)) + 3 for column in zip(*rows, strict=True)][:-1]
    return [
        "".join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in rows
    ]


def wants_colour(stream: IO[str]) -> bool:
    """As NO_COLOR, FORCE_COLOR and TERM say, else whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(word: str, colour: str) -> str:
    """``word`` in an ANSI colour."""
    return f"\x1b[{colour}m{word}\x1b[0m"


def warn(message: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"podroute: {escape(message)}\n")
