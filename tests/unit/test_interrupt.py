"""What an interrupt among changes says, while they are waited for and in the end."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress

import pytest

from podroute.cli.failure import LEFT, Exit, Failure
from podroute.cli.interrupt import ended_in_order
from podroute.cli.progress import Progress
from podroute.routing.steps import Change, Create
from tests.builders import route
from tests.waiting import until

MANY = [Create(route(f"10.200.{one}.0/24", f"10.240.0.{30 + one}")) for one in range(9)]
END = "podroute plan shows what is left to do"


async def interrupted(changes: Sequence[Change], *, waiting: asyncio.Event | None = None) -> str:
    """How it ends; ``waiting`` is set when nobody needs to be waited for any more."""
    with pytest.raises(Failure) as ended:
        await _interrupted(changes, waiting)
    assert ended.value.status == Exit.INTERRUPTED
    return str(ended.value)


async def _interrupted(changes: Sequence[Change], waiting: asyncio.Event | None) -> None:
    progress = Progress(0)
    with ended_in_order(progress):
        progress.begin(changes)
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            if waiting is not None:
                await waiting.wait()


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, LEFT),
        (
            1,
            f"interrupted, made or not: + 10.200.0.0/24 via 10.240.0.30  worker-0; {END}",
        ),
        (
            4,
            (
                "interrupted, made or not: + 10.200.0.0/24 via 10.240.0.30  worker-0; "
                "+ 10.200.1.0/24 via 10.240.0.31  worker-0; "
                f"+ 10.200.2.0/24 via 10.240.0.32  worker-0 and 1 more; {END}"
            ),
        ),
    ],
)
async def test_what_nobody_knows_of_is_named(
    count: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await asyncio.create_task(interrupted(MANY[:count])) == words
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("count", "what"), [(0, "the router"), (1, "1 change under way"), (9, "9 changes under way")]
)
async def test_who_is_waited_for_is_told(
    count: int, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting, said = asyncio.Event(), list[str]()
    ending = asyncio.create_task(interrupted(MANY[:count], waiting=waiting))

    def hears() -> bool:
        said.append(capsys.readouterr().err)
        return any(said)

    await until(hears)
    waiting.set()
    await ending

    words = f"interrupted: waiting for {what}; interrupt again to leave at once"
    assert "".join(said) == f"podroute: {words}\n"


async def test_whoever_is_cancelled_by_another_is_not_interrupted() -> None:
    async def work() -> None:
        with ended_in_order(Progress(0)):
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await asyncio.wait([working], timeout=0.01)
    working.cancel()

    with pytest.raises(asyncio.CancelledError):
        await working


async def test_the_next_interrupt_ends_what_is_waited_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ending = asyncio.create_task(interrupted(MANY[:1], waiting=asyncio.Event()))
    await until(lambda: "interrupt again" in capsys.readouterr().err)

    signal.raise_signal(signal.SIGINT)

    async with asyncio.timeout(10):
        assert (await ending).startswith("interrupted, made or not: + 10.200.0.0/24")


async def test_the_third_is_for_who_heeded_interrupts_before() -> None:
    before, heeded = signal.getsignal(signal.SIGINT), list[bool]()

    async def deaf() -> None:
        with ended_in_order(Progress(0)):
            for _ in range(2):
                signal.raise_signal(signal.SIGINT)
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
                heeded.append(signal.getsignal(signal.SIGINT) is not before)

    await asyncio.create_task(deaf())

    assert heeded == [True, False]
