"""Who may write what a container runtime executes and reads?"""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from podroute.bridge.seen import Rights

_ROOT: Final = 0
_NOBODY: Final = 65534
_OTHERS: Final = 0o022  # a group, or everybody, may write
_EVERY_USER: Final = ["0", "0", "4294967295"]


def read_rights(paths: Sequence[Path]) -> Iterator[Rights]:
    """Of those that are there, and of folders above them that are not root's alone."""
    trusted = frozenset((_ROOT, os.geteuid(), *_unknown_here()))
    for path in paths:
        with suppress(OSError):
            yield _rights(path, path.stat(), trusted)
    above = {folder for path in paths for folder in path.absolute().parents}
    for folder in sorted(above.difference(paths)):
        with suppress(OSError):
            status = folder.stat()
            found = _rights(folder, status, trusted)
            loose = status.st_mode & _OTHERS and not status.st_mode & stat.S_ISVTX
            if loose or not found.trusted:
                yield found


def _rights(path: Path, status: os.stat_result, trusted: Collection[int]) -> Rights:
    mode = stat.S_IMODE(status.st_mode)
    return Rights(str(path), status.st_gid, mode, status.st_uid in trusted)


@cache
def _unknown_here() -> frozenset[int]:
    """In a user namespace the machine's root is nobody, and nothing can be told of its files."""
    try:
        users = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    except OSError:
        return frozenset()
    return frozenset() if users == _EVERY_USER else frozenset({_NOBODY})
