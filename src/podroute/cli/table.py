"""podroute table: who has which block, and is the route really there?"""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from cyclopts import Parameter

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
from podroute.cli.text import NONE, columns, escape, paint, wants_colour, warn
from podroute.kube.nodes import NodeObject, seed_line
from podroute.model.node import NodeName, Roster
from podroute.model.route import RouteTable
from podroute.routing.proposal import propose
from podroute.routing.states import RouteState, State, route_states

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


ANY_VIEW: Final = TableView()


def table(
    *,
    view: TableView = ANY_VIEW,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> None:
    """Show each Node's InternalIP, pod CIDR, and whether the route is really there."""
    output = view.output
    rules = claim_rules(addresses)
    listed = asyncio.run(list_nodes(source, selector=view.selector))
    if output == "plain":
        _print_plain(listed.objects)
        return
    roster = read_roster(listed)
    installed = asyncio.run(_read(router)) if router.provider else None
    proposal = propose(roster, installed or RouteTable(), rules)
    states = route_states(proposal, installed, rules)
    if output in {"json", "yaml"}:
        _print_document(states, roster, output)
    else:
        _print_columns(states, roster, wide=output == "wide", headings=not view.no_headers)
    if not listed.objects and not listed.misshapen:
        warn(f"{listed.origin} has no Nodes")


async def _read(router: Router) -> RouteTable:
    async with open_router(router) as provider:
        return await provider.read()


def _print_plain(objects: Iterable[NodeObject]) -> None:
    """Byte for byte as written, except where a terminal would obey."""
    lines = map(seed_line, objects)
    if sys.stdout.isatty():
        sys.stdout.writelines(f"{escape(line[:-1])}\n" for line in lines)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write("".join(lines).encode(errors="surrogateescape"))


def _addresses(roster: Roster) -> Mapping[str, str]:
    return {node.name: ",".join(map(str, node.internal_ips)) for node in roster.nodes}


def _print_columns(
    states: Iterable[RouteState], roster: Roster, *, wide: bool, headings: bool
) -> None:
    addresses = _addresses(roster)
    extra = ["OWNER"] if wide else []
    rows = [["NODE", "INTERNAL-IP", "POD-CIDR", "STATE", *extra, "REASON"]] if headings else []
    for one in states:
        address = str(one.next_hop or addresses.get(NodeName(one.node)) or NONE)
        owner = [one.owner or NONE] if wide else []
        cidr = str(one.destination or NONE)
        rows.append(
            [escape(one.node) or NONE, address, cidr, one.state, *owner, escape(one.reason)]
        )
    lines = columns(rows)
    if wants_colour(sys.stdout):
        first = 1 if headings else 0
        for number, one in enumerate(states, start=first):
            painted = paint(one.state, COLOURS[one.state])
            lines[number] = lines[number].replace(f" {one.state}", f" {painted}", 1)
    if rows:
        sys.stdout.write("\n".join(lines) + "\n")


def _print_document(states: Iterable[RouteState], roster: Roster, output: str) -> None:
    document = {
        "apiVersion": "podroute/v1alpha1",
        "kind": "RouteTable",
        "items": [_item(one) for one in states],
        "unreadable": [{"name": one.name, "reason": one.reason} for one in roster.unreadable],
    }
    if output == "yaml":
        sys.stdout.write(msgspec.yaml.encode(document).decode())
    else:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")


def _item(one: RouteState) -> dict[str, str | None]:
    return {
        "node": one.node or None,
        "podCIDR": str(one.destination) if one.destination else None,
        "nextHop": str(one.next_hop) if one.next_hop else None,
        "state": one.state,
        "owner": one.owner or None,
        "reason": one.reason,
    }
