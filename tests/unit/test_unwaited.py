"""Work that blocks, in threads that hold up nobody's end."""

import subprocess
import sys
from threading import Barrier, Event, Timer, current_thread
from time import monotonic

import pytest

from podroute.providers.unwaited import answered, each

HANGING = """
import asyncio
from threading import Event
from podroute.providers.unwaited import answered, each

async def main() -> None:
    begun = Event()
    def hang(_: int) -> None:
        begun.set()
        Event().wait()
    working = asyncio.ensure_future(answered(lambda: each(hang, [1, 2, 3], 2)))
    while not begun.is_set():
        await asyncio.sleep(0.01)

asyncio.run(main())
"""


def test_what_comes_of_each_is_in_their_order_whoever_is_first() -> None:
    together, last = Barrier(3, timeout=30), Event()

    def squared(number: int) -> int:
        together.wait()
        if number:
            last.set()
        else:
            last.wait(30)
        return number * number

    assert each(squared, [0, 1, 2], 3) == [0, 1, 4]


def test_no_more_threads_are_at_work_than_are_asked_for() -> None:
    names = each(lambda _: current_thread().name, range(50), 4)

    assert len(set(names)) <= 4
    assert each(str, [], 4) == []


def test_an_error_is_raised_when_the_others_have_ended() -> None:
    done, later = list[int](), Event()

    def work(number: int) -> None:
        if number == 0:
            message = "no region"
            raise ValueError(message)
        later.wait(30)
        done.append(number)

    Timer(0.2, later.set).start()

    with pytest.raises(ValueError, match="no region"):
        each(work, range(9), 3)
    assert sorted(done) == list(range(1, 9))


async def test_what_comes_of_it_is_told_and_an_error_raised() -> None:
    def fail() -> None:
        message = "no region"
        raise ValueError(message)

    assert await answered(lambda: 7) == 7
    with pytest.raises(ValueError, match="no region"):
        await answered(fail)


def test_the_end_of_the_process_waits_for_none_that_hangs() -> None:
    began = monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, check=False, timeout=60
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert monotonic() - began < 30
