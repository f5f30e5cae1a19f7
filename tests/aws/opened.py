"""The provider as ``connect`` makes it, but for the credentials, and one whole pass with it."""

import time
from collections.abc import Sequence

from podroute.claims.rules import ClaimRules
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid, Roster
from podroute.model.pool import CidrPool
from podroute.providers.aws.client import AwsClient
from podroute.providers.aws.provider import AwsRoutes
from podroute.providers.aws.session import AwsSession
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.carrying import send
from podroute.providers.interface import RouteProvider
from podroute.routing.outcome import Outcome
from podroute.routing.proposal import Proposal, propose
from podroute.testing.aws.server import login

PAUSES = (0.01, 0.02, 0.03)
RULES = ClaimRules((CidrPool(parse_cidr("10.200.0.0/16"), 24),))


def provider_at(options: AwsOptions) -> RouteProvider:
    """With short pauses."""
    session = AwsSession(options, lambda _: login())
    return AwsRoutes(AwsClient(session, options, time.monotonic), options, PAUSES)


def node(number: int, *, address: int | None = None) -> Node:
    """Number 0 is 10.240.0.30 with 10.200.0.0/24, and so on."""
    hop = parse_address(f"10.240.0.{30 + number if address is None else address}")
    cidr = parse_cidr(f"10.200.{number}.0/24")
    name = f"worker{number}"
    return Node(NodeName(name), (hop,), (cidr,), NodeUid(name))


def nodes(count: int) -> Roster:
    """So many, from number 0."""
    return Roster(tuple(node(number) for number in range(count)))


async def plan(provider: RouteProvider, roster: Roster, *, adopt: bool = False) -> Proposal:
    """What would be done."""
    return propose(roster, await provider.read(), RULES, adopt=adopt)


async def one_pass(provider: RouteProvider, roster: Roster) -> Sequence[Outcome]:
    """Read, plan, apply."""
    proposal = await plan(provider, roster)
    return await send(proposal.verdict.allowed, provider, lambda _: None)


async def converged(provider: RouteProvider, roster: Roster, within: int) -> int:
    """The passes that it took until there was nothing to do.

    Raises:
        AssertionError: it took more than ``within``.
    """
    number = 0
    while (proposal := await plan(provider, roster)).steps:
        if number == within:
            message = f"after {within} passes there is still {proposal.steps}"
            raise AssertionError(message)
        await send(proposal.verdict.allowed, provider, lambda _: None)
        number += 1
    return number
