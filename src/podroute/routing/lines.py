"""Under which name is each line of the table found again? Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from podroute.model.cidr import Bounds, cidr_within
from podroute.model.node import NodeName
from podroute.routing.states import RouteState, State

ASTRAY: Final = frozenset[State](("Missing", "WrongNextHop", "Blackhole"))
MENDABLE: Final = frozenset[State]((*ASTRAY, "Stale"))

HELD: Final = "held back with others until a person confirms: podroute status shows the word"
_NODE: Final = "node/"
LEAVING: Final = "the Node is being deleted"


def leaving(line: RouteState) -> RouteState:
    """The line of a Node that is being deleted: it keeps its route until it is gone."""
    reason = f"{line.reason}; {LEAVING}" if line.reason else LEAVING
    return replace(line, reason=reason)


def subject_of(line: RouteState) -> str:
    """Its destination, or ``node/NAME`` for a Node without one."""
    return str(line.destination) if line.destination else f"{_NODE}{line.node}"


def node_in(subject: str) -> NodeName | None:
    """The Node of ``node/NAME``; None for a destination."""
    return NodeName(subject.removeprefix(_NODE)) if subject.startswith(_NODE) else None


def by_subject(
    lines: Iterable[RouteState], blocks: Iterable[Bounds], names: Iterable[str]
) -> Mapping[str, Sequence[RouteState]]:
    """The lines of each subject; without any for ``blocks`` and ``names`` that have none."""
    found: dict[str, list[RouteState]] = {str(cidr_within(block)): [] for block in blocks}
    found.update({f"{_NODE}{name}": [] for name in names})
    for line in lines:
        found.setdefault(subject_of(line), []).append(line)
    return found
