"""What is wrong with the routes, and what is to be done about it? Named checks. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from podroute.claims.rules import ClaimRules
from podroute.model.check import Check, Problem
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.routing.proposal import Proposal
from podroute.routing.quota import is_near
from podroute.routing.states import RouteState, State, route_states


@dataclass(frozen=True, slots=True)
class _Kind:
    id: str
    what: str
    fix: str


_BY_STATE: Final[dict[State, _Kind]] = {
    "Missing": _Kind(
        "route-missing", "every podCIDR has a route", "podroute apply, or start podroute controller"
    ),
    "WrongNextHop": _Kind("route-next-hop", "routes lead to their Nodes", "podroute apply"),
    "Blackhole": _Kind(
        "route-blackhole",
        "no route drops its traffic",
        "bring the Node's machine back, or delete the Node; then podroute apply",
    ),
    "Stale": _Kind("route-stale", "no route of ours is left over", "podroute apply"),
    "Blocked": _Kind(
        "route-blocked",
        "no claim is refused, and nothing is in the way of a route",
        "remove the cause; kubectl describe node shows what the Node claims",
    ),
    "Foreign": _Kind(
        "route-foreign",
        "no route of others is among the Pods' addresses",
        "remove it at the router; podroute apply --adopt takes over what leads where it should",
    ),
}
_NO_ROUTER: Final = "no router was asked: give --provider"
_NO_POOL: Final = "give --cluster-cidr"
_RAISE: Final = "raise the quota, or remove routes that nobody needs"


def route_checks(
    proposal: Proposal, table: RouteTable | None, rules: ClaimRules, roster: Roster
) -> tuple[Check, ...]:
    """In one order; ``table`` None: no router was asked."""
    return (
        _readable(roster),
        _overlap(table, rules),
        *_by_state(route_states(proposal, table, rules), asked=table is not None),
        _quota(table),
    )


def _readable(roster: Roster) -> Check:
    problems = tuple(
        Problem(one.name, one.reason, f"correct the Node: kubectl get node {one.name} -o yaml")
        for one in roster.unreadable
    )
    return Check("node-readable", "every Node can be read", problems)


def _overlap(table: RouteTable | None, rules: ClaimRules) -> Check:
    kind = "cluster-cidr-overlap", "no Pod has an address of the router's or the Nodes' networks"
    if not rules.pools:
        return Check(*kind, skipped=_NO_POOL)
    networks = (*rules.node_cidrs, *(table.on_link or () if table else ()))
    problems = tuple(
        Problem(str(pool.cidr), f"it overlaps {network}, where the Nodes are", "use another range")
        for pool in rules.pools
        for network in networks
        if network.overlaps(pool.cidr)
    )
    return Check(*kind, problems)


def _by_state(lines: Sequence[RouteState], *, asked: bool) -> Iterator[Check]:
    for state, kind in _BY_STATE.items():
        if not asked and state != "Blocked":
            yield Check(kind.id, kind.what, skipped=_NO_ROUTER)
            continue
        problems = tuple(
            Problem(_subject(line), line.reason, line.remedy or kind.fix)
            for line in lines
            if line.state == state
        )
        yield Check(kind.id, kind.what, problems)


def _subject(line: RouteState) -> str:
    return " ".join(str(one) for one in (line.destination, line.node) if one)


def _quota(table: RouteTable | None) -> Check:
    kind = "route-quota", "the router has room for more routes"
    if table is None:
        return Check(*kind, skipped=_NO_ROUTER)
    quota = table.quota
    if quota is None:
        return Check(*kind, skipped="the router has no quota, or does not tell it")
    if not is_near(quota):
        return Check(*kind)
    cause = f"{quota.used} of {quota.limit} routes are used"
    return Check(*kind, (Problem("router", cause, _RAISE),))
