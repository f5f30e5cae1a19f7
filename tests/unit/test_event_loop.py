"""What an interrupt does to a command: at whatever moment it comes, and whatever waits then."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from threading import Lock, Thread

import pytest

from podroute.cli import event_loop
from podroute.cli.interrupt import ended_in_order
from podroute.cli.progress import Progress
from tests.unit.command import CLEAN
from tests.waiting import asleep


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def elsewhere(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_what_is_done_comes_back_and_all_is_as_before() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    before = signal.getsignal(signal.SIGINT)

    assert event_loop.run(work()) == 7
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_it_is_not_raised_where_it_comes_but_where_the_loop_goes_on() -> None:
    """A lock that it took would stay taken; ``Thread.start`` broke so."""
    lock, said = Lock(), list[str]()

    async def work() -> None:
        try:
            with lock:
                interrupt()
                said.append("went on")
            await asyncio.Event().wait()
        finally:
            said.append("tidied")

    with pytest.raises(KeyboardInterrupt):
        event_loop.run(work())

    assert said == ["went on", "tidied"]


def test_one_that_another_thread_takes_wakes_the_loop() -> None:
    """So does one that comes just before the loop waits: neither ends the wait by itself."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, elsewhere, interrupt)
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        event_loop.run(work())


def test_the_next_is_raised_at_once() -> None:
    said: list[str] = []

    async def work() -> None:
        interrupt()
        try:
            interrupt()
        except KeyboardInterrupt:
            said.append("at once")
            raise

    with pytest.raises(KeyboardInterrupt):
        event_loop.run(work())

    assert said == ["at once"]


BLOCKED = """
import asyncio, os, signal, sys
from podroute.cli import event_loop

async def work():
    os.write(1, b"reads")
    os.read(0, 1)

try:
    event_loop.run(work())
except KeyboardInterrupt:
    sys.exit(f"handler {signal.getsignal(signal.SIGINT).__name__}, timer {signal.getitimer(0)}")
"""


def test_what_holds_the_loop_up_is_interrupted_there() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BLOCKED],
        env=CLEAN,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.read(5) == b"reads"
        asleep(child.pid)
        child.send_signal(signal.SIGINT)
        child.wait(60)
        said = child.stderr.read()

    assert said == b"handler default_int_handler, timer (0.0, 0.0)\n"


def test_in_the_background_of_a_shell_it_is_ignored() -> None:
    async def work() -> str:
        interrupt()
        await asyncio.sleep(0)
        return "done"

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert event_loop.run(work()) == "done"
    finally:
        signal.signal(signal.SIGINT, before)


def test_beside_the_main_thread_signals_are_left_alone() -> None:
    said: list[bool] = []

    async def work() -> None:
        await asyncio.sleep(0)
        said.append(signal.getsignal(signal.SIGINT) is before)

    before = signal.getsignal(signal.SIGINT)
    elsewhere(lambda: event_loop.run(work())).join(60)

    assert said == [True]


def test_one_at_the_last_moment_of_changes_ends_the_command() -> None:
    async def work() -> None:
        with ended_in_order(Progress(0)):
            interrupt()
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        event_loop.run(work())


def test_changes_that_another_thread_interrupts_end_in_order() -> None:
    async def work() -> None:
        with ended_in_order(Progress(0)):
            asyncio.get_running_loop().call_later(0.05, elsewhere, interrupt)
            await asyncio.Event().wait()

    with pytest.raises(Exception, match="interrupted"):
        event_loop.run(work())
