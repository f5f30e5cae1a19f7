"""What a person types to make a change by hand: one line for a shell. Pure."""

import shlex
from collections.abc import Callable
from typing import Final, TypeVar

from podroute.observe.escape import escaped
from podroute.routing.outcome import Done, Failed, Outcome

_LONGEST: Final = 2000  # characters of a reason

WorkT = TypeVar("WorkT")


def typed(prepared: WorkT | Outcome, words: Callable[[WorkT], str]) -> str:
    """What ``words`` says of the work for a change; with none to do, a line that does nothing."""
    match prepared:
        case Failed(reason=reason):
            return impossible(reason)
        case Done():
            return "true"
        case _:
            return words(prepared)


def impossible(reason: str) -> str:
    """For a change that cannot be made: it fails, and says why."""
    return f"false {shlex.quote(escaped(reason, _LONGEST))}"
