"""A worker's settings before the agent, and what it has made of them: a note in its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.seen import Host
from podroute.host.files import remove_with_draft, write_whole

FOUND: Final = "found-sysctls.json"
GIVEN: Final = "given-sysctls.json"


class SettingsNote:
    """Until a cleanup."""

    def __init__(self, folder: Path) -> None:
        self._found = folder / FOUND
        self._given = folder / GIVEN

    def read(self) -> SettingsRecord:
        """Empty where the agent has changed none, or the note cannot be read."""
        return SettingsRecord(_read(self._found), _read(self._given))

    def give(self, key: str, value: str, host: Host) -> None:
        """Before each change: a crash behind it costs nothing.

        Raises:
            OSError: there is no room, or no right.
        """
        found = _read(self._found)
        if not self._found.exists():
            self._found.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._found, _text(host.sysctls))
        elif key in host.sysctls and key not in found:  # of a link or a module that has come since
            write_whole(self._found, _text({**found, key: host.sysctls[key]}))
        given = _read(self._given)
        if given.get(key) != value:
            write_whole(self._given, _text({**given, key: value}))

    def forget(self) -> None:
        """After a cleanup: what is found next is as it was found."""
        remove_with_draft(self._given)
        remove_with_draft(self._found)


def _read(path: Path) -> Mapping[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, ValueError):
        return {}


def _text(settings: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(settings)).decode()
