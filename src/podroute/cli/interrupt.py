"""An interrupt while many things are under way at once."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from threading import current_thread, main_thread

from podroute.cli.failure import LEFT, Exit, Failure


@contextmanager
def ended_in_order() -> Generator[None]:
    """The first interrupt cancels this task, and so all that it has begun; the next ends at once.

    Raised anywhere, as elsewhere, it would leave tasks of which nobody ever hears.

    Raises:
        Failure: it was interrupted.
    """
    before = signal.getsignal(signal.SIGINT)
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    interrupted = False

    def restore() -> None:
        if loop.remove_signal_handler(signal.SIGINT):
            signal.signal(signal.SIGINT, before)

    def end() -> None:
        nonlocal interrupted
        interrupted = True
        restore()
        if task is not None:
            task.cancel()

    ignored = not callable(before)  # as in the background of a shell
    if not ignored and current_thread() is main_thread():
        loop.add_signal_handler(signal.SIGINT, end)
    try:
        yield
    except asyncio.CancelledError:
        if interrupted:
            raise Failure(Exit.INTERRUPTED, LEFT) from None
        raise
    finally:
        restore()
