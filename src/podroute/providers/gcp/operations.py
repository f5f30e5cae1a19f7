"""Waits for operations, and asks for many of them at once."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from podroute.providers.gcp.client import Compute
from podroute.providers.gcp.refusals import Refused
from podroute.providers.gcp.wire import Operation

_FEW: Final = 3  # so many are asked for one by one
_PAUSE: Final = 0.1  # seconds after a wait that ended early; doubled each time
_LONGEST_PAUSE: Final = 2.0
_OTHERS: Final = 2000  # so many operations of others are read over in a list


async def settled(
    compute: Compute, started: Sequence[Operation], within: float
) -> Mapping[str, Operation]:
    """Those that are done within so many seconds, by name.

    Raises:
        Refused: they cannot be asked for.
    """
    done = {one.name: one for one in started if one.status == "DONE"}
    waiting = [one.name for one in started if one.status != "DONE"]
    pause = _PAUSE
    try:
        async with asyncio.timeout(within):
            while waiting:
                done |= await _asked(compute, waiting)
                left = [name for name in waiting if name not in done]
                if len(left) == len(waiting):
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                waiting = left
    except TimeoutError:
        pass
    return done


async def _asked(compute: Compute, names: list[str]) -> dict[str, Operation]:
    """Those of ``names`` that are done: few by a wait for each, many by a wait and a list."""
    if len(names) <= _FEW:
        answers = await asyncio.gather(*map(compute.wait, names), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, Refused) and answer.refusal.cause != "absent":
                raise answer
        found = [one for one in answers if isinstance(one, Operation)]
    else:
        await compute.wait(names[-1])
        found = await _listed(compute, set(names))
    return {one.name: one for one in found if one.status == "DONE"}


async def _listed(compute: Compute, names: set[str]) -> list[Operation]:
    found: list[Operation] = []
    read = 0
    async for operation in compute.operations():
        read += 1
        if operation.name in names:
            found.append(operation)
        if len(found) == len(names) or read == len(names) + _OTHERS:
            break
    return found
