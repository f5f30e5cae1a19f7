"""A bridge before the agent took it over: a note in the agent's folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from podroute.bridge.adoption import FoundLink, found_links
from podroute.bridge.seen import Host
from podroute.host.files import remove_with_draft, write_whole

FOUND: Final = "found-links.json"


class LinksNote:
    """Until a cleanup."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FOUND

    def read(self) -> Sequence[FoundLink]:
        """Empty where the agent has taken over none, or the note cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[FoundLink])
        except (OSError, ValueError):
            return ()

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
            write_whole(self._path, msgspec.json.encode([*noted, *new]).decode())

    def forget(self) -> None:
        """After a cleanup: what is found next is as it was found."""
        remove_with_draft(self._path)
