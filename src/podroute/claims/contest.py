"""Claims on overlapping blocks: who keeps the addresses? Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podroute.model.cidr import Bounds, Cidr, contains
from podroute.model.route import Route


class Claim(NamedTuple):
    """A wished route that no rule forbids."""

    route: Route
    block: Bounds  # of its destination
    incumbent: bool  # it is installed as wished


def settle(claims: Sequence[Claim]) -> tuple[tuple[Route, ...], tuple[tuple[Claim, Route], ...]]:
    """The routes that stand, by destination, and each claim that does not with its winner.

    ``claims`` come in order of age, the oldest first; an incumbent goes before any age.
    """
    standing: list[Route] = []
    outdone: list[tuple[Claim, Route]] = []
    for group in _groups(claims):
        if len(group) == 1:
            standing.append(claims[group[0]].route)
        else:
            standing.extend(_contest(claims, group, outdone))
    return tuple(standing), tuple(outdone)


def _contest(
    claims: Sequence[Claim], group: Sequence[int], outdone: list[tuple[Claim, Route]]
) -> list[Route]:
    winners: list[Route] = []
    for age in sorted(group, key=lambda age: (not claims[age].incumbent, age)):
        route = claims[age].route
        place = bisect_left(winners, _start(route), key=_start)
        winner = _neighbour_in_the_way(route.destination, winners, place)
        if winner is None:
            winners.insert(place, route)
        else:
            outdone.append((claims[age], winner))
    return winners


def _start(route: Route) -> int:
    return int(route.destination.network_address)


def _neighbour_in_the_way(cidr: Cidr, winners: Sequence[Route], place: int) -> Route | None:
    """Winners share no address, so only the two beside ``place`` can overlap ``cidr``."""
    if place > 0 and contains(winners[place - 1].destination, cidr):
        return winners[place - 1]
    if place < len(winners) and winners[place].destination.overlaps(cidr):
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
