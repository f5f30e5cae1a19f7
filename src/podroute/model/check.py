"""A named question about a cluster or a router, and what has been found. Pure."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Problem:
    """``subject`` is what it is about: a Node, a CIDR, an interface."""

    subject: str
    cause: str
    fix: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question by its id, and its answer; ``what`` says what is true where it passes.

    ``skipped``: why there is no answer.
    """

    id: str
    what: str
    problems: tuple[Problem, ...] = ()
    skipped: str = ""

    @property
    def verdict(self) -> Verdict:
        """In one word."""
        if self.skipped:
            return "skipped"
        return "failed" if self.problems else "passed"
