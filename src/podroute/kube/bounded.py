"""The whole of a file, or of a pipe such as shells make for ``<(...)``, unless it has no end."""

import errno
from pathlib import Path
from typing import BinaryIO, Final

_NOT_THERE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


class TooLarge(ValueError):  # noqa: N818 -- named for the state, as in the field
    """There is more than the limit; the text says it."""


def is_missing(path: Path) -> bool:
    """Whether nothing is there; False also where nobody lets us look: who reads it says why."""
    try:
        path.stat()
    except OSError as error:
        return error.errno in _NOT_THERE
    return False


def read_file(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes.

    Raises:
        OSError: it cannot be opened or read.
        TooLarge: it goes on behind them.
    """
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "a file name cannot hold a null character")
    with path.open("rb") as file:
        return read_stream(file, limit)


def read_stream(stream: BinaryIO, limit: int) -> bytes:
    """The same for one that is open."""
    content = stream.read(limit + 1)
    if len(content) > limit:
        message = f"is larger than {_size(limit)}"
        raise TooLarge(message)
    return content


def _size(count: int) -> str:
    mebibytes, rest = divmod(count, 1 << 20)
    return f"{count} bytes" if rest else f"{mebibytes} MiB"
