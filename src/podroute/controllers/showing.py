"""What a look has shown goes to the board."""

from dataclasses import replace

from podroute.model.node import NodeName, Unreadable
from podroute.model.route import RouteTable
from podroute.observe.board import Board, RouteRecord, route_record
from podroute.routing.facts import Look
from podroute.routing.lines import leaving, node_in
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
    _show_nodes(look, observed, board)


def show_router(table: RouteTable, read: float | None, board: Board) -> None:
    """What is known beside its routes; ``read``: when, in Unix seconds, None where none is."""
    own = tuple(sorted(table.own_addresses, key=str))
    board.stand(
        replace(board.standing, read=read, unreached="", quota=table.quota, own_addresses=own)
    )


def _show_nodes(look: Look, observed: Observed, board: Board) -> None:
    """Those that cannot be read, and those on the way out."""
    standing = board.standing
    seen = {name: observed.node(name) for name in map(node_in, look.lines) if name}
    unreadable = {} if look.whole else dict(standing.unreadable)
    deleting = set[str]() if look.whole else set(standing.deleting)
    for name, node in seen.items():
        unreadable.pop(name, None)
        deleting.discard(name)
        if isinstance(node, Unreadable):
            unreadable[name] = node.reason
        if node and node.deleting:
            deleting.add(name)
    found = tuple(sorted(unreadable.items())), tuple(sorted(deleting))
    board.stand(replace(standing, unreadable=found[0], deleting=found[1]))
