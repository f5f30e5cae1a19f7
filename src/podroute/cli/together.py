"""Work at several routers at once: who is done does not wait for who hangs, who is named."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Final, TypeVar

SOON: Final = 3.0  # seconds before it is told who is waited for; then twice as long each time

_ResultT = TypeVar("_ResultT")


async def together(
    work: Mapping[str, Coroutine[None, None, _ResultT]],
    slow: Callable[[Mapping[str, _ResultT], Sequence[str]], None],
    soon: float = SOON,
) -> Mapping[str, _ResultT]:
    """What came of each; where it takes long ``slow`` hears who is done, and who is waited for."""
    tasks = {name: asyncio.create_task(one) for name, one in work.items()}
    waiting = set(tasks.values())
    try:
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=soon)
            if waiting:
                done = {name: one.result() for name, one in tasks.items() if one not in waiting}
                slow(done, [name for name in tasks if name not in done])
                soon *= 2
    finally:
        for one in tasks.values():
            one.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
    return {name: one.result() for name, one in tasks.items()}


def waiting_for(names: Sequence[str]) -> str:
    """For people."""
    return f"waiting for router{'s' if len(names) > 1 else ''} {', '.join(names)}"
