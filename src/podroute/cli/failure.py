"""How a verb ends when it cannot do what was asked: one message, one exit status."""

from enum import IntEnum
from typing import Final

LEFT: Final = "interrupted; podroute plan shows what is left to do"


class Exit(IntEnum):
    """The exit statuses of every verb."""

    OK = 0
    DIFFERENT = 1  # or failed checks, or an error in the input
    USAGE = 2
    UNREACHED = 3  # API server, cloud or router
    PARTLY = 4
    REFUSED = 5  # guardrail, stale plan
    INTERRUPTED = 130
    CUT_OFF = 141  # nobody reads the output: as if ended by SIGPIPE


def innermost(error: Exception) -> Exception:
    """The first thing that went wrong, out of the groups around it."""
    match error:
        case ExceptionGroup(exceptions=[first, *_]):
            return innermost(first)
        case _:
            return error


class Failure(Exception):  # noqa: N818 -- it is the end of a verb, not a fault of the program
    """What, where, and what to do next."""

    def __init__(self, status: Exit, message: str) -> None:
        super().__init__(message)
        self.status = status
