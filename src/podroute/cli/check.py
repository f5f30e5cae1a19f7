"""podroute check: named questions about addresses, routes and the router, and how to mend it."""

from collections.abc import Sequence
from datetime import timedelta

from podroute.claims.rules import ClaimRules
from podroute.cli import event_loop
from podroute.cli.address_plan import address_plan_of
from podroute.cli.check_view import ANY_VIEW, CheckView, show
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
from podroute.ipam.checks import address_checks
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import label_keys
from podroute.model.check import Check
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.providers.interface import CheckedRouter, ProviderUnreachable, Question, RouteProvider
from podroute.routing.checks import route_checks
from podroute.routing.proposal import propose


def check(
    *,
    view: CheckView = ANY_VIEW,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> int:
    """Look for what keeps Pods from being reached, and tell what mends it; nothing is changed."""
    checks = event_loop.run(_asked(source, addresses, router))
    return show(checks, view)


async def _asked(source: NodeSource, addresses: AddressPlan, router: Router) -> Sequence[Check]:
    rules = claim_rules(addresses)
    if not router.is_given:
        roster = await _roster(source, addresses)
        return [*_of_addresses(roster, addresses), *_of_routes(roster, None, rules)[0]]
    async with open_router(router) as provider:
        roster = await _roster(source, addresses)
        table = await provider.read()
        of_routes, question = _of_routes(roster, table, rules)
        return [
            *_of_addresses(roster, addresses),
            *of_routes,
            *await _of_router(provider, question),
        ]


async def _roster(source: NodeSource, addresses: AddressPlan) -> Roster:
    keys = label_keys(address_plan_of(addresses, timedelta()))
    return read_roster(await list_nodes(source, label_keys=keys), keys)


def _of_addresses(roster: Roster, addresses: AddressPlan) -> Sequence[Check]:
    ledger = Ledger(address_plan_of(addresses, timedelta()))
    ledger.relist(roster.everybody(), 0.0)
    return address_checks(ledger.findings(), ledger.usage(0.0))


def _of_routes(
    roster: Roster, table: RouteTable | None, rules: ClaimRules
) -> tuple[Sequence[Check], Question]:
    proposal = propose(roster, table or RouteTable(), rules)
    pools = tuple(pool.cidr for pool in rules.pools)
    return (
        route_checks(proposal, table, rules, roster),
        Question(proposal.judgement.believed, pools),
    )


async def _of_router(provider: RouteProvider, question: Question) -> Sequence[Check]:
    if not isinstance(provider, CheckedRouter):
        return ()
    try:
        return await provider.checks(question)
    except ProviderUnreachable as error:
        raise Failure(Exit.UNREACHED, str(error)) from None
