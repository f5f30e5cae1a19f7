"""Which steps lead from the installed routes to the wished ones? Pure.

Every finding becomes at most one step. New routes come before removals at other destinations, so
that no Pod loses its path in between; a second plan made after any interrupted prefix holds the
rest. Of the steps about one destination each is for a router that has carried out those before it.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import TypeAlias, assert_never

from podroute.claims.judge import Rejected
from podroute.claims.keep import Kept
from podroute.model.cidr import sort_key
from podroute.routing.compare import (
    Adoptable,
    Finding,
    InSync,
    InTheWay,
    Missing,
    Overtaken,
    Stale,
    Wrong,
)
from podroute.routing.remedies import REMOVE, remedy_of
from podroute.routing.steps import Adopt, Blocked, Create, Delete, Replace, Step

_Order: TypeAlias = tuple[bool, tuple[int, int, int], str]


def plan_routes(findings: Sequence[Finding], rejected: Sequence[Rejected]) -> tuple[Step, ...]:
    """The steps, by destination, removals last; the same for any order of what was seen."""
    planned: list[tuple[_Order, Step]] = [
        ((False, sort_key(claim.destination), claim.node), _blocked(claim)) for claim in rejected
    ]
    for finding in findings:
        match finding:
            case InSync() | Overtaken() | Kept():
                continue
            case Missing() | Wrong() | InTheWay() | Adoptable() | Stale():
                planned.append((_order(finding), _step(finding)))
            case _:
                assert_never(finding)
    return tuple(step for _, step in sorted(planned, key=itemgetter(0)))


def _step(finding: Missing | Wrong | InTheWay | Adoptable | Stale) -> Step:
    match finding:
        case Adoptable(route=route, installed=installed, written=written):
            return Adopt(installed, route, written)
        case Missing(route=route):
            return Create(route)
        case Wrong(route=route, installed=installed):
            return Replace(installed, route)
        case Stale(installed=installed, node=node):
            return Delete(installed, node)
        case InTheWay(route=route, holder=holder):
            reason, where = finding.reason, route.destination
            return Blocked(route.node, where, route.next_hop, holder.handle, reason, REMOVE)
        case _:
            assert_never(finding)


def _blocked(claim: Rejected) -> Blocked:
    node, where, hop = claim.node, claim.destination, claim.next_hop
    return Blocked(node, where, hop, claim.holder, claim.reason, remedy_of(claim))


def _order(finding: Missing | Wrong | InTheWay | Adoptable | Stale) -> _Order:
    """Findings about one destination stay in the order in which they were made."""
    match finding:
        case Stale(installed=installed, first=first):
            return not first, sort_key(installed.destination), ""
        case Missing() | Wrong() | InTheWay() | Adoptable():
            return False, sort_key(finding.route.destination), ""
        case _:
            assert_never(finding)
