"""Routers that keep what is running and what they start with apart."""

from collections.abc import Awaitable, Callable, Sequence

from podroute.providers.interface import ProviderUnreachable
from podroute.routing.outcome import Done, Outcome, undone


class Startup:
    """A router's startup configuration, where it is ``kept`` equal to what is running.

    ``save`` writes it, and says why it is not written, "" where it is; ``by_hand`` does the same.
    """

    def __init__(self, save: Callable[[], Awaitable[str]], by_hand: str, *, kept: bool) -> None:
        self._save = save
        self._by_hand = by_hand
        self._kept = kept
        self._behind = False  # what we have changed may not be in it

    def unsure(self) -> None:
        """Nobody knows what has been changed."""
        self._behind = self._kept

    async def after(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """What is not in it is not done."""
        if not self._kept or not any(isinstance(one, Done) for one in outcomes):
            return outcomes
        told = await self._written()
        return undone(outcomes, told) if told else outcomes

    async def catch_up(self) -> None:
        """Writes what earlier changes have left: nobody else would, as the routes are as wished.

        Raises:
            ProviderUnreachable: it is not written.
        """
        told = await self._written() if self._behind else ""
        if told:
            raise ProviderUnreachable(told)

    async def _written(self) -> str:
        self._behind = True
        try:
            told = await self._save()
        except ProviderUnreachable as error:
            told = str(error)
        self._behind = bool(told)
        if not told:
            return ""
        return f"running, but not in the startup configuration: {told}; by hand: {self._by_hand}"
