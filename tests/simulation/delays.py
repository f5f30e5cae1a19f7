"""While the weather is fair, nothing that is to be done waits longer than it must."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Final

from podroute.routing.proposal import Proposal
from podroute.routing.steps import Blocked, Step
from tests.simulation.replica import Replica, Surroundings

LOOK: Final = 15.0  # seconds between two looks
LONGEST: Final = 120.0  # a destination rests, or is calmed, for up to 60
POINTLESS: Final = 450.0  # what is refused as pointless rests for 300


class Delays:
    """Looked at now and then; a step counts from the first look that has shown it."""

    def __init__(
        self, around: Surroundings, replicas: Sequence[Replica], proposal: Callable[[], Proposal]
    ) -> None:
        self._around = around
        self._replicas = replicas
        self._proposal = proposal
        self._looked = -inf
        self._leader: Replica | None = None
        self._since: dict[Step, float] = {}
        self._refused = False

    def look(self) -> None:
        """Where it is time to."""
        now = self._around.loop.time()
        self._refused |= "pointless" in self._around.weather.rates
        if now - self._looked < LOOK:
            return
        self._looked = now
        if not self._is_fair():
            self._since.clear()
            return
        steps = {one for one in self._proposal().steps if not isinstance(one, Blocked)}
        self._since = {one: self._since.get(one, now) for one in steps}
        longest = POINTLESS if self._refused else LONGEST
        for one, since in self._since.items():
            what = f"{now - since:.0f} s: {one}"
            laws = self._around.laws
            laws.hold("nothing waits without a cause", what=what, holds=now - since < longest)

    def _is_fair(self) -> bool:
        leader = next((one for one in self._replicas if one.leads), None)
        before, self._leader = self._leader, leader
        if leader is None or leader is not before or leader.process.stopped:
            return False
        held = leader.ledger is not None and leader.ledger.verdict.held
        return self._around.weather.is_fair and not held
