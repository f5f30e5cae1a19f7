"""Does the BGP daemon beside the agent announce this worker? Named checks; nothing is changed."""

from collections.abc import Iterator
from typing import Final

from podroute.claims.rules import ClaimRules
from podroute.model.check import Check, Problem
from podroute.model.node import Roster
from podroute.providers.interface import (
    CheckedRouter,
    ProviderUnreachable,
    Question,
    RouteProvider,
)
from podroute.routing.proposal import propose
from podroute.routing.states import RouteState, State, route_states

_DAEMON: Final = "bgp-daemon", "the BGP daemon beside the agent answers"
_ANNOUNCED: Final = "bgp-announced", "it announces this worker's podCIDRs, and no former ones"
_FIXES: Final[dict[State, str]] = {
    "Missing": "podroute agent --once does it, or a running agent",
    "WrongNextHop": "podroute agent --once does it, or a running agent",
    "Stale": "podroute agent --once does it, or a running agent",
    "Blocked": "remove the cause; kubectl describe node shows what the Node claims",
}


async def announcing_checks(
    daemon: RouteProvider, own: Roster, rules: ClaimRules
) -> tuple[Check, ...]:
    """``own`` has the worker's Node alone."""
    try:
        table = await daemon.read()
        proposal = propose(own, table, rules)
        pools = tuple(pool.cidr for pool in rules.pools)
        question = Question(proposal.judgement.believed, pools)
        neighbors = await daemon.checks(question) if isinstance(daemon, CheckedRouter) else ()
    except ProviderUnreachable as error:
        fix = "start it: docs/providers/per-node-bgp.md"
        away = Problem("--announce", str(error), fix)
        return Check(*_DAEMON, (away,)), Check(*_ANNOUNCED, skipped="it does not answer")
    told = tuple(_problems(route_states(proposal, table, rules)))
    return Check(*_DAEMON), Check(*_ANNOUNCED, told), *neighbors


def _problems(lines: tuple[RouteState, ...]) -> Iterator[Problem]:
    for one in lines:
        fix = _FIXES.get(one.state)
        if fix:
            reason = one.reason or "it is not announced"
            yield Problem(str(one.destination), f"{one.state}: {reason}", fix)
