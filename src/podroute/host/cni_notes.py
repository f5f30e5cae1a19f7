"""host-local's notes of addresses that Pods have: a file for each, named after it."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from errno import EAGAIN
from math import inf
from pathlib import Path
from time import monotonic, time
from typing import Final

from podroute.bridge.desired import OURS
from podroute.host.files import unhurried
from podroute.model.cidr import Address, parse_address

SETTLED: Final = 120.0  # seconds: by then a Pod is there, or its runtime has given up
_SET: Final = 10.0  # seconds; a clock that is only steered differs by less between two looks
_HOLDER: Final = f"{OURS}\r\neth0"  # a container and its interface, as host-local writes them


class Notes:
    """Those in a folder, as time goes by; ``wall`` is the clock that people set, ``even`` is not.

    What was noted a moment before the clock was set forward looks as if it were old.
    """

    def __init__(
        self,
        data_folder: Path,
        wall: Callable[[], float] = time,
        even: Callable[[], float] = monotonic,
    ) -> None:
        self._folder = data_folder / OURS
        self._wall, self._even = wall, even
        self._difference = wall() - even()
        self._doubtful_until = -inf

    def read(self) -> tuple[frozenset[Address], frozenset[Address]]:
        """The addresses that are noted, and of these the ones that have been so for long."""
        noted: dict[Address, float] = {}
        with suppress(OSError), os.scandir(self._folder) as entries:
            for one in entries:  # there are some of other names beside them
                with suppress(ValueError, FileNotFoundError):
                    noted[parse_address(one.name)] = one.stat().st_mtime
        long_ago = self._long_ago()
        settled = frozenset(address for address, moment in noted.items() if moment < long_ago)
        return frozenset(noted), settled

    def _long_ago(self) -> float:
        """Before that moment a note is settled; none is as long as that cannot be known."""
        wall, even = self._wall(), self._even()
        if abs(wall - even - self._difference) > _SET:
            self._doubtful_until = even + SETTLED
        self._difference = wall - even
        return -inf if even < self._doubtful_until else wall - SETTLED


def free_address(data_folder: Path, address: Address) -> None:
    """Unless it has been given to another Pod meanwhile.

    Raises:
        OSError: host-local is at work just now, or the note may not be removed.
    """
    with _alone(data_folder / OURS) as folder:
        note = folder / str(address)
        with suppress(FileNotFoundError):
            if note.stat().st_mtime < time() - SETTLED:
                note.unlink()


def note_address(data_folder: Path, address: Address) -> None:
    """Unless host-local has a note of it meanwhile; settled at once: the Pod is there.

    No runtime removes it, whose container it does not name: it goes when no Pod has the address.

    Raises:
        OSError: host-local is at work just now, there is no room, or no right.
    """
    (data_folder / OURS).mkdir(parents=True, exist_ok=True)
    with _alone(data_folder / OURS) as folder, suppress(FileExistsError):
        handle = os.open(folder / str(address), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as note:
            note.write(_HOLDER)
            note.flush()
            os.utime(note.fileno(), (0, 0))


@contextmanager
def _alone(folder: Path) -> Generator[Path]:
    with open(folder / "lock", "a", encoding="ascii", opener=unhurried) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(EAGAIN, "host-local is at work: the next look does it") from None
        yield folder
