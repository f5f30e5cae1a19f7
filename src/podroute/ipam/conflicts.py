"""Which claims of different Nodes are on the same addresses? Pure.

A claim is told with its equal; else with the nearest around it, so that none can hide another.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeAlias

from podroute.ipam.audit import CROWD, Claim, Finding
from podroute.ipam.claimants import Claimants
from podroute.model.cidr import Bounds, bounds

_Group: TypeAlias = tuple[Bounds, list[Claim]]  # equal ones


class Conflicts:
    """Those among ``claimants``.

    What lies in a block is always told. A loose claim is told pair by pair with a few; with more
    inside it than ``CROWD`` it becomes one finding of its own, since a Node may claim everything.
    """

    def __init__(self, claimants: Claimants, is_loose: Callable[[Claim], bool]) -> None:
        self._claimants = claimants
        self._is_loose = is_loose

    def all(self) -> Iterator[Finding]:
        """By address; at most two for each claim."""
        crowded = set(filter(self._is_crowded, self._claimants))
        for claim, before, around in nested(self._claimants):
            if claim in crowded:
                yield self._crowd(claim)
            if before is not None:
                yield Finding("duplicate", claim, before)
            elif around is not None and around not in crowded:
                yield Finding("overlap", claim, around)

    def of(self, claim: Claim) -> Iterator[Finding]:
        """Those of ``all`` that concern the claim's Node because of this claim."""
        before, after = self._claimants.equals(claim)
        crowded = self._is_crowded(claim)
        if crowded:
            yield self._crowd(claim)
        if before is not None:
            yield Finding("duplicate", claim, before)
        else:
            yield from self._with_around(claim)
        if after is not None:
            yield Finding("duplicate", after, claim)
        for one in () if crowded else self._claimants.inside(claim):
            if self._claimants.equals(one)[0] is None and self._claimants.around(one) == claim:
                yield Finding("overlap", one, claim)

    def _with_around(self, claim: Claim) -> Iterator[Finding]:
        around = self._claimants.around(claim)
        if around is not None and not self._is_crowded(around):
            yield Finding("overlap", claim, around)

    def _crowd(self, claim: Claim) -> Finding:
        first = next(self._claimants.inside(claim))
        return Finding("overlap", claim, first, self._claimants.count_inside(claim) - 1)

    def _is_crowded(self, claim: Claim) -> bool:
        return self._claimants.count_inside(claim) > CROWD and self._is_loose(claim)


def nested(
    claims: Iterable[Claim],
) -> Iterator[tuple[Claim, Claim | None, Claim | None]]:
    """Each claim, the equal one before it, and the nearest of another Node around it.

    ``claims`` come in the order of ``place``, each Node's CIDRs once.
    """
    path: list[_Group] = []  # each in the one before
    for claim in claims:
        span = bounds(claim.cidr)
        while path and (path[-1][0][0], path[-1][0][2]) < span[:2]:
            path.pop()
        before = None
        if path and path[-1][0] == span:
            before = path[-1][1][-1]
            path[-1][1].append(claim)
        else:
            path.append((span, [claim]))
        others = (one for _, group in islice(reversed(path), 1, None) for one in group)
        yield claim, before, next((one for one in others if one.uid != claim.uid), None)
