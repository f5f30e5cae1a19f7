"""Claims on overlapping blocks: who keeps the addresses? Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podroute.model.cidr import Cidr, contains, sort_key
from podroute.model.route import Route


@dataclass(frozen=True, slots=True)
class Claim:
    """A wished route that no rule forbids."""

    route: Route
    incumbent: bool  # it is installed as wished


def settle(claims: Sequence[Claim]) -> tuple[tuple[Route, ...], tuple[tuple[Claim, Route], ...]]:
    """The routes that stand, by destination, and each claim that does not with its winner.

    ``claims`` come in order of age, the oldest first; an incumbent goes before any age.
    """
    aged = sorted(enumerate(claims), key=lambda pair: sort_key(pair[1].route.destination))
    standing: list[Route] = []
    outdone: list[tuple[Claim, Route]] = []
    for nest in _nests(aged):
        if len(nest) == 1:
            standing.append(nest[0][1].route)
            continue
        winners: list[Route] = []
        for _, claim in sorted(nest, key=lambda pair: (not pair[1].incumbent, pair[0])):
            place = bisect_right(winners, _start(claim.route), key=_start)
            winner = _neighbour_in_the_way(claim.route.destination, winners, place)
            if winner is None:
                winners.insert(place, claim.route)
            else:
                outdone.append((claim, winner))
        standing.extend(winners)
    return tuple(standing), tuple(outdone)


def _start(route: Route) -> int:
    return int(route.destination.network_address)


def _neighbour_in_the_way(cidr: Cidr, winners: Sequence[Route], place: int) -> Route | None:
    """Winners share no address, so only the two beside ``place`` can overlap ``cidr``."""
    if place > 0 and contains(winners[place - 1].destination, cidr):
        return winners[place - 1]
    if place < len(winners) and contains(cidr, winners[place].destination):
        return winners[place]
    return None


def _nests(aged: Sequence[tuple[int, Claim]]) -> Iterator[list[tuple[int, Claim]]]:
    """Claims in address order, grouped so that no two groups share an address."""
    nest: list[tuple[int, Claim]] = []
    for age, claim in aged:
        if nest and not contains(nest[0][1].route.destination, claim.route.destination):
            yield nest
            nest = []
        nest.append((age, claim))
    if nest:
        yield nest
