"""Several routers at once: who hangs is named, and holds up what is told of nobody else."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

import pytest

from podroute.cli.together import together, waiting_for
from tests.unit.file_router import SLOW
from tests.unit.two_routers import Two

SOON = 0.02  # seconds
Said = list[tuple[dict[str, int], list[str]]]


async def quick(number: int) -> int:
    return number


def nothing(_: Mapping[str, int], waited: Sequence[str]) -> None:
    assert waited


async def slow(number: int, hold: asyncio.Event) -> int:
    await hold.wait()
    return number


async def test_where_all_are_quick_nobody_is_waited_for() -> None:
    said: Said = []

    def hear(done: Mapping[str, int], waited: Sequence[str]) -> None:
        said.append((dict(done), list(waited)))

    found = await together({"a": quick(1), "b": quick(2)}, hear)

    assert (list(found.items()), said) == ([("a", 1), ("b", 2)], [])
    assert await together({}, hear) == {}


async def test_who_is_done_is_told_while_another_hangs() -> None:
    """Again and again, less and less often."""
    hold, said = asyncio.Event(), Said()

    def hear(done: Mapping[str, int], waited: Sequence[str]) -> None:
        said.append((dict(done), list(waited)))
        if len(said) == 3:
            hold.set()

    began = monotonic()
    found = await together({"a": slow(1, hold), "b": quick(2)}, hear, SOON)

    assert list(found.items()) == [("a", 1), ("b", 2)]
    assert said == [({"b": 2}, ["a"])] * 3
    assert monotonic() - began >= SOON * (1 + 2 + 4)


async def test_who_is_interrupted_leaves_nobody_at_work() -> None:
    ended: list[str] = []

    async def working() -> int:
        try:
            return await asyncio.Event().wait()
        finally:
            ended.append("gone")

    task = asyncio.create_task(together({"a": working(), "b": quick(1)}, nothing, SOON))
    await asyncio.sleep(SOON)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["gone"]


async def test_a_fault_ends_all() -> None:
    async def fails() -> int:
        raise KeyError

    with pytest.raises(KeyError):
        await together({"a": slow(1, asyncio.Event()), "b": fails()}, nothing, SOON)


@pytest.mark.parametrize(
    ("names", "words"),
    [(["a"], "waiting for router a"), (["a", "b"], "waiting for routers a, b")],
)
def test_who_is_waited_for_is_named(names: list[str], words: str) -> None:
    assert waiting_for(names) == words


def test_an_apply_of_which_one_router_hangs(tmp_path: Path) -> None:
    """The other is finished and told of first; it ends with one message for the one that hangs."""
    two = Two(tmp_path)
    began = monotonic()
    ended = two.run("apply", "--auto-approve", left="slow")

    assert SLOW <= monotonic() - began < 3 * SLOW
    assert ended.status == 4
    assert two.has("right") == ["10.200.0.0/24 10.240.0.30 ours", "10.200.1.0/24 10.240.0.31 ours"]
    told = ended.out.partition("Router right (file):\nApplied: 2 of 2 changes, read back.\n")
    assert told[2] == "Router left (file):\n"
    assert ended.err.splitlines()[1:] == [
        "podroute: waiting for router left",
        f"podroute: router left: nothing was changed: no answer within {SLOW:g} s",
    ]


@pytest.mark.parametrize("verb", ["plan", "table"])
def test_a_look_says_whom_it_waits_for(tmp_path: Path, verb: str) -> None:
    ended = Two(tmp_path).run(verb, left="slow to read")

    assert ended.status == 3
    assert ended.err.splitlines()[0] == "podroute: waiting for router left"
    assert f"no answer within {SLOW:g} s" in ended.err
