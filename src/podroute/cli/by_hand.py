"""What a person would type for the routes on a board."""

from collections.abc import Sequence

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import Route
from podroute.observe.board import Board, Subject
from podroute.providers.interface import RouteProvider
from podroute.routing.steps import Create


def typed(board: Board, provider: RouteProvider, subject: Subject) -> Sequence[str]:
    """One line for each route that a Node wants to ``subject``."""
    wishes = [
        Route(parse_cidr(subject), parse_address(one.next_hop), NodeName(one.node))
        for one in board.of(subject)
        if one.node and one.next_hop
    ]
    return provider.commands([Create(wish) for wish in wishes])
