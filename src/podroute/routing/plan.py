"""Which steps lead from the installed routes to the wished ones? Pure.

Every finding becomes at most one step. New routes come before removals, so that no Pod loses its
path in between; a second plan made after any interrupted prefix holds the rest.
"""

from collections.abc import Sequence
from typing import assert_never

from podroute.claims.judge import Rejected
from podroute.claims.keep import Kept
from podroute.model.cidr import Cidr, sort_key
from podroute.routing.compare import Finding, InSync, InTheWay, Missing, Stale, Wrong
from podroute.routing.steps import Adopt, Blocked, Create, Delete, Replace, Step


def plan_routes(
    findings: Sequence[Finding], rejected: Sequence[Rejected], *, adopt: bool
) -> tuple[Step, ...]:
    """The steps, by destination, removals last; the same for any order of what was seen.

    ``adopt``: foreign routes that are as wished become ours.
    """
    steps: list[Step] = [_blocked(claim) for claim in rejected]
    for finding in findings:
        match finding:
            case InSync(installed=installed) if installed.ownership == "ours" or not adopt:
                continue
            case Kept():
                continue
            case InSync() | Missing() | Wrong() | InTheWay() | Stale():
                steps.append(_step(finding))
            case _:
                assert_never(finding)
    return tuple(sorted(steps, key=_order))


def _step(finding: InSync | Missing | Wrong | InTheWay | Stale) -> Step:
    match finding:
        case InSync(route=route, installed=installed):
            return Adopt(installed, route)
        case Missing(route=route):
            return Create(route)
        case Wrong(route=route, installed=installed):
            return Replace(installed, route)
        case Stale(installed=installed):
            return Delete(installed)
        case InTheWay(route=route, holder=holder):
            reason = f"{holder.handle} is not ours"
            return Blocked(route.node, route.destination, route.next_hop, holder.handle, reason)
        case _:
            assert_never(finding)


def _blocked(claim: Rejected) -> Blocked:
    return Blocked(claim.node, claim.destination, claim.next_hop, claim.holder, claim.reason)


def _order(step: Step) -> tuple[bool, tuple[int, int, int], str]:
    match step:
        case Create(route=route) | Replace(route=route) | Adopt(route=route):
            return False, sort_key(route.destination), ""
        case Blocked(destination=destination, node=node):
            return False, sort_key(destination), node
        case Delete(installed=installed):
            return True, sort_key(installed.destination), installed.handle
        case _:
            assert_never(step)


def destination_of(step: Step) -> Cidr:
    """The CIDR that the step is about."""
    match step:
        case Create(route=route) | Replace(route=route) | Adopt(route=route):
            return route.destination
        case Delete(installed=installed):
            return installed.destination
        case Blocked(destination=destination):
            return destination
        case _:
            assert_never(step)
