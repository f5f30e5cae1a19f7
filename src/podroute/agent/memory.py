"""What a worker was last in step with: a Node that is away, or is not believed, changes nothing.

So are gateways before, as long as Pods need them. The note lies where a reboot empties the folder:
after one, only what is told then counts.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_interface
from pathlib import Path
from typing import Final

import msgspec

from podroute.agent.nodes import Known
from podroute.bridge.seen import Interface
from podroute.host.files import remove_with_draft, write_whole
from podroute.model.cidr import parse_address, parse_cidr

NOTE: Final = "last-known.json"


class _Note(msgspec.Struct, rename="camel"):
    node: str
    pod_cidrs: list[str]
    internal_ips: list[str]
    former: list[str] = []


@dataclass(frozen=True, slots=True)
class _Kept:
    known: Known
    former: tuple[Interface, ...]


class Memory:
    """Of the Node ``node``; for the next agent too where there is a ``folder``."""

    def __init__(self, node: str = "", folder: Path | None = None) -> None:
        self._node = node
        self._path = folder / NOTE if folder else None
        self._kept: _Kept | None = None
        self._noted: bytes | None = None

    def keep(self, known: Known, former: Sequence[Interface] = ()) -> None:
        """The worker is in step with it from now on; ``former`` gateways stay beside it."""
        self._kept = _Kept(Known(known.pod_cidrs, known.internal_ips), tuple(former))
        cidrs, ips = list(map(str, known.pod_cidrs)), list(map(str, known.internal_ips))
        text = msgspec.json.encode(_Note(self._node, cidrs, ips, list(map(str, former))))
        if self._path is not None and text != self._noted:
            with suppress(OSError):  # a full disk: the next look tries again
                write_whole(self._path, text.decode())
                self._noted = text

    def last(self) -> Known | None:
        """None where the worker has never been in step with anything since the boot."""
        kept = self._known()
        return kept.known if kept else None

    def former(self) -> Sequence[Interface]:
        """Gateways that Pods needed beside those of the last podCIDRs."""
        kept = self._known()
        return kept.former if kept else ()

    def _known(self) -> _Kept | None:
        return self._kept or (_read(self._path, self._node) if self._path is not None else None)

    def forget(self) -> None:
        """After a cleanup.

        Raises:
            OSError: it may not be removed.
        """
        self._kept = self._noted = None
        if self._path is not None:
            remove_with_draft(self._path)


def _read(path: Path, node: str) -> _Kept | None:
    try:
        note = msgspec.json.decode(path.read_bytes(), type=_Note)
        cidrs = tuple(map(parse_cidr, note.pod_cidrs))
        ips = tuple(map(parse_address, note.internal_ips))
        former = tuple(map(ip_interface, note.former))
    except (OSError, ValueError):
        return None
    return _Kept(Known(cidrs, ips), former) if note.node == node and cidrs else None
