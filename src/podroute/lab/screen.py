"""How the demo looks: acts, commands with their real output, and what was shown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Screen:
    """Writes to ``stream``, in colours where wanted."""

    stream: TextIO
    colour: bool

    def title(self, text: str) -> None:
        """The first line."""
        self._write(self._paint(text, "1"))

    def act(self, number: int, text: str) -> None:
        """What comes now, in one line."""
        self._write("", self._paint(f"{number}  {text}", "1;36"))

    def say(self, text: str) -> None:
        """A line of explanation."""
        self._write(f"   {text}")

    def command(self, place: str, words: Iterable[str]) -> None:
        """What is run, as a person would type it."""
        prompt = self._paint(f"{place}$", "2")
        self._write(f"   {prompt} {self._paint(' '.join(words), '1')}")

    def output(self, text: str) -> None:
        """What it printed."""
        self._write(*(f"     {line}" for line in text.splitlines()))

    def shown(self, text: str) -> None:
        """A claim that was checked and is true."""
        self._write(f"   {self.sign(reached=True)} {text}")

    def sign(self, *, reached: bool) -> str:
        """Yes or no in one character; the colour only helps."""
        yes, no = ("✓", "✗") if self._speaks_unicode() else ("+", "x")
        return self._paint(yes, "32") if reached else self._paint(no, "31")

    def _speaks_unicode(self) -> bool:
        return (self.stream.encoding or "").lower().replace("-", "") == "utf8"

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text

    def _write(self, *lines: str) -> None:
        self.stream.writelines(f"{line}\n" for line in lines)
        self.stream.flush()


def plain(text: str) -> str:
    """``text`` without colours."""
    return _COLOUR.sub("", text)
