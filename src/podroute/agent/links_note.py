"""A bridge before the agent took it over: a note in the agent's folder, good for one boot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from podroute.bridge.adoption import FoundLink, found_links
from podroute.bridge.seen import Host
from podroute.host.boot import is_of_another
from podroute.host.files import read_note, remove_with_draft, write_whole

FOUND: Final = "found-links.json"


class _Note(msgspec.Struct):
    boot: str
    links: list[FoundLink]


class LinksNote:
    """Until a cleanup; ``boot`` is the kernel's present one."""

    def __init__(self, folder: Path, boot: str = "") -> None:
        self._path = folder / FOUND
        self._boot = boot

    def read(self) -> Sequence[FoundLink]:
        """Empty where the agent has taken over none since the boot, or the note is unreadable."""
        try:
            text = read_note(self._path)
            note: _Note | list[FoundLink] = msgspec.json.decode(text, type=_Note | list[FoundLink])
        except (OSError, ValueError):
            return ()
        if isinstance(note, list):  # as former versions have written it
            return note
        return () if is_of_another(note.boot, self._boot) else note.links

    def take(self, bridge: str, host: Host) -> None:
        """Before it is taken over; what was noted by a pass that was killed then counts.

        Raises:
            OSError: there is no room, or no right.
        """
        noted = self.read()
        known = {one.number for one in noted}
        new = [one for one in found_links(host, bridge) if one.number not in known]
        if new:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            note = _Note(self._boot, [*noted, *new])
            write_whole(self._path, msgspec.json.encode(note).decode())

    def forget(self) -> None:
        """After a cleanup: what is found next is as it was found."""
        remove_with_draft(self._path)
