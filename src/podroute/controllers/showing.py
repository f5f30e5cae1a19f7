"""What a look has shown goes to the board."""

from podroute.model.node import NodeName
from podroute.observe.board import Board, RouteRecord, route_record
from podroute.routing.facts import Look
from podroute.routing.lines import leaving
from podroute.routing.observed import Observed


def show(look: Look, observed: Observed, board: Board) -> None:
    """Each subject that was looked at; after a look at everything there are no others."""
    if look.whole:
        for subject in set(board.subjects()) - look.lines.keys():
            board.put(subject, ())
    for subject, states in look.lines.items():
        records: list[RouteRecord] = []
        for state in states:
            node = observed.node(NodeName(state.node))
            shown = leaving(state) if node and node.deleting else state
            records.append(route_record(shown, node.internal_ips if node else ()))
        board.put(subject, records)
