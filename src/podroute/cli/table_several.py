"""podroute table for several routers: a line for each destination at each of them."""

from collections.abc import Iterator

import msgspec

from podroute.claims.rules import ClaimRules
from podroute.cli.options import NodeSource, Router
from podroute.cli.reading import list_nodes, read_roster, some_routers
from podroute.cli.several import Seen, look_at_each, need_all, opened, reached
from podroute.cli.show import about_nodes, print_document
from podroute.cli.table import Picture, pictured, records_of, selected_names
from podroute.cli.table_view import Columns, TableView
from podroute.model.cidr import parse_cidr, sort_key
from podroute.observe.board import RouteRecord


async def table_several(
    view: TableView, source: NodeSource, rules: ClaimRules, router: Router
) -> None:
    """Shows those that are reached.

    Raises:
        Failure: one is not reached, when the others are shown.
    """
    selected = await selected_names(view.selector, source) if view.selector else None
    async with opened(some_routers(router)) as routers:
        listed = await list_nodes(source)
        roster = read_roster(listed)
        each = await look_at_each(routers, listed, rules, adopt=False)
    pictures = [
        (one, pictured(roster, one.look.proposal, one.look.table, rules)) for one in reached(each)
    ]
    if selected is not None:
        pictures = [(one, picture.of(selected)) for one, picture in pictures]
    records = list(
        dict.fromkeys(line for one, picture in pictures for line in _lines(one, picture))
    )
    records.sort(key=_place)
    if view.output in {"json", "yaml"}:
        first = pictures[0][1] if pictures else Picture((), roster, ())
        nodes = about_nodes(first.roster, first.waiting)
        print_document({"kind": "RouteTable", "items": records, **nodes}, view.output)
    else:
        columns = Columns(wide=view.output == "wide", routers=True)
        columns.print(records, headings=not view.no_headers)
    need_all(each)


def _lines(one: Seen, picture: Picture) -> Iterator[RouteRecord]:
    """Of a Node without a podCIDR all routers know the same: it is of none of them."""
    for record in records_of(picture):
        at = one.router.name if record.pod_cidr else msgspec.UNSET
        yield msgspec.structs.replace(record, router=at)


def _place(one: RouteRecord) -> tuple[bool, tuple[int, ...]]:
    """By destination, Nodes without a podCIDR last."""
    return one.pod_cidr is None, sort_key(parse_cidr(one.pod_cidr)) if one.pod_cidr else ()
