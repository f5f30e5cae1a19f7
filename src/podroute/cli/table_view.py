"""What podroute table shows, and how: the flags, and the columns."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import Parameter

from podroute.cli.text import LONGEST_NAME, NONE, escape, padded, paint, wants_colour, widths
from podroute.observe.board import RouteRecord
from podroute.routing.states import State

STATE: Final = 3  # its column
WIDE: Final = ("NEXT-HOP", "OWNER")
COLOURS: Final[dict[State, str]] = {
    "InSync": "32",
    "Missing": "31",
    "WrongNextHop": "31",
    "Blackhole": "31",
    "Stale": "33",
    "Pending": "33",
    "Foreign": "36",
    "Blocked": "35",
    "Unknown": "2",
}

Output: TypeAlias = Literal["table", "wide", "json", "yaml", "plain"]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class TableView:
    """What is shown, and how."""

    output: Annotated[Output, Parameter(name=("--output", "-o"))] = "table"
    "table, wide, json, yaml, or plain: InternalIP and podCIDR, for scripts."
    selector: Annotated[str, Parameter(name=("--selector", "-l"))] = ""
    "Only Nodes with these labels."
    no_headers: Annotated[bool, Parameter(negative=())] = False
    "Leave out the line of headings."
    watch: Annotated[bool, Parameter(name=("--watch", "-w"), negative=())] = False
    "Go on: a line for whatever changes."
    controller: str = ""
    "ADDRESS:PORT of a running controller, whose table is shown instead of a fresh one."


ANY_VIEW: Final = TableView()


class Columns:
    """Rows that come one after the other stand below each other; ``routers``: of several."""

    def __init__(self, *, wide: bool, routers: bool = False) -> None:
        self._wide = wide
        self._routers = routers
        self._sizes: Sequence[int] = ()

    def print(self, records: Sequence[RouteRecord], *, headings: bool = False) -> None:
        """One line for each."""
        extra = [*(["ROUTER"] if self._routers else []), *(WIDE if self._wide else ())]
        head = [["NODE", "INTERNAL-IP", "POD-CIDR", "STATE", *extra, "REASON"]] if headings else []
        rows = [self._row(one) for one in records]
        if not rows and not head:
            return
        sizes = widths([*head, *rows])
        known = self._sizes or sizes
        self._sizes = sizes = list(map(max, sizes, known))
        lines = ["".join(padded(row, sizes)) for row in head]
        colour = wants_colour(sys.stdout)
        for row, one in zip(rows, records, strict=True):
            cells = padded(row, sizes)
            if colour:
                cells[STATE] = cells[STATE].replace(one.state, paint(one.state, COLOURS[one.state]))
            lines.append("".join(cells))
        sys.stdout.writelines(f"{line.rstrip()}\n" for line in lines)

    def _row(self, one: RouteRecord) -> list[str]:
        cidr = one.pod_cidr
        family = ":" in cidr if cidr else None
        own = [ip for ip in one.internal_ips if family is None or (":" in ip) is family]
        return [
            escape(one.node or "", LONGEST_NAME) or NONE,
            ",".join(own) or NONE,
            cidr or NONE,
            one.state,
            *([escape(one.router or NONE)] if self._routers else ()),
            *([one.next_hop or NONE, one.owner or NONE] if self._wide else ()),
            escape(one.reason),
        ]
