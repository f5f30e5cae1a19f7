"""What goes wrong between a client and EC2, and when? Pure but for its own counters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

When: TypeAlias = Literal["before", "after"]  # the effect


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that has come in."""

    action: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer instead of the right one; ``code`` "" cuts the connection."""

    code: str = ""
    words: str = "as the test wishes"
    status: int = 400
    when: When = "before"


CUT = Fault()
CUT_AFTER = Fault(when="after")
THROTTLED = Fault("RequestLimitExceeded", "Request limit exceeded.", 503)
UNAVAILABLE = Fault("Unavailable", "The service is unavailable. Please try again shortly.", 503)


def denied(permission: str) -> Fault:
    """As IAM says it."""
    words = (
        "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:"
        f"user/podroute is not authorized to perform: {permission} because no identity-based "
        "policy allows it. Encoded authorization failure message: c2VjcmV0"
    )
    return Fault("UnauthorizedOperation", words, 403)


Chooser: TypeAlias = Callable[[Asked], Fault | None]


def nothing_goes_wrong(_: Asked) -> Fault | None:
    """The usual chooser."""
    return None


class Sometimes:
    """Meets the requests for ``action`` ("": any) whose numbers, from 0, are in ``numbers``."""

    def __init__(self, fault: Fault, action: str = "", numbers: range = range(1 << 30)) -> None:
        self._fault = fault
        self._action = action
        self._numbers = numbers
        self._seen = 0

    def __call__(self, asked: Asked) -> Fault | None:
        """The fault for this request, if it has one."""
        if self._action not in ("", asked.action):
            return None
        number, self._seen = self._seen, self._seen + 1
        return self._fault if number in self._numbers else None
