"""podroute table: who has which block, and is the route really there?"""

import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from podroute.claims.rules import ClaimRules
from podroute.cli import event_loop
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    NodeSource,
    Router,
    claim_rules,
)
from podroute.cli.reading import list_nodes, open_router, read_roster
from podroute.cli.show import about_nodes, leaving_nodes, print_document
from podroute.cli.table_view import ANY_VIEW, Columns, TableView
from podroute.cli.text import LONGEST_NAME, escape, warn
from podroute.kube.nodes import NodeList, seed_line
from podroute.model.cidr import Address
from podroute.model.node import Node, NodeName, Roster, Unreadable
from podroute.model.route import RouteTable
from podroute.observe.board import RouteRecord, route_record
from podroute.routing.lines import leaving
from podroute.routing.proposal import Proposal, propose
from podroute.routing.states import RouteState, route_states


@dataclass(frozen=True, slots=True)
class Picture:
    """The lines of the table, and whom they are about."""

    states: Sequence[RouteState]
    roster: Roster
    waiting: Sequence[NodeName]

    def of(self, names: Container[str]) -> "Picture":
        """Only the lines of these Nodes."""
        return Picture(
            [one for one in self.states if one.node in names],
            Roster(
                tuple(one for one in self.roster.nodes if one.name in names),
                tuple(one for one in self.roster.unreadable if one.name in names),
            ),
            [name for name in self.waiting if name in names],
        )

    def addresses(self) -> Mapping[str, Sequence[Address]]:
        """The InternalIPs by Node."""
        everybody: list[Node | Unreadable] = [*self.roster.unreadable, *self.roster.nodes]
        return {one.name: one.internal_ips for one in everybody}


def table(
    *,
    view: TableView = ANY_VIEW,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> None:
    """Show each Node's InternalIP, pod CIDR, and whether the route is really there."""
    if view.watch or view.controller:
        from podroute.cli.watching import watch  # noqa: PLC0415 -- not where it is not used

        event_loop.run(watch(view, source, addresses, router))
        return
    rules = claim_rules(addresses)
    if view.output == "plain":
        _print_plain(event_loop.run(list_nodes(source, selector=view.selector)))
        return
    if len(router.chosen()) > 1:
        from podroute.cli.table_several import table_several  # noqa: PLC0415 -- few have several

        event_loop.run(table_several(view, source, rules, router))
        return
    picture = event_loop.run(_look(view, source, rules, router))
    if view.output in {"json", "yaml"}:
        _print_document(picture, view.output)
    else:
        columns = Columns(wide=view.output == "wide")
        columns.print(records_of(picture), headings=not view.no_headers)


async def _look(view: TableView, source: NodeSource, rules: ClaimRules, router: Router) -> Picture:
    """All Nodes are judged, those that are not to be shown too: claims meet each other."""
    selected = await selected_names(view.selector, source) if view.selector else None
    if not router.is_given:
        picture = picture_of(read_roster(await list_nodes(source)), None, rules)
    else:
        async with open_router(router) as provider:
            roster = read_roster(await list_nodes(source))
            picture = picture_of(roster, await provider.read(), rules)
    return picture if selected is None else picture.of(selected)


async def selected_names(selector: str, source: NodeSource) -> Container[str]:
    """Those of the Nodes with these labels."""
    listed = await list_nodes(source, selector=selector)
    if not listed.objects:
        warn(f"no Node has the labels {selector}")
    return {one.metadata.name for one in listed.objects}


def picture_of(roster: Roster, installed: RouteTable | None, rules: ClaimRules) -> Picture:
    """What the Nodes claim, and what of it is ``installed``; None: nobody was asked."""
    proposal = propose(roster, installed or RouteTable(), rules)
    return pictured(roster, proposal, installed, rules)


def pictured(
    roster: Roster, proposal: Proposal, installed: RouteTable | None, rules: ClaimRules
) -> Picture:
    """The same where the claims are judged already."""
    going = frozenset(leaving_nodes(roster))
    states = [
        leaving(one) if one.node in going else one
        for one in route_states(proposal, installed, rules)
    ]
    return Picture(states, roster, proposal.judgement.waiting)


def _print_plain(listed: NodeList) -> None:
    """Byte for byte as written, except where a terminal would obey."""
    for one in listed.misshapen:
        warn(f"{escape(one.name, LONGEST_NAME)} is no Node that can be read: {one.reason}")
    if listed.misshapen and not listed.objects:
        raise Failure(Exit.DIFFERENT, f"{listed.origin}: no Node can be read")
    lines = map(seed_line, listed.objects)
    if sys.stdout.isatty():
        sys.stdout.writelines(f"{escape(line[:-1])}\n" for line in lines)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write("".join(lines).encode(errors="surrogatepass"))


def records_of(picture: Picture) -> Sequence[RouteRecord]:
    """Its lines in texts."""
    addresses = picture.addresses()
    return [route_record(one, addresses.get(one.node, ())) for one in picture.states]


def _print_document(picture: Picture, output: str) -> None:
    nodes = about_nodes(picture.roster, picture.waiting)
    print_document({"kind": "RouteTable", "items": records_of(picture), **nodes}, output)
