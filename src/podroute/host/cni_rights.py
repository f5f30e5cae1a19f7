"""Who may write what a container runtime executes and reads?"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from podroute.bridge.seen import Rights

_ROOT: Final = 0
_NOBODY: Final = 65534
_EVERY_USER: Final = ["0", "0", "4294967295"]


def read_rights(paths: Iterable[Path]) -> Iterator[Rights]:
    """Of those that are there."""
    trusted = {_ROOT, os.geteuid(), *_unknown_here()}
    for path in paths:
        with suppress(OSError):
            status = path.stat()
            mode = stat.S_IMODE(status.st_mode)
            yield Rights(str(path), status.st_gid, mode, status.st_uid in trusted)


@cache
def _unknown_here() -> frozenset[int]:
    """In a user namespace the machine's root is nobody, and nothing can be told of its files."""
    try:
        users = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    except OSError:
        return frozenset()
    return frozenset() if users == _EVERY_USER else frozenset({_NOBODY})
