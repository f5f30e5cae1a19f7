"""What became of a change. Pure."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from podroute.routing.steps import Change


@dataclass(frozen=True, slots=True)
class Done:
    """The provider has confirmed the change."""

    step: Change


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider has refused the change, or could not be asked."""

    step: Change
    reason: str
    retry: Literal["worth it", "pointless"]


Outcome: TypeAlias = Done | Failed
