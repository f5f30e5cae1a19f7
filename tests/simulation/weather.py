"""Which faults there are, how often, and dice for everything."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

FAULTS: Final[Mapping[str, float]] = {
    # the API server: how often at most
    "api away": 0.3,  # the list fails
    "watch gap": 0.15,  # the watch ends, and there is a list later
    "late watch": 0.3,
    "patch denied": 0.2,
    "patch throttled": 0.2,
    "patch lost": 0.2,  # unknown, and nothing was done
    "patch unheard": 0.2,  # unknown, and it was done
    "late patch": 0.1,  # unknown, and it will be done
    "lease away": 0.15,
    "lease unheard": 0.1,
    # the router
    "read fails": 0.2,
    "apply fails": 0.2,
    "slow call": 0.2,
    "throttled": 0.2,
    "refused": 0.2,  # before the effect
    "unheard": 0.2,  # it was done, and the answer says otherwise
    "lie": 0.15,  # the answer says done, and it was not
    "pointless": 0.05,
    "old view": 0.5,  # a read shows what was, within the lag
}


@dataclass
class Weather:
    """The dice of one run; each run has only some of the faults, and each at its own rate."""

    dice: Random
    rates: dict[str, float] = field(default_factory=dict[str, float])

    def brew(self) -> None:
        """Which faults this run has."""
        if self.dice.random() < 0.15:
            return
        self.rates = {
            fault: most * self.dice.random()
            for fault, most in FAULTS.items()
            if self.dice.random() < 0.5
        }

    def clear(self) -> None:
        """No more faults; reads may be old for as long as the router has always said."""
        self.rates = {"old view": self.rates.get("old view", 0.0)}

    @property
    def is_fair(self) -> bool:
        """Whether nothing fails."""
        return not self.rates.keys() - {"old view"}

    def strikes(self, fault: str) -> bool:
        """Whether it happens this time."""
        rate = self.rates.get(fault)
        return bool(rate) and self.dice.random() < (rate or 0.0)

    async def passes(self) -> None:
        """What a call takes, mostly little."""
        longest = 8.0 if self.strikes("slow call") else 0.03
        await asyncio.sleep(self.dice.uniform(0.0, longest))
