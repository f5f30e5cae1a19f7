"""Who has the lock of a file? By the kernel's list of all locks.

Anybody may lock a file that they can open, as a network namespace's: one who is neither root nor
the user that we are is none of ours, and keeps nobody waiting.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LOCKS: Final = Path("/proc/locks")
_ROOT: Final = 0
_NOBODY: Final = -1
_FIELDS: Final = 8  # of a lock; of one that is waited for there is one more
_EFFECTIVE: Final = 2  # among a process's users in its status


def is_held_by_stranger(handle: int) -> bool:
    """Whether somebody has locked that open file who could be no podroute; else, or unknown: no."""
    try:
        pids = holders_in(_LOCKS.read_text(encoding="ascii"), os.fstat(handle))
        users = {_user_of(pid) for pid in pids}
    except OSError:
        return False
    return bool(users) and users.isdisjoint({_ROOT, os.geteuid()})


def holders_in(text: str, status: os.stat_result) -> Iterator[int]:
    """The processes that have locked that file as a whole."""
    device = status.st_dev
    file = f"{os.major(device):02x}:{os.minor(device):02x}:{status.st_ino}"
    for line in text.splitlines():
        fields = line.split()
        if len(fields) == _FIELDS and (fields[1], fields[5]) == ("FLOCK", file):
            yield int(fields[4])


def _user_of(pid: int) -> int:
    """A podroute lives as long as it has the lock: one that has gone, and left it, was none."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return _NOBODY
    users = next(line for line in text.splitlines() if line.startswith("Uid:"))
    return int(users.split()[_EFFECTIVE])
