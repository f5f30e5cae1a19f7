"""What an agent has been told last: an API server that is away at its start changes nothing.

The note lies where a reboot empties the folder: after one, only the API server's word counts.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from podroute.agent.nodes import Known, Source
from podroute.host.files import write_whole
from podroute.model.cidr import parse_address, parse_cidr

NOTE: Final = "last-known.json"


class _Note(msgspec.Struct, rename="camel"):
    node: str
    pod_cidrs: list[str]
    internal_ips: list[str]


class Remembered:
    """``source``, and until it has said anything what it said to the agent before."""

    def __init__(self, source: Source, node: str, folder: Path) -> None:
        self._source = source
        self._node = node
        self._path = folder / NOTE
        self._noted: bytes | None = None

    async def run(self, changed: Callable[[], object], told: Callable[[str], object]) -> None:
        await self._source.run(changed, told)

    def known(self) -> Known | None:
        known = self._source.known()
        if known is None:
            return self._last()
        if not known.missing:
            self._note(known)
        return known

    def _note(self, known: Known) -> None:
        cidrs, ips = list(map(str, known.pod_cidrs)), list(map(str, known.internal_ips))
        text = msgspec.json.encode(_Note(self._node, cidrs, ips))
        if text != self._noted:
            with suppress(OSError):  # a full disk: the next look tries again
                write_whole(self._path, text.decode())
                self._noted = text

    def _last(self) -> Known | None:
        try:
            note = msgspec.json.decode(self._path.read_bytes(), type=_Note)
            cidrs = tuple(map(parse_cidr, note.pod_cidrs))
            ips = tuple(map(parse_address, note.internal_ips))
        except (OSError, ValueError):
            return None
        return Known(cidrs, ips, remembered=True) if note.node == self._node and cidrs else None
