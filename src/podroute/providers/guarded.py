"""A provider whose faults end nobody else's work: they count as not reached, and are read back."""

from collections.abc import Sequence

from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.providers.interface import (
    CheckedRouter,
    FinishingRouter,
    Limits,
    ProviderUnreachable,
    Question,
    RouteProvider,
)
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change


class GuardedRoutes:
    """``provider``, but no other exception than ProviderUnreachable, and an answer per change."""

    def __init__(self, provider: RouteProvider) -> None:
        self.limits = provider.limits
        self._provider = provider

    async def read(self) -> RouteTable:
        try:
            return await self._provider.read()
        except ProviderUnreachable:
            raise
        except Exception as error:
            raise _fault(error) from error

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        try:
            outcomes = await self._provider.apply(changes)
        except ProviderUnreachable:
            raise
        except Exception as error:
            raise _fault(error) from error
        if [one.step for one in outcomes] != list(changes):
            words = f"{len(outcomes)} answers to {len(changes)} changes, or to others"
            message = f"a fault in the provider: {words}; please report it"
            raise ProviderUnreachable(message)
        return outcomes

    async def changed(self) -> None:
        try:
            await self._provider.changed()
        except ProviderUnreachable:
            raise
        except Exception as error:
            raise _fault(error) from error

    async def finish(self) -> None:
        """Nothing, of a provider whose changes are over with ``apply``."""
        if not isinstance(self._provider, FinishingRouter):
            return
        try:
            await self._provider.finish()
        except ProviderUnreachable:
            raise
        except Exception as error:
            raise _fault(error) from error

    async def checks(self, question: Question) -> Sequence[Check]:
        """None, of a provider that knows of routes only."""
        if not isinstance(self._provider, CheckedRouter):
            return ()
        try:
            return await self._provider.checks(question)
        except ProviderUnreachable:
            raise
        except Exception as error:
            raise _fault(error) from error

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return self._provider.commands(changes)


class UnopenedRoutes:
    """In the place of a provider that could not be opened, and is not tried again."""

    def __init__(self, reason: str) -> None:
        self.limits = Limits()
        self._reason = reason

    async def read(self) -> RouteTable:
        raise ProviderUnreachable(self._reason)

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:  # noqa: ARG002 -- none
        raise ProviderUnreachable(self._reason)

    async def changed(self) -> None:
        raise ProviderUnreachable(self._reason)

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:  # noqa: ARG002 -- none
        raise ProviderUnreachable(self._reason)


def _fault(error: Exception) -> ProviderUnreachable:
    words = f"{type(error).__name__}: {error}"
    return ProviderUnreachable(f"a fault in the provider: {words}; please report it")


_: tuple[type[RouteProvider], ...] = (GuardedRoutes, UnopenedRoutes)
