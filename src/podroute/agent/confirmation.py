"""A person's word for removals that are held back, left where a running agent looks."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from podroute.host.files import read_note, remove_whole, write_whole

FOR_ROUTES: Final = "confirmed"
FOR_PATHS: Final = "confirmed-paths"
_LONGEST: Final = 64


class Confirmation:
    """Good for once: it names exactly the removals that it is meant for."""

    def __init__(self, folder: Path, name: str = FOR_ROUTES) -> None:
        self._path = folder / name

    def say(self, word: str) -> None:
        """From a person.

        Raises:
            OSError: there is no room, or no right.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, word)

    def word(self) -> str:
        """What has been said; "" where nothing has."""
        try:
            return read_note(self._path).decode(errors="replace")[:_LONGEST].strip()
        except OSError:
            return ""

    def forget(self) -> None:
        """It has been used."""
        with suppress(OSError):
            remove_whole(self._path)
