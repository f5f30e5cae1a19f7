"""The state of every route in one word and a reason, for people. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, assert_never

from podroute.claims.judge import Rejected
from podroute.claims.keep import Kept
from podroute.claims.rules import ClaimRules
from podroute.model.cidr import Address, Cidr, contains, sort_key
from podroute.model.route import InstalledRoute, Route, RouteTable
from podroute.routing.compare import (
    Adoptable,
    Finding,
    InSync,
    InTheWay,
    Missing,
    Overtaken,
    Stale,
    Wrong,
    shadows,
)
from podroute.routing.proposal import Proposal
from podroute.routing.quota import QUOTA
from podroute.routing.remedies import RANGE, REMOVE, remedy_of
from podroute.routing.steps import ENOUGH, UNWANTED, Blocked, Step

State: TypeAlias = Literal[
    "InSync",
    "Missing",
    "WrongNextHop",
    "Stale",
    "Foreign",
    "Blackhole",
    "Pending",
    "Blocked",
    "Unknown",
]


@dataclass(frozen=True, slots=True)
class RouteState:
    """One line of the table; ``owner`` is "" where nothing is installed.

    ``warned``: the router says itself that it forwards nothing, and no step would mend that.
    ``remedy``: what a person does about the reason, where that does not say it.
    """

    node: str  # "" where no Node stands behind the route
    destination: Cidr | None  # None: the Node has no podCIDR yet
    next_hop: Address | None
    state: State
    reason: str = ""
    owner: Literal["ours", "foreign", ""] = ""
    warned: bool = False
    remedy: str = ""


def route_states(
    proposal: Proposal, table: RouteTable | None, rules: ClaimRules
) -> tuple[RouteState, ...]:
    """By destination, Nodes without a podCIDR last; ``table`` None: no provider was asked."""
    refusals: dict[tuple[str, Cidr], Rejected] = {
        (one.node, one.destination): one for one in proposal.judgement.rejected
    }
    if table is None:
        lines = [_unknown(route) for route in proposal.judgement.believed]
    else:
        lines = [_line(finding, refusals) for finding in proposal.findings]
        lines = _without_room(lines, proposal.steps)
        lines.extend(_foreign(proposal, table, rules))
    in_place = {(one.node, one.installed.destination) for one in proposal.judgement.kept}
    for claim in proposal.judgement.rejected:
        if (claim.node, claim.destination) not in in_place:
            lines.append(_blocked(claim))
    for one in proposal.judgement.unrouted:
        reason = f"IPv{one.destination.version} is not routed here: no cluster CIDR is of it"
        lines.append(RouteState(one.node, one.destination, None, "Unknown", reason, remedy=RANGE))
    for name in proposal.judgement.waiting:
        lines.append(RouteState(name, None, None, "Pending", "no podCIDR yet"))
    return tuple(sorted(lines, key=_order))


def _without_room(lines: list[RouteState], steps: Sequence[Step]) -> list[RouteState]:
    """What is missing because the router takes no more routes is blocked."""
    full: dict[Cidr | None, str] = {
        one.destination: one.reason
        for one in steps
        if isinstance(one, Blocked) and one.holder == QUOTA
    }
    if not full:
        return lines
    return [
        replace(one, state="Blocked", reason=full[one.destination])
        if one.state == "Missing" and one.destination in full
        else one
        for one in lines
    ]


def _order(line: RouteState) -> tuple[bool, tuple[int, ...], str, str, str, str]:
    key = sort_key(line.destination) if line.destination else ()
    return line.destination is None, key, line.state, line.node, str(line.next_hop), line.reason


def _unknown(route: Route) -> RouteState:
    return RouteState(route.node, route.destination, route.next_hop, "Unknown", "no provider given")


def _blocked(claim: Rejected) -> RouteState:
    line = RouteState(claim.node, claim.destination, claim.next_hop, "Blocked", claim.reason)
    return replace(line, remedy=remedy_of(claim))


def _line(finding: Finding, refusals: Mapping[tuple[str, Cidr], Rejected]) -> RouteState:
    match finding:
        case InSync() | Overtaken() | Missing() | Wrong() | InTheWay() | Adoptable():
            return _wished(finding)
        case Stale(installed=installed, node=node):
            reason = f"{ENOUGH}: {installed.handle}" if node else UNWANTED
            return _installed(installed, "", "Stale", reason)
        case Kept(installed=installed, node=node):
            return _kept(finding, refusals.get((node, installed.destination)))
        case _:
            assert_never(finding)


def _kept(kept: Kept, refusal: Rejected | None) -> RouteState:
    """One line for the refused claim and the installed route, which stays."""
    state: State = "Pending" if refusal is None else "Blocked"
    reason = kept.reason if refusal is None else f"{refusal.reason}; the installed route stays"
    if kept.installed.kind == "blackhole":
        state = "Blackhole"
    line = _installed(kept.installed, kept.node, state, reason)
    return line if refusal is None else replace(line, remedy=remedy_of(refusal))


def _wished(
    finding: InSync | Overtaken | Missing | Wrong | InTheWay | Adoptable,
) -> RouteState:
    match finding:
        case InSync(route=route, installed=installed) | Adoptable(route=route, installed=installed):
            return _served(route, installed)
        case Missing(route=route):
            return _wish(route, "Missing", "no such route is installed", None)
        case Wrong(route=route, installed=installed):
            reason = installed.deviation or installed.handle
            return _wish(route, _astray(installed), reason, installed)
        case Overtaken(route=route, installed=installed):
            reason = f"{installed.handle} is before it"
            return _wish(route, _astray(installed), reason, installed)
        case InTheWay(route=route, holder=holder):
            return replace(_wish(route, "Blocked", finding.reason, holder), remedy=REMOVE)
        case _:
            assert_never(finding)


def _served(route: Route, installed: InstalledRoute) -> RouteState:
    """What leads where it should may drop all that it is sent."""
    if installed.warning:
        return replace(_wish(route, "Blackhole", installed.warning, installed), warned=True)
    reason = "" if installed.ownership == "ours" else f"{installed.handle} is not ours"
    return _wish(route, "InSync", reason, installed)


def _astray(installed: InstalledRoute) -> State:
    return "Blackhole" if installed.kind == "blackhole" else "WrongNextHop"


def _wish(route: Route, state: State, reason: str, installed: InstalledRoute | None) -> RouteState:
    owner = "" if installed is None else installed.ownership
    return RouteState(route.node, route.destination, route.next_hop, state, reason, owner)


def _installed(installed: InstalledRoute, node: str, state: State, reason: str) -> RouteState:
    return RouteState(
        node, installed.destination, installed.next_hop, state, reason, installed.ownership
    )


def _foreign(proposal: Proposal, table: RouteTable, rules: ClaimRules) -> Iterator[RouteState]:
    """Foreign routes among the Pods' addresses: those that take traffic from a wish, and strays."""
    wishes = {route.destination: route for route in proposal.judgement.believed}
    told: set[Cidr] = set()
    for foreign, wish in shadows(wishes, table):
        told.add(foreign.destination)
        reason = f"takes traffic of {wish.node} {wish.destination}: {foreign.handle}"
        yield _installed(foreign, wish.node, "Foreign", reason)
    for foreign in table.routes:
        if foreign.ownership == "ours" or foreign.destination in wishes.keys() | told:
            continue
        if any(contains(pool.cidr, foreign.destination) for pool in rules.pools):
            yield _installed(foreign, "", "Foreign", foreign.handle)
