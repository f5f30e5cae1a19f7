"""Which changes were made, and are they to be found?"""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from podroute.cli.failure import Exit, Failure
from podroute.cli.interrupt import ended_in_order
from podroute.cli.progress import Progress
from podroute.cli.show import held_lines, step_line, step_record
from podroute.cli.text import count, warn
from podroute.providers.carrying import Begun, send
from podroute.providers.interface import FinishingRouter, ProviderUnreachable, RouteProvider
from podroute.routing.guardrails import Verdict
from podroute.routing.outcome import Done, Failed, Outcome, confirm, undone
from podroute.routing.steps import Blocked, Change

PAUSE: Final = 0.5  # seconds between two looks for what is not shown yet


async def carry_out(changes: Sequence[Change], provider: RouteProvider) -> Sequence[Outcome]:
    """One outcome for each change; what is not read back has failed.

    Raises:
        ProviderUnreachable: nothing was changed.
        Failure: the router took changes, but does not show its routes any more; or an interrupt.
    """
    with Progress(len(changes)) as progress, ended_in_order(progress):
        return await sent_and_read(changes, provider, progress.reach, progress.begin)


async def sent_and_read(
    changes: Sequence[Change],
    provider: RouteProvider,
    reached: Callable[[int], None],
    begun: Begun,
) -> Sequence[Outcome]:
    """The same; ``reached`` and ``begun`` hear of it as those of ``send`` do."""
    if not changes:
        return ()
    await asyncio.sleep(0)  # an interrupt that came before ends it here, where nothing is begun
    outcomes = await send(changes, provider, reached, begun)
    try:
        outcomes = await _read_back(outcomes, provider)
    except ProviderUnreachable as error:
        words = f"{count(len(outcomes), 'change')} sent, but not to be read back: {error}"
        raise Failure(Exit.UNREACHED, f"{words}; podroute plan shows what is left") from None
    return await _finished(outcomes, provider)


async def _read_back(outcomes: Sequence[Outcome], provider: RouteProvider) -> Sequence[Outcome]:
    """What is not shown yet is looked for as long as the router may be late with it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + provider.limits.lag
    while True:
        shown = list(confirm(outcomes, await provider.read()))
        if shown == list(outcomes) or loop.time() >= until:
            return shown
        await asyncio.sleep(PAUSE)


async def _finished(outcomes: Sequence[Outcome], provider: RouteProvider) -> Sequence[Outcome]:
    """What is not saved, or not told to anybody yet, is not done."""
    try:
        if isinstance(provider, FinishingRouter):
            await provider.finish()
    except ProviderUnreachable as error:
        return undone(outcomes, str(error))
    return outcomes


def report(
    verdict: Verdict,
    outcomes: Sequence[Outcome],
    blocked: Sequence[Blocked],
    again: Sequence[str],
    whose: str = "",
) -> int:
    """Says what became of each change; the exit status follows from it.

    ``again`` are the words behind ``podroute apply`` that lead to what is left; ``whose``: of which
    router it is, where there are several.
    """
    for outcome in outcomes:
        if isinstance(outcome, Failed):
            warn(f"{whose}failed: {step_line(step_record(outcome.step))}: {outcome.reason}")
    done = sum(isinstance(outcome, Done) for outcome in outcomes)
    if verdict.allowed:
        sys.stdout.write(
            f"Applied: {done} of {count(len(verdict.allowed), 'change')}, read back.\n"
        )
    elif not verdict.held:
        sys.stdout.write("Nothing was changed.\n" if blocked else "Nothing to do.\n")
    for line in (*_blocked_lines(blocked), *held_lines(verdict, again)):
        warn(f"{whose}{line}")
    if done < len(verdict.allowed):
        warn(f"{whose}what failed is tried again by the next podroute apply")
        return Exit.PARTLY
    return Exit.REFUSED if verdict.held else Exit.OK


def _blocked_lines(blocked: Sequence[Blocked]) -> Iterator[str]:
    """That wishes are left, and where to see them; the exit status stays."""
    if blocked:
        first = step_line(step_record(blocked[0]))
        words = f"{count(len(blocked), 'blocked step')}, first {first}"
        yield f"not done: {words}; podroute plan shows each"
