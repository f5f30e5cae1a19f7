"""Sends changes to a router: nothing is tried that depends on what has failed."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final, TypeAlias

from podroute.model.cidr import Cidr
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Failed, Outcome
from podroute.routing.sequence import batches
from podroute.routing.steps import Change, destination_of

BATCH: Final = 500  # changes between two signs of life
TIMES: Final = 6  # that a change is sent to a router that asks for less
SHORTEST: Final = 0.5  # seconds before it is sent again

Begun: TypeAlias = Callable[[Sequence[Change]], object]
"""Hears what is under way from now on, and nothing else."""

_NOT_TRIED: Final = "not tried: what comes before it has failed"


def _unheard(_: Sequence[Change]) -> None:
    return


async def send(
    changes: Sequence[Change],
    provider: RouteProvider,
    reached: Callable[[int], None],
    begun: Begun = _unheard,
) -> Sequence[Outcome]:
    """One outcome for each change, first those that depend on no other, within the router's limits.

    ``reached`` is told how many there are, now and then, and ``begun`` which are under way.

    Raises:
        ProviderUnreachable: nothing was changed.
    """
    outcomes: list[Outcome] = []
    failed: set[Cidr] = set()
    limits = provider.limits
    clock = asyncio.get_running_loop()
    began = clock.time()
    parts = list(batches(changes, min(BATCH, limits.batch)))
    for number, part in enumerate(parts):
        ready = [change for change in part if destination_of(change) not in failed]
        dependent = [change for change in part if destination_of(change) in failed]
        if limits.rate and outcomes:  # what the router takes its time for counts
            due = began + (len(outcomes) + len(ready) - limits.burst) / limits.rate
            await asyncio.sleep(max(0.0, due - clock.time()))
        try:
            answers = await _apply(ready, provider, begun)
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


async def _apply(
    changes: Sequence[Change], provider: RouteProvider, begun: Begun
) -> Sequence[Outcome]:
    """What the router would take later is sent again, a few times."""
    answers = list(await _asked(changes, provider, begun))
    for _ in range(1, TIMES):
        late = [place for place, one in enumerate(answers) if _is_asked_to_wait(one)]
        if not late:
            break
        pauses = [one.after for one in answers if isinstance(one, Failed)]
        await asyncio.sleep(max(SHORTEST, *pauses))
        try:
            again = await _asked([answers[place].step for place in late], provider, begun)
        except ProviderUnreachable:
            break
        for place, answer in zip(late, again, strict=True):
            answers[place] = answer
    return answers


async def _asked(
    changes: Sequence[Change], provider: RouteProvider, begun: Begun
) -> Sequence[Outcome]:
    """Of what is given up while it is under way nobody knows what has become."""
    begun(changes)
    try:
        answers = await provider.apply(changes)
    except ProviderUnreachable:
        begun(())
        raise
    begun(())
    return answers


def _is_asked_to_wait(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.retry == "slower"
