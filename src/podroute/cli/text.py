"""Text for people: columns as kubectl has them, colours where wanted, no control characters."""

import os
import sys
from collections.abc import Sequence
from typing import IO, Final

from podroute.observe.escape import escaped

NONE: Final = "<none>"
LONGEST: Final = 2000  # characters of one field
LONGEST_NAME: Final = 253  # characters of a name that Kubernetes accepts


def escape(text: str, longest: int = LONGEST) -> str:
    """``text`` without control characters and of bounded length: Nodes write what they like."""
    return escaped(text, longest)


def count(number: int, noun: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns three spaces apart; the last column has its own width."""
    sizes = widths(rows)
    return ["".join(padded(row, sizes)).rstrip() for row in rows]


def widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column but the last, with the gap behind it."""
    return [max(map(len, column)) + 3 for column in zip(*rows, strict=True)][:-1]


def padded(row: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """The cells of a row, each as wide as its column."""
    return [*(cell.ljust(size) for cell, size in zip(row, sizes, strict=False)), row[-1]]


def wants_colour(stream: IO[str]) -> bool:
    """As NO_COLOR, FORCE_COLOR and TERM say, else whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(word: str, colour: str) -> str:
    """``word`` in an ANSI colour."""
    return f"\x1b[{colour}m{word}\x1b[0m"


def unreadable_words(nodes: Sequence[tuple[str, str]]) -> str:
    """Of Nodes that cannot be read, with the reason of each: their number, and the first."""
    name, reason = (escape(text, LONGEST_NAME) for text in nodes[0])
    first = "" if len(nodes) == 1 else "the first is "
    words = f"{count(len(nodes), 'Node')} cannot be read, and their routes stay as they are"
    return f"{words}: {first}{name}: {reason}"


def warn(message: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"podroute: {escape(message)}\n")
