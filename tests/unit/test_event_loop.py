"""What an interrupt does to a command: at whatever moment it comes, and whatever waits then."""

import asyncio
import inspect
import signal
import sys
from collections.abc import Callable, Coroutine, Generator, Sequence
from threading import Lock, Thread
from types import FrameType
from typing import TypeVar

import pytest
from typing_extensions import override

from podroute.cli import event_loop
from podroute.cli.carrying import carry_out, sent_and_read
from podroute.cli.failure import Exit, Failure
from podroute.cli.interrupt import ended_in_order
from podroute.cli.progress import Progress
from podroute.cli.together import together
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change, Create
from tests.builders import route

AnswerT = TypeVar("AnswerT")


@pytest.fixture(autouse=True)
def _as_before() -> Generator[None]:
    """Whoever was interrupted ignores the next."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def run(work: Coroutine[object, object, AnswerT]) -> AnswerT:
    """A slow machine does not count as one that holds the loop up."""
    return event_loop.run(work, held=60)


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

    assert run(work()) == 7
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
        run(work())

    assert said == ["went on", "tidied"]


def test_one_that_another_thread_takes_wakes_the_loop() -> None:
    """So does one that comes just before the loop waits: neither ends the wait by itself."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, elsewhere, interrupt)
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run(work())


def test_those_that_follow_closely_do_not_keep_it_from_tidying() -> None:
    said: list[str] = []

    async def work() -> None:
        interrupt()
        interrupt()
        try:
            await asyncio.Event().wait()
        finally:
            interrupt()
            await asyncio.sleep(0.01)
            said.append("tidied")

    with pytest.raises(KeyboardInterrupt):
        run(work())
    interrupt()

    assert said == ["tidied"]


@pytest.mark.parametrize("fails", [False, True])
def test_at_the_last_moment_what_is_left_is_tidied_too(
    fails: bool,  # noqa: FBT001 -- a table
) -> None:
    said: list[str] = []

    async def beside() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            said.append("tidied")

    async def work() -> None:
        tasks.append(asyncio.create_task(beside()))
        await asyncio.sleep(0)
        interrupt()
        if fails:
            raise Failure(Exit.UNREACHED, "too late")

    tasks: list[asyncio.Task[None]] = []
    with pytest.raises(KeyboardInterrupt):
        run(work())

    assert said == ["tidied"]


async def tidied(with_words: Failure) -> None:
    try:
        interrupt()
        await asyncio.Event().wait()
    finally:
        raise with_words


async def tidied_again(with_words: Failure) -> None:
    try:
        raise with_words  # as where changes ended in order
    finally:
        interrupt()
        await asyncio.Event().wait()


def test_what_breaks_in_the_tidying_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tidied(Failure(Exit.UNREACHED, "the router hung up")))

    assert not caplog.records


@pytest.mark.parametrize("work", [tidied, tidied_again])
def test_who_has_more_to_say_of_the_interrupt_is_heard(
    work: Callable[[Failure], Coroutine[object, object, None]],
) -> None:
    with pytest.raises(Failure, match="made or not"):
        run(work(Failure(Exit.INTERRUPTED, "made or not")))


@pytest.mark.parametrize("place", ["heeded", "new_event_loop"])
def test_one_before_there_is_a_loop_leaves_nothing_unawaited(place: str) -> None:
    def at_the_start(frame: FrameType, event: str, _: object) -> None:
        if (event, frame.f_code.co_name) == ("call", place):
            sys.setprofile(None)
            interrupt()

    work = asyncio.sleep(0)
    sys.setprofile(at_the_start)
    with pytest.raises(KeyboardInterrupt):
        run(work)

    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED


def test_in_the_background_of_a_shell_it_is_ignored() -> None:
    async def work() -> str:
        interrupt()
        await asyncio.sleep(0)
        return "done"

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run(work()) == "done"
    finally:
        signal.signal(signal.SIGINT, before)


def test_beside_the_main_thread_signals_are_left_alone() -> None:
    said: list[bool] = []

    async def work() -> None:
        await asyncio.sleep(0)
        said.append(signal.getsignal(signal.SIGINT) is before)

    before = signal.getsignal(signal.SIGINT)
    elsewhere(lambda: run(work())).join(60)

    assert said == [True]


@pytest.mark.parametrize("routers", [1, 2])
def test_one_just_before_the_changes_lets_none_begin(routers: int) -> None:
    changes = [Create(route("10.200.0.0/24", "10.240.0.30"))]

    async def work() -> None:
        interrupt()  # while it is planned
        if routers == 1:
            await carry_out(changes, Untouched())
        else:
            nobody = Progress(0)
            each = {
                name: sent_and_read(changes, Untouched(), nobody.reach, nobody.begin)
                for name in ("east", "west")
            }
            await together(each, print)

    begun: list[object] = []

    class Untouched(MemoryRoutes):
        @override
        async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
            begun.append(changes)
            return await super().apply(changes)

    with pytest.raises(KeyboardInterrupt):
        run(work())

    assert begun == []


def test_one_at_the_last_moment_of_changes_ends_the_command() -> None:
    async def work() -> None:
        with ended_in_order(Progress(0)):
            interrupt()
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run(work())


def test_changes_that_another_thread_interrupts_end_in_order() -> None:
    async def work() -> None:
        with ended_in_order(Progress(0)):
            asyncio.get_running_loop().call_later(0.05, elsewhere, interrupt)
            await asyncio.Event().wait()

    with pytest.raises(Exception, match="interrupted"):
        run(work())
