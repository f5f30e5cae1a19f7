"""Who has the lock of a file?"""

import fcntl
import os
from pathlib import Path

import pytest

from podroute.host.lock_holders import holders_in, is_held_by_stranger

LOCKS = """\
1: OFDLCK ADVISORY  WRITE -1 {file} 0 EOF
2: FLOCK  ADVISORY  WRITE 4242 {file} 0 EOF
2: -> FLOCK  ADVISORY  WRITE 4343 {file} 0 EOF
3: POSIX  ADVISORY  READ  4444 {file} 128 128
4: FLOCK  ADVISORY  WRITE 4545 00:00:7 0 EOF
"""


def test_only_who_has_locked_the_whole_file_counts(tmp_path: Path) -> None:
    status = tmp_path.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"

    text = LOCKS.format(file=f"{device}:{status.st_ino}")

    assert list(holders_in(text, status)) == [4242]
    assert list(holders_in("", status)) == []


@pytest.mark.parametrize("held", [False, True])
def test_we_ourselves_are_no_stranger(tmp_path: Path, *, held: bool) -> None:
    path = tmp_path / "lock"
    path.touch()
    with path.open() as one, path.open() as two:
        if held:
            fcntl.flock(one, fcntl.LOCK_EX)

        assert not is_held_by_stranger(two.fileno())


def test_a_file_that_is_no_longer_open_is_nobodys(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    os.close(handle)

    assert not is_held_by_stranger(handle)
