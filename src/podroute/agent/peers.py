"""Direct routes to the other Nodes' podCIDRs, by the same decisions as on a router."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from podroute.agent.confirmation import Confirmation
from podroute.bridge.claims import THIS_WORKER
from podroute.claims.rules import ClaimCourt, ClaimRules
from podroute.model.cidr import Cidr, bounds
from podroute.model.node import Roster
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.carrying import send
from podroute.providers.guarded import GuardedRoutes
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.guardrails import Verdict
from podroute.routing.outcome import Failed
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked, Delete

PROTOCOL: Final = "201"  # the owner mark of an agent's routes, beside the 200 of a router's


@dataclass(frozen=True, slots=True)
class PeerReport:
    """What has become of a pass; ``again``: another one is needed soon."""

    done: int = 0
    failed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    held: str = ""
    again: bool = False


class Peers:
    """The kernel's routes to other workers on the same links; a provider's fault ends no agent.

    ``own`` podCIDRs are no other's, whether their bridge is there yet or not.
    """

    def __init__(
        self, provider: RouteProvider, rules: ClaimRules, confirmation: Confirmation
    ) -> None:
        self._provider = GuardedRoutes(provider)
        self._rules = rules
        self._confirmation = confirmation
        self._seen_stale: frozenset[InstalledRoute] = frozenset()

    async def look(self, others: Roster, own: Sequence[Cidr] = ()) -> Verdict:
        """What would be done, all of it."""
        table = self._with(own, await self._provider.read())
        return propose(others, table, self._rules).verdict

    async def keep(self, others: Roster, own: Sequence[Cidr] = ()) -> PeerReport:
        """One pass; what nobody needs goes when it was seen so twice, what is held by a word.

        Raises:
            ProviderUnreachable: nothing was changed.
        """
        table = self._with(own, await self._provider.read())
        await self._provider.finish()  # what an earlier pass has left
        word = self._confirmation.word()
        proposal = propose(others, table, self._rules)
        stale = frozenset(one.installed for one in proposal.steps if isinstance(one, Delete))
        again, seen = bool(stale - self._seen_stale), self._seen_stale
        if word and not again:
            proposal = propose(others, table, self._rules, confirmed=word)
            self._confirmation.forget()
        verdict = proposal.verdict
        ready = [
            one for one in verdict.allowed if not isinstance(one, Delete) or one.installed in seen
        ]
        self._seen_stale = stale
        outcomes = await send(ready, self._provider, lambda _: None) if ready else ()
        failed = tuple(one.reason for one in outcomes if isinstance(one, Failed))
        blocked = tuple(
            f"{one.node} {one.destination}: {one.reason}"
            for one in proposal.steps
            if isinstance(one, Blocked)
        )
        done = len(outcomes) - len(failed)
        return PeerReport(done, failed, blocked, held(verdict), again)

    async def changed(self) -> None:
        """Returns when somebody may have changed routes."""
        await self._provider.changed()

    async def ours(self) -> Sequence[InstalledRoute]:
        """All that are there, needed or not.

        Raises:
            ProviderUnreachable: they cannot be read.
        """
        table = await self._provider.read()
        return [one for one in table.routes if one.ownership == "ours"]

    async def remove_all(self) -> int:
        """Takes all of our routes away; how many there were.

        Raises:
            ProviderUnreachable: the kernel refused.
        """
        mine = [Delete(one) for one in await self.ours()]
        outcomes = await send(mine, self._provider, lambda _: None) if mine else ()
        failed = [one.reason for one in outcomes if isinstance(one, Failed)]
        if failed:
            raise ProviderUnreachable(failed[0])
        return len(mine)

    def _with(self, own: Sequence[Cidr], table: RouteTable) -> RouteTable:
        """Those that can be, as networks of this machine, which is no router of others."""
        table = replace(table, whose=THIS_WORKER)
        court = ClaimCourt(self._rules, table)
        mine = (
            cidr for cidr in own if not court.fault_of_block(cidr, bounds(cidr), installed=False)
        )
        return table if table.on_link is None else replace(table, on_link=(*table.on_link, *mine))


def held(verdict: Verdict) -> str:
    """Why something waits, and how a person lets it pass; "" where nothing does."""
    if not verdict.held:
        return ""
    return f"{verdict.reason}; if that is right: podroute agent --confirm {verdict.confirmation}"
