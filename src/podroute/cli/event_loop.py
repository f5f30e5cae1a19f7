"""The event loop in which a command does its work, and what an interrupt does to it."""

import asyncio
import signal
import socket
import time
from collections.abc import Coroutine, Generator
from contextlib import closing, contextmanager
from threading import current_thread, main_thread
from typing import Final, TypeVar

from podroute.cli.failure import Exit, Failure

HELD: Final = 0.3  # seconds after which whoever holds the loop up is interrupted there

AnswerT = TypeVar("AnswerT")


def run(work: Coroutine[object, object, AnswerT], held: float = HELD) -> AnswerT:
    """As ``asyncio.run``, but no interrupt is lost, and none is raised where a lock is held.

    It cancels ``work`` between two events, or ends what blocks there, as a read of a pipe; what
    breaks in the tidying is not told. Where that takes longer, the next one ends the process at
    once; when it is over they are ignored so long, and the command says what was interrupted.

    Raises:
        KeyboardInterrupt: it was interrupted.
        Failure: the same, and ``work`` has more to say of it.
    """
    interrupt = _Interrupt(held)
    try:
        with closing(work), interrupt.heeded(), asyncio.Runner() as runner:
            loop = runner.get_loop()
            with _woken_by_signals(loop):
                interrupt.task = task = loop.create_task(work)
                answer = loop.run_until_complete(task)
    except BaseException as error:
        if not interrupt.came:
            raise
        raise _said(error) or KeyboardInterrupt from None
    if interrupt.came:
        raise KeyboardInterrupt
    return answer


def _said(error: BaseException | None) -> Failure | None:
    """What ``work`` had to say, though another interrupt came before it ended."""
    while error is not None:
        if isinstance(error, Failure) and error.status == Exit.INTERRUPTED:
            return error
        error = error.__context__
    return None


class _Interrupt:
    """The first until the loop is closed; those that follow it closely are the same."""

    def __init__(self, held: float) -> None:
        self._held = held
        self.came = False
        self.task: asyncio.Task[object] | None = None  # what it ends, once there is a loop
        self._heard = False  # by the loop
        self._over = 0.0  # when the loop was

    @contextmanager
    def heeded(self) -> Generator[None]:
        before = signal.getsignal(signal.SIGINT)
        if not callable(before) or current_thread() is not main_thread():
            yield  # ignored, as in the background of a shell
            return
        alarm = signal.signal(signal.SIGALRM, self._insist)
        try:
            signal.signal(signal.SIGINT, self._heed)
            yield
        finally:
            self._over = time.monotonic()
            signal.signal(signal.SIGINT, self._follow if self.came else before)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, alarm)

    def _heed(self, number: int, frame: object) -> None:  # noqa: ARG002 -- as signal calls it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.came = True
        if self.task is None:
            raise KeyboardInterrupt
        loop = self.task.get_loop()
        if not loop.is_closed():
            loop.set_exception_handler(_untold)
            signal.setitimer(signal.ITIMER_REAL, self._held, self._held)
            loop.call_soon_threadsafe(self._end, self.task)

    def _end(self, task: "asyncio.Task[object]") -> None:
        self._heard = True
        task.cancel()

    def _insist(self, number: int, frame: object) -> None:  # noqa: ARG002 -- as above
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if not self._heard:
            raise KeyboardInterrupt

    def _follow(self, number: int, frame: object) -> None:  # noqa: ARG002 -- as above
        if time.monotonic() - self._over > self._held:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)


def _untold(*_: object) -> None:
    """What breaks in the tidying."""


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """One that comes just before the loop waits, or to another thread, does not wake it itself."""
    if current_thread() is not main_thread():
        yield  # none is handled there
        return
    here, there = socket.socketpair()
    with closing(here), closing(there):
        for one in (here, there):
            one.settimeout(0)
        loop.add_reader(here, here.recv, 1024)
        before = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(here)
