"""Which bridges have our mark: a note in the agent's folder, good for one boot."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from podroute.bridge.marks import Marked, marked
from podroute.bridge.seen import Link
from podroute.host.boot import is_of_another
from podroute.host.files import read_note, remove_with_draft, write_whole

MARKED: Final = "marked-links.json"


class _Note(msgspec.Struct):
    boot: str
    bridges: list[Marked]


class MarksNote:
    """Until a cleanup; ``boot`` is the kernel's present one."""

    def __init__(self, folder: Path, boot: str = "") -> None:
        self._path = folder / MARKED
        self._boot = boot
        self._known: Sequence[Marked] | None = None
        self._noted: Sequence[Marked] = ()

    def read(self) -> Sequence[Marked]:
        """Empty where none has been seen since the boot, or the note is unreadable."""
        if self._known is None:
            self._known = self._noted = self._read()
        return self._known

    def keep(self, links: Iterable[Link]) -> None:
        """Of all links of the machine; where there is no room the next look tries again."""
        self._known = marked(links, self.read())
        if self._known == self._noted:
            return
        note = _Note(self._boot, [*self._known])
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, msgspec.json.encode(note).decode())
            self._noted = self._known

    def forget(self) -> None:
        """After a cleanup.

        Raises:
            OSError: it may not be removed.
        """
        self._known = self._noted = ()
        remove_with_draft(self._path)

    def _read(self) -> Sequence[Marked]:
        try:
            note = msgspec.json.decode(read_note(self._path), type=_Note)
        except (OSError, ValueError):
            return ()
        return () if is_of_another(note.boot, self._boot) else tuple(note.bridges)
