"""Direct routes to the other Nodes' podCIDRs, by the same decisions as on a router."""

from dataclasses import dataclass
from typing import Final

from podroute.claims.rules import ClaimRules
from podroute.model.node import Roster
from podroute.model.route import InstalledRoute
from podroute.providers.carrying import send
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Failed
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked, Change, Delete

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
    """The kernel's routes to other workers on the same links."""

    def __init__(self, provider: RouteProvider, rules: ClaimRules) -> None:
        self._provider = provider
        self._rules = rules
        self._seen_stale: frozenset[InstalledRoute] = frozenset()

    async def changes(self, others: Roster) -> tuple[Change, ...]:
        """What would be done, all of it."""
        table = await self._provider.read()
        return propose(others, table, self._rules).verdict.allowed

    async def keep(self, others: Roster) -> PeerReport:
        """One pass; what nobody needs goes when it was seen so twice.

        Raises:
            ProviderUnreachable: nothing was changed.
        """
        table = await self._provider.read()
        proposal = propose(others, table, self._rules)
        verdict = proposal.verdict
        stale = frozenset(one.installed for one in verdict.allowed if isinstance(one, Delete))
        ready = [
            one
            for one in verdict.allowed
            if not isinstance(one, Delete) or one.installed in self._seen_stale
        ]
        again = bool(stale - self._seen_stale)
        self._seen_stale = stale
        outcomes = await send(ready, self._provider, lambda _: None) if ready else ()
        failed = tuple(one.reason for one in outcomes if isinstance(one, Failed))
        blocked = tuple(
            f"{one.node} {one.destination}: {one.reason}"
            for one in proposal.steps
            if isinstance(one, Blocked)
        )
        done = len(outcomes) - len(failed)
        return PeerReport(done, failed, blocked, verdict.reason, again)

    async def changed(self) -> None:
        """Returns when somebody may have changed routes."""
        await self._provider.changed()

    async def remove_all(self) -> int:
        """Takes all of our routes away; how many there were.

        Raises:
            ProviderUnreachable: the kernel refused.
        """
        table = await self._provider.read()
        mine = [Delete(one) for one in table.routes if one.ownership == "ours"]
        outcomes = await send(mine, self._provider, lambda _: None) if mine else ()
        failed = [one.reason for one in outcomes if isinstance(one, Failed)]
        if failed:
            raise ProviderUnreachable(failed[0])
        return len(mine)
