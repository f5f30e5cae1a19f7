"""One pass of the route loop: read, desire, plan, apply, and a look back."""

from collections.abc import Sequence
from dataclasses import dataclass

from podroute.model.node import Node
from podroute.providers.carrying import send
from podroute.providers.interface import RouteProvider
from podroute.routing.outcome import Done, Failed, Outcome, confirm
from podroute.routing.proposal import Proposal, propose
from podroute.routing.steps import Change
from tests.builders import SEED_RULES, node, roster


@dataclass(frozen=True)
class Pass:
    """What was decided and what became of it."""

    proposal: Proposal
    outcomes: Sequence[Outcome]

    @property
    def changes(self) -> Sequence[Change]:
        """What was tried."""
        return [one.step for one in self.outcomes]

    @property
    def failures(self) -> Sequence[Failed]:
        """What was not done."""
        return [one for one in self.outcomes if isinstance(one, Failed)]

    @property
    def clean(self) -> bool:
        """Whether all was done."""
        return all(isinstance(one, Done) for one in self.outcomes)


async def one_pass(provider: RouteProvider, *nodes: Node, adopt: bool = False) -> Pass:
    """Removals need no person here."""
    table = await provider.read()
    proposal = propose(roster(*nodes), table, SEED_RULES, adopt=adopt)
    verdict = proposal.verdict
    changes = (*verdict.allowed, *verdict.held)
    outcomes = await send(changes, provider, lambda _: None)
    if changes:
        outcomes = list(confirm(outcomes, await provider.read()))
    return Pass(proposal, outcomes)


async def settled(provider: RouteProvider, *nodes: Node, within: int = 10) -> int:
    """Passes until there is nothing to do; so many were needed.

    Raises:
        AssertionError: there always was.
    """
    for number in range(within):
        if not (await one_pass(provider, *nodes)).changes:
            return number
    message = f"not settled after {within} passes"
    raise AssertionError(message)


def worker(number: int, address: str = "") -> Node:
    """As in the seed, dual stack."""
    last = 30 + number
    addresses = address or f"10.240.0.{last} fd00:10:240::{last}"
    return node(
        f"worker-{number}", addresses, f"10.200.{number}.0/24", f"fd00:10:200:{number}::/64"
    )
