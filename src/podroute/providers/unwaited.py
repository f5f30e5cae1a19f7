"""Work that blocks, in threads for which the end of the process does not wait.

It does for those of ``asyncio.to_thread`` and of thread pools: whoever is interrupted while a call
hangs would stay until it is answered.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

AnswerT = TypeVar("AnswerT")
ItemT = TypeVar("ItemT")


async def answered(work: Callable[[], AnswerT]) -> AnswerT:
    """What comes of it, as ``asyncio.to_thread`` has it."""
    return await asyncio.wrap_future(_begun(work))


def each(
    work: Callable[[ItemT], AnswerT], items: Sequence[ItemT], at_once: int
) -> Sequence[AnswerT]:
    """What comes of each, so many at once; an error is raised when the others have ended."""
    left = deque(enumerate(items))
    answers: dict[int, AnswerT] = {}

    def some() -> None:
        while True:
            try:
                place, item = left.popleft()
            except IndexError:
                return
            answers[place] = work(item)

    threads = [_begun(some) for _ in range(min(at_once, len(items)))]
    wait(threads)
    for one in threads:
        one.result()
    return [answers[place] for place in range(len(items))]


def _begun(work: Callable[[], AnswerT]) -> Future[AnswerT]:
    answer: Future[AnswerT] = Future()
    answer.set_running_or_notify_cancel()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- whoever waits hears of it
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    return answer
