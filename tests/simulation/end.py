"""How a run ends: in fair weather everything becomes as wished, and then nothing happens."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Final

from podroute.model.condition import CREATED, NetworkCondition
from podroute.model.route import InstalledRoute, Route
from podroute.routing.conditions import OURS, condition_of
from podroute.routing.proposal import Proposal, propose
from podroute.routing.states import RouteState, route_states
from podroute.routing.steps import Blocked
from tests.simulation.replica import Replica, Surroundings

LONGEST: Final = 900.0  # seconds; what is refused as pointless is not tried for 300
LOOK: Final = 2.0
PERIODS: Final = 6
FULL: Final = re.compile(r"and \d+ are there or come first[^:;]*")
SURE: Final = 400  # characters: behind them a message may be cut, at a word or a digit more


class End:
    """The last part of a run; ``ends`` looks after those that ended."""

    def __init__(
        self,
        around: Surroundings,
        replicas: list[Replica],
        ends: Callable[[], object],
    ) -> None:
        self._around = around
        self._replicas = replicas
        self._ends = ends

    async def wait(self) -> None:
        """Until all laws hold in the end, or one is broken."""
        laws, deadline = self._around.laws, self._around.loop.time() + LONGEST
        while (wrong := list(self._wrong())) and self._around.loop.time() < deadline:
            await asyncio.sleep(LOOK)
            self._ends()
            for one in self._replicas:
                one.confirm()
            if laws.broken:
                return
        laws.hold("everything becomes as wished", what=wrong[:3], holds=not wrong)
        for route, node in self._astray():
            laws.hold("traffic goes where it should", what=(route, node), holds=False)
        if not laws.broken:
            await self._idle()

    async def _idle(self) -> None:
        """Nothing is written, and one read in each period is enough."""
        laws = self._around.laws
        await asyncio.sleep(30.0)
        before = laws.calls.copy()
        await asyncio.sleep(PERIODS * 10.0)
        for call, most in (("applies", 0), ("patches", 0), ("reads", PERIODS + 1)):
            count = laws.calls[call] - before[call]
            laws.hold("idle costs nothing", what=f"{count} {call}", holds=count <= most)

    def proposal(self) -> Proposal:
        """What is to be done, by the truth."""
        around = self._around
        return propose(around.cluster.roster, around.router.table, around.rules)

    def _wrong(self) -> Iterator[object]:
        if not any(one.leads for one in self._replicas):
            yield "nobody leads"
        proposal = self.proposal()
        yield from (step for step in proposal.steps if not isinstance(step, Blocked))
        lines = route_states(proposal, self._around.router.table, self._around.rules)
        own: dict[str, list[RouteState]] = {}
        for line in lines:
            own.setdefault(line.node, []).append(line)
        for node in self._around.cluster.roster.nodes:
            wish = condition_of(node, own.get(node.name, ()), ())
            ours = node.network is None or node.network.reason in OURS
            if wish is not None and ours and not _says(node.network, wish):
                yield node.name, node.network, wish

    def _astray(self) -> Iterator[tuple[InstalledRoute, Route]]:
        """What takes a believed claim's traffic elsewhere, while its Node is said to be well."""
        routes = self._around.router.routes
        nodes = {node.name: node for node in self._around.cluster.roster.nodes}
        for wish in self.proposal().judgement.believed:
            said = nodes[wish.node].network
            if said is None or said.reason != CREATED:
                continue
            there = [one for one in routes if one.destination == wish.destination]
            first = min(there, key=lambda one: one.preference)
            if first.next_hop != wish.next_hop:
                yield first, wish


def _says(shown: NetworkCondition | None, wish: NetworkCondition) -> bool:
    """How full the router is may have changed since."""
    if shown is None or (shown.status, shown.reason) != (wish.status, wish.reason):
        return False
    return FULL.sub("", shown.message)[:SURE] == FULL.sub("", wish.message)[:SURE]
