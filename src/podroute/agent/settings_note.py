"""A worker's settings before the agent, and what it has made of them: a note in its folder.

It is good for the boot that it names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.seen import Host
from podroute.host.boot import is_of_another
from podroute.host.files import read_note, remove_with_draft, write_whole

FOUND: Final = "found-sysctls.json"
GIVEN: Final = "given-sysctls.json"
_BOOT: Final = "boot"  # among the settings, none of which is called so


class SettingsNote:
    """Until a cleanup; ``boot`` is the kernel's present one."""

    def __init__(self, folder: Path, boot: str = "") -> None:
        self._found = folder / FOUND
        self._given = folder / GIVEN
        self._boot = boot

    def read(self) -> SettingsRecord:
        """Empty where the agent has changed none since the boot, or the note cannot be read."""
        return SettingsRecord(self._read(self._found) or {}, self._read(self._given) or {})

    def give(self, key: str, value: str, host: Host) -> None:
        """Before each change: a crash behind it costs nothing.

        Raises:
            OSError: there is no room, or no right.
        """
        found = self._read(self._found)
        if found is None:
            self._found.parent.mkdir(parents=True, exist_ok=True)
            self._write(self._found, host.sysctls)
        elif key in host.sysctls and key not in found:  # of a link or a module that has come since
            self._write(self._found, {**found, key: host.sysctls[key]})
        given = self._read(self._given) or {}
        if given.get(key) != value:
            self._write(self._given, {**given, key: value})

    def forget(self) -> None:
        """After a cleanup: what is found next is as it was found."""
        remove_with_draft(self._given)
        remove_with_draft(self._found)

    def _read(self, path: Path) -> Mapping[str, str] | None:
        """None where there is no note of this boot."""
        try:
            note = msgspec.json.decode(read_note(path), type=dict[str, str])
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return {}
        return None if is_of_another(note.pop(_BOOT, ""), self._boot) else note

    def _write(self, path: Path, settings: Mapping[str, str]) -> None:
        write_whole(path, msgspec.json.encode({**settings, _BOOT: self._boot}).decode())
