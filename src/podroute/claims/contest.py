"""Claims on overlapping blocks: who keeps the addresses? Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podroute.model.cidr import Bounds
from podroute.model.route import Route


class Claim(NamedTuple):
    """A wished route that no rule forbids."""

    route: Route
    block: Bounds  # of its destination
    incumbent: bool  # it is installed as wished


def settle(claims: Sequence[Claim]) -> tuple[tuple[Claim, ...], tuple[tuple[Claim, Route], ...]]:
    """The claims that stand, by destination, and each that does not with its winner.

    ``claims`` come in order of age, the oldest first; an incumbent goes before any age.
    """
    standing: list[Claim] = []
    outdone: list[tuple[Claim, Route]] = []
    for group in _groups(claims):
        if len(group) == 1:
            standing.append(claims[group[0]])
        else:
            standing.extend(_contest(claims, group, outdone))
    return tuple(standing), tuple(outdone)


def _contest(
    claims: Sequence[Claim], group: Sequence[int], outdone: list[tuple[Claim, Route]]
) -> list[Claim]:
    winners: list[Claim] = []
    for age in sorted(group, key=lambda age: (not claims[age].incumbent, age)):
        claim = claims[age]
        place = bisect_left(winners, claim.block, key=_block)
        winner = _neighbour_in_the_way(claim.block, winners, place)
        if winner is None:
            winners.insert(place, claim)
        else:
            outdone.append((claim, winner.route))
    return winners


def _block(claim: Claim) -> Bounds:
    return claim.block


def _neighbour_in_the_way(block: Bounds, winners: Sequence[Claim], place: int) -> Claim | None:
    """Winners share no address, so only the two beside ``place`` can overlap ``block``."""
    _, first, last = block
    if place > 0 and winners[place - 1].block[2] >= first:
        return winners[place - 1]
    if place < len(winners) and winners[place].block[1] <= last:
        return winners[place]
    return None


def _groups(claims: Sequence[Claim]) -> Iterator[Sequence[int]]:
    """The claims' positions in address order, grouped so that no two groups share an address."""
    spans = [claim.block for claim in claims]
    group: list[int] = []
    end = (0, 0)
    for position in sorted(range(len(claims)), key=spans.__getitem__):
        version, first, last = spans[position]
        if group and (version, first) > end:
            yield group
            group = []
        group.append(position)
        end = max(end, (version, last))
    if group:
        yield group
