"""Standard streams that the caller has closed."""

import os
import sys


def replace_closed() -> None:
    """Takes the numbers of closed streams, so that no other file gets them.

    Reading and writing data fail with EBADF, as they would anyway; messages go nowhere.
    """
    if sys.stdin is None:
        _occupy(0, os.O_WRONLY)
        sys.stdin = os.fdopen(0, "r", closefd=False)
    if sys.stdout is None:
        _occupy(1, os.O_RDONLY)
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        _occupy(2, os.O_WRONLY)
        sys.stderr = os.fdopen(2, "w", closefd=False)


def _occupy(number: int, mode: int) -> None:
    nowhere = os.open(os.devnull, mode)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    os.set_inheritable(number, True)  # noqa: FBT003 -- takes no keyword
