"""What is known of the outcome of a patch, whoever was asked."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Applied:
    """The Node has these podCIDRs now, by this patch or by an earlier one."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It never will by this patch: gone, another Node of that name, or other podCIDRs."""

    reason: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The API server did nothing, and would do the same again until somebody changes a rule."""

    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """The API server did nothing and asks to wait for so many seconds."""

    retry_after: float
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that says whether: it may have been done, or may still be."""

    reason: str


PatchAnswer: TypeAlias = Applied | Refused | Denied | Throttled | Unknown
