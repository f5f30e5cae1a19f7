"""Files that others read while they change: they appear whole, or not at all."""

import fcntl
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from errno import EINVAL
from pathlib import Path


class AlreadyRunning(Exception):  # noqa: N818 -- an event
    """Another process is where one may be; the text says which."""


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Beside it first, then in its place; after a crash it is as before or as given.

    There is one writer at a time.

    Raises:
        OSError: there is no room, or no right; the file, which it names, is as before.
    """
    beside = path.with_name(_draft(path.name))  # what a killed writer has left is overwritten
    try:
        with open(beside, "w", encoding="utf-8", opener=_for_us_alone) as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        if error.filename is None:
            error.filename = str(path)
        raise
    _settle(path.parent)


def read_note(path: Path) -> bytes:
    """All of a file of ours.

    Raises:
        OSError: it is not there, may not be read, or is no file: nobody waits for a FIFO's writer.
    """
    with open(path, "rb", opener=unhurried) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(EINVAL, "it is no file", str(path))
        return file.read()


def is_draft(name: str) -> bool:
    """Whether it is what ``write_whole`` has beside a file, which nobody else reads."""
    return name == _draft(drafted(name))


def drafted(name: str) -> str:
    """The name of the file beside which this draft is."""
    return name[1:-4]


def remove_whole(path: Path) -> None:
    """Gone, whether it was there or not.

    Raises:
        OSError: it may not be removed.
    """
    path.unlink(missing_ok=True)
    _settle(path.parent)


def remove_with_draft(path: Path) -> None:
    """Gone, with what a killed writer has left of it; nobody else may be writing it just now.

    Raises:
        OSError: it may not be removed.
    """
    path.with_name(_draft(path.name)).unlink(missing_ok=True)
    remove_whole(path)


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Meanwhile nobody else has ``path``; it goes with the process, however that ends.

    Raises:
        AlreadyRunning: somebody has it.
        OSError: it cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="ascii", opener=unhurried) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"it holds {path}"
            raise AlreadyRunning(message) from None
        yield


def _draft(name: str) -> str:
    return f".{name}.new"


def _for_us_alone(path: str, flags: int) -> int:
    return unhurried(path, flags | os.O_NOFOLLOW)


def unhurried(path: str, flags: int) -> int:
    """For ``open``: what has become a FIFO meanwhile stops nobody."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
