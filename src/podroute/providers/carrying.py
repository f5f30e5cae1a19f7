"""Sends changes to a router: nothing is tried that depends on what has failed."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final

from podroute.model.cidr import Cidr
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Failed, Outcome
from podroute.routing.sequence import batches
from podroute.routing.steps import Change, destination_of

BATCH: Final = 500  # changes between two signs of life

_NOT_TRIED: Final = "not tried: what comes before it has failed"


async def send(
    changes: Sequence[Change], provider: RouteProvider, reached: Callable[[int], None]
) -> Sequence[Outcome]:
    """One outcome for each change, first those that depend on no other.

    ``reached`` is told how many there are, now and then.

    Raises:
        ProviderUnreachable: nothing was changed.
    """
    outcomes: list[Outcome] = []
    failed: set[Cidr] = set()
    parts = list(batches(changes, BATCH))
    for number, part in enumerate(parts):
        ready = [change for change in part if destination_of(change) not in failed]
        dependent = [change for change in part if destination_of(change) in failed]
        try:
            answers = await provider.apply(ready)
        except ProviderUnreachable as error:
            if not outcomes:
                raise
            rest = chain.from_iterable(parts[number:])
            return [*outcomes, *(Failed(change, str(error), "worth it") for change in rest)]
        failed |= {destination_of(one.step) for one in answers if isinstance(one, Failed)}
        outcomes += answers
        outcomes += [Failed(change, _NOT_TRIED, "worth it") for change in dependent]
        reached(len(outcomes))
    return outcomes
