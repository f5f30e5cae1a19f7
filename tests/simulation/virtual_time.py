"""An event loop without a clock: time jumps to the next timer, and dice say who goes first.

What is ready at one moment runs in any order, as on a machine where everything takes a while.
Callbacks belong to the process in whose context they were asked for; one that is stopped runs none
until it goes on, and then its timers are late.
"""

import asyncio
from asyncio import Handle, TimerHandle
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final, TypeAlias, TypeVar, TypeVarTuple

from typing_extensions import override

MOST: Final = 100_000  # rounds of the loop at one moment

_Ts = TypeVarTuple("_Ts")
_ResultT = TypeVar("_ResultT")
_Work: TypeAlias = Coroutine[Any, Any, Any] | Generator[Any, None, Any]


class Stuck(Exception):  # noqa: N818 -- a state
    """Nothing will ever happen: there is no timer, or things happen without end at one moment."""


@dataclass
class Process:
    """What is stopped, goes on and ends together."""

    name: str
    stopped: bool = False
    cut: bool = False  # it is dead: nothing that it does leaves it
    fate: Callable[[], object] | None = None  # what happens to it before one of its next steps
    steps: int = 0  # until then
    parked: "list[_Entry]" = field(default_factory=list["_Entry"])


@dataclass(slots=True)
class _Entry:
    run: Callable[[], object]
    context: Context
    handle: Handle | None = None


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class _NoFiles:
    """What BaseEventLoop asks for files; there are none, so that waiting is a leap in time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._rounds = 0  # since time has moved

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise Stuck
        self._rounds = 0 if self.now + timeout > self.now else self._rounds + 1
        if self._rounds > MOST:
            self._rounds = 0
            message = f"time stands still at {self.now}"
            raise Stuck(message)
        self.now += timeout
        return []


class _Numbered(asyncio.Task[Any]):
    """Sets of tasks are gone through in the same order each time, wherever they are in memory."""

    def __init__(
        self, number: int, coro: _Work, loop: asyncio.AbstractEventLoop, context: Context | None
    ) -> None:
        self._number = number
        super().__init__(coro, loop=loop, context=context)

    @override
    def __hash__(self) -> int:
        return self._number

    @override
    def __eq__(self, other: object) -> bool:
        return self is other


class VirtualLoop(asyncio.BaseEventLoop):
    """Time is in seconds since the loop was made."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._selector = _NoFiles()
        self._dice = dice
        self._pool: list[_Entry] = []
        self.steps = 0
        self._tasks = 0
        self.set_debug(False)
        self.set_task_factory(self._make_task)

    @override
    def time(self) -> float:
        return self._selector.now

    @override
    def call_soon(
        self,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> Handle:
        where = copy_context() if context is None else context
        handle = Handle(callback, args, self, where)
        self._put(_Entry(partial(callback, *args), where, handle))
        return handle

    @override
    def call_at(
        self,
        when: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> TimerHandle:
        where = copy_context() if context is None else context
        entry = _Entry(partial(callback, *args), where)
        timer = super().call_at(when, self._put, entry, context=where)
        entry.handle = timer
        return timer

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        work: _Work,
        *,
        context: Context | None = None,
        **rest: object,
    ) -> asyncio.Task[Any]:
        del rest
        self._tasks += 1
        return _Numbered(self._tasks, work, loop, context)

    def start(
        self, process: Process | None, work: Coroutine[Any, Any, _ResultT]
    ) -> asyncio.Task[_ResultT]:
        """A task of that process; None: of the world around them."""
        context = copy_context()
        context.run(PROCESS.set, process)
        return self.create_task(work, context=context)

    async def ask(self, work: Coroutine[Any, Any, _ResultT]) -> _ResultT:
        """What the world makes of a request; it goes on where nobody waits for it any more."""
        task = self.start(None, work)
        task.add_done_callback(_seen)
        return await asyncio.shield(task)

    def go_on(self, process: Process) -> None:
        """It was stopped, and runs again."""
        process.stopped = False
        parked, process.parked = process.parked, []
        for entry in parked:
            self._put(entry)

    def _put(self, entry: _Entry) -> None:
        process = entry.context.get(PROCESS)
        if process is not None and process.stopped:
            process.parked.append(entry)
            return
        self._pool.append(entry)
        super().call_soon(self._step)

    def _step(self) -> None:
        pool = self._pool
        place = self._dice.randrange(len(pool))
        pool[place], pool[-1] = pool[-1], pool[place]
        entry = pool.pop()
        if entry.handle is not None and entry.handle.cancelled():
            return
        process = entry.context.get(PROCESS)
        if process is not None:
            _meet_fate(process)
            if process.stopped:
                process.parked.append(entry)
                return
        self.steps += 1
        entry.context.run(entry.run)

    def _process_events(self, event_list: list[object]) -> None:
        """There are none: BaseEventLoop asks."""

    def _write_to_self(self) -> None:
        """There are no threads: BaseEventLoop asks."""


def _meet_fate(process: Process) -> None:
    if process.fate is not None:
        process.steps -= 1
        if process.steps <= 0:
            fate, process.fate = process.fate, None
            fate()


def _seen(task: asyncio.Task[Any]) -> None:
    """A failure that nobody waits for is no fault."""
    if not task.cancelled():
        task.exception()


def simulate(loop: VirtualLoop, work: Coroutine[Any, Any, _ResultT]) -> _ResultT:
    """Runs it to its end, and ends what it has left behind."""
    try:
        return loop.run_until_complete(work)
    finally:
        for task in (rest := asyncio.all_tasks(loop)):
            task.cancel()
        if rest:
            loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
