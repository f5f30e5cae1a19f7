"""What a worker was last in step with: a Node that is away, or is not believed, changes nothing.

So are gateways before, as long as Pods need them, and the last that none needed any more: a Pod may
have been on its way; and the MAC of the bridge, which Pods know. The note lies where a reboot
empties the folder: after one, only what is told then counts. In a folder that outlives it the
podCIDRs do, too, which are the Node's; no Pod has, and none needs a gateway before.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_interface
from pathlib import Path
from typing import Final

import msgspec

from podroute.agent.nodes import Known
from podroute.bridge.desired import gateway
from podroute.bridge.seen import Interface
from podroute.host.boot import is_of_another
from podroute.host.files import read_note, remove_with_draft, write_whole
from podroute.model.cidr import parse_address, parse_cidr

NOTE: Final = "last-known.json"
_RELEASED: Final = 8  # as many are remembered
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class _Note(msgspec.Struct, rename="camel"):
    node: str
    pod_cidrs: list[str]
    internal_ips: list[str]
    former: list[str] = []
    released: list[str] = []
    boot: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    known: Known
    former: tuple[Interface, ...]
    released: tuple[Interface, ...]
    mac: str


class Memory:
    """Of the Node ``node``; for the next agent too where there is a ``folder``.

    ``boot`` is the kernel's present one.
    """

    def __init__(self, node: str = "", folder: Path | None = None, boot: str = "") -> None:
        self._node = node
        self._boot = boot
        self._path = folder / NOTE if folder else None
        self._kept: _Kept | None = None
        self._noted: bytes | None = None

    def keep(
        self,
        known: Known,
        former: Sequence[Interface] = (),
        released: Sequence[Interface] = (),
        mac: str = "",
    ) -> None:
        """The worker is in step with it from now on; ``former`` gateways stay beside it."""
        today = {*map(gateway, known.pod_cidrs), *former}
        gone = dict.fromkeys(one for one in (*self.released(), *released) if one not in today)
        last = tuple(gone)[-_RELEASED:]
        self._kept = _Kept(Known(known.pod_cidrs, known.internal_ips), tuple(former), last, mac)
        cidrs, ips = list(map(str, known.pod_cidrs)), list(map(str, known.internal_ips))
        befores, gones = list(map(str, former)), list(map(str, last))
        note = _Note(self._node, cidrs, ips, befores, gones, self._boot, mac)
        text = msgspec.json.encode(note)
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

    def released(self) -> Sequence[Interface]:
        """The last gateways of former podCIDRs that no Pod needed any more."""
        kept = self._known()
        return kept.released if kept else ()

    def mac(self) -> str:
        """The bridge's; "" where it is not known."""
        kept = self._known()
        return kept.mac if kept else ""

    def _known(self) -> _Kept | None:
        if self._kept is not None or self._path is None:
            return self._kept
        return _read(self._path, self._node, self._boot)

    def forget(self) -> None:
        """After a cleanup.

        Raises:
            OSError: it may not be removed.
        """
        self._kept = self._noted = None
        if self._path is not None:
            remove_with_draft(self._path)


def _read(path: Path, node: str, boot: str) -> _Kept | None:
    try:
        note = msgspec.json.decode(read_note(path), type=_Note)
        cidrs = tuple(map(parse_cidr, note.pod_cidrs))
        ips = tuple(map(parse_address, note.internal_ips))
        former, released = (tuple(map(ip_interface, ips)) for ips in (note.former, note.released))
    except (OSError, ValueError):
        return None
    if note.node != node or not cidrs:
        return None
    mac = note.mac if _MAC.fullmatch(note.mac) else ""
    if is_of_another(note.boot, boot):
        return _Kept(Known(cidrs, ips), (), (), "")
    return _Kept(Known(cidrs, ips), former, released, mac)
