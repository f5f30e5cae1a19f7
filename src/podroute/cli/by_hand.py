"""What would a person type for the routes to one destination?"""

from collections.abc import Iterator, Sequence

from podroute.claims.rules import ClaimRules
from podroute.model.cidr import bounds, parse_cidr
from podroute.model.route import InstalledRoute
from podroute.observe.board import Subject
from podroute.observe.escape import escaped
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.compare import InSync
from podroute.routing.observed import Observed
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked, Change, Create, destination_of

LONGEST = 500  # characters of a router's words


def typed(
    observed: Observed, rules: ClaimRules, provider: RouteProvider, subject: Subject
) -> Sequence[str]:
    """The line of ``podroute plan --show-commands`` for it.

    Of a route that is as wished: how it is made. A route of somebody else is taken over where it
    leads to the Node; where not, a comment says that it is nobody's here to remove.
    """
    cidr = parse_cidr(subject)
    part = observed.neighbourhood([bounds(cidr)])
    proposal = propose(part.roster, part.table, rules, adopt=True)
    steps = [one for one in proposal.steps if destination_of(one) == cidr]
    changes: list[Change] = [one for one in steps if not isinstance(one, Blocked)]
    if not steps:
        changes += [
            Create(one.route)
            for one in proposal.findings
            if isinstance(one, InSync) and one.route.destination == cidr
        ]
    if not changes:
        return list(_comments(observed.routes(bounds(cidr))))
    try:
        return [" && ".join(provider.commands(changes))]
    except ProviderUnreachable as error:
        return [f"# not known now: {escaped(str(error), LONGEST)}"]


def _comments(routes: Sequence[InstalledRoute]) -> Iterator[str]:
    for one in routes:
        if one.ownership == "foreign":
            handle = escaped(one.handle, LONGEST)
            yield f"# {handle}: somebody else's; who has made it removes it"
