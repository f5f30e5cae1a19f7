"""An interrupt while many things are under way at once."""

import asyncio
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Final

from podroute.cli.failure import LEFT, Exit, Failure
from podroute.cli.progress import Progress
from podroute.cli.show import step_line, step_record
from podroute.cli.text import count, warn

SOON: Final = 0.3  # seconds before it is told what is waited for
_SOME: Final = 3  # changes that are named of many


@contextmanager
def ended_in_order(progress: Progress) -> Generator[None]:
    """An interrupt cancels this task, and so all that it has begun; the next what is waited for.

    The command would end by it without a word of what was under way. That may still be waited
    for: then it says so.

    Raises:
        Failure: it was interrupted; of what was under way nobody knows.
    """
    interrupt = _Interrupt(lambda: _tell(progress))
    interrupt.heed()
    try:
        yield
    except asyncio.CancelledError:
        if interrupt.came:
            raise Failure(Exit.INTERRUPTED, _left(progress)) from None
        raise
    finally:
        interrupt.forget()


class _Interrupt:
    """Any while this task is at work; ``slow`` is called where the first does not end it soon."""

    def __init__(self, slow: Callable[[], None]) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._slow = slow
        self._heeding = False
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def came(self) -> bool:
        return self._waiting is not None

    def heed(self) -> None:
        ignored = not callable(self._before)  # as in the background of a shell
        if not ignored and current_thread() is main_thread():
            signal.signal(signal.SIGINT, self._heed)
            self._heeding = True

    def forget(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._restore()

    def _heed(self, number: int, frame: object) -> None:  # noqa: ARG002 -- as signal calls it
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if not self._heeding:
            signal.raise_signal(signal.SIGINT)  # at the last moment: for who heeds it now
            return
        if self._waiting is None:
            self._waiting = self._loop.call_later(SOON, self._slow)
        else:
            self._restore()
        if self._task is not None:
            self._task.cancel()

    def _restore(self) -> None:
        if self._heeding:
            signal.signal(signal.SIGINT, self._before)
            self._heeding = False


def _tell(progress: Progress) -> None:
    number = len(progress.under_way)
    what = f"{count(number, 'change')} under way" if number else "the router"
    with progress.aside():
        warn(f"interrupted: waiting for {what}; interrupt again to leave at once")


def _left(progress: Progress) -> str:
    """What a person should look at."""
    unknown = [step_line(step_record(one)) for one in progress.under_way]
    if not unknown:
        return LEFT
    named = "; ".join(unknown[:_SOME])
    more = f" and {len(unknown) - _SOME} more" if len(unknown) > _SOME else ""
    return f"interrupted, made or not: {named}{more}; podroute plan shows what is left to do"
