"""The event loop in which a command does its work, and what an interrupt does to it."""

import asyncio
import signal
import socket
from collections.abc import Coroutine, Generator
from contextlib import ExitStack, closing, contextmanager
from threading import current_thread, main_thread
from typing import Final, NoReturn, TypeVar

HELD: Final = 0.1  # seconds after which whoever holds the loop up is interrupted there

AnswerT = TypeVar("AnswerT")


def run(work: Coroutine[object, object, AnswerT]) -> AnswerT:
    """As ``asyncio.run``, but no interrupt is lost, and none is raised where a lock is held.

    It ends the loop between two events, or what blocks there, as a read of a pipe; the next one
    is raised at once.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    with asyncio.Runner() as runner, _heeding_interrupts(runner.get_loop()):
        return runner.run(work)


@contextmanager
def _heeding_interrupts(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or current_thread() is not main_thread():
        yield  # ignored, as in the background of a shell
        return

    def heed(number: int, frame: object) -> None:  # noqa: ARG001 -- as signal calls it
        signal.signal(signal.SIGINT, before)
        afterwards.callback(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, _end))
        afterwards.callback(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_REAL, HELD, HELD)
        afterwards.callback(loop.call_soon_threadsafe(_end).cancel)

    with _woken_by_signals(loop), ExitStack() as afterwards:
        afterwards.callback(signal.signal, signal.SIGINT, before)
        signal.signal(signal.SIGINT, heed)
        yield


def _end(*_: object) -> NoReturn:
    signal.setitimer(signal.ITIMER_REAL, 0)
    raise KeyboardInterrupt


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Generator[None]:
    """One that comes just before the loop waits, or to another thread, does not wake it itself."""
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
