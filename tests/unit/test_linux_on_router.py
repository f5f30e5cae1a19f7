"""podroute on a router answers each line, and nothing makes it stop but the end of them."""

import json
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Final

import pytest

from podroute.model.cidr import parse_cidr
from podroute.model.route import RouteTable
from podroute.providers.interface import Limits, ProviderUnreachable, RouteProvider
from podroute.providers.linux.allowed import Allowed
from podroute.providers.linux.messages import (
    SPEECH,
    Answer,
    Hello,
    NothingDone,
    ReadRoutes,
    RoutesApplied,
    RoutesChanged,
    RoutesRead,
    apply_request,
    decode_answer,
    encode,
)
from podroute.providers.linux.on_router import Desk
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change, Create
from tests.builders import installed, route
from tests.waiting import until

ALLOWED: Final = Allowed((parse_cidr("10.200.0.0/16"),), (parse_cidr("10.240.0.0/24"),), "the file")
READ: Final = encode(ReadRoutes(SPEECH))
HELLO: Final = Hello(SPEECH, "1.2.3")
A: Final = Create(route("10.200.0.0/24", "10.240.0.30"))
B: Final = Create(route("10.200.1.0/24", "10.240.0.31"))
OUTSIDE: Final = Create(route("0.0.0.0/0", "10.240.0.30"))


class Gone:
    """A router that is not reached."""

    limits = Limits()

    async def read(self) -> RouteTable:
        message = "the kernel is busy"
        raise ProviderUnreachable(message, 2.0)

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        message = f"the kernel is busy with {len(changes)} changes"
        raise ProviderUnreachable(message)

    async def changed(self) -> None:
        message = "it is deaf"
        raise ProviderUnreachable(message)

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return [str(one) for one in changes]


async def answers(provider: RouteProvider, *lines: bytes) -> Sequence[Answer]:
    """All that is said, the Hello left out."""
    said: list[bytes] = []

    async def each() -> AsyncGenerator[bytes]:
        for line in lines:
            yield line

    await Desk(provider, LinuxOptions(), ALLOWED, said.append).serve(HELLO, each())
    assert decode_answer(said[0]) == HELLO
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in said)
    return [decode_answer(line) for line in said[1:]]


async def test_it_reads_and_applies() -> None:
    provider = MemoryRoutes([installed("10.200.9.0/24", "10.240.0.39", "foreign")])

    read, applied, again = await answers(provider, READ, encode(apply_request([A, B])), READ)

    assert isinstance(read, RoutesRead)
    assert [one.destination for one in read.routes] == ["10.200.9.0/24"]
    assert applied == RoutesApplied([None, None])
    assert isinstance(again, RoutesRead)
    assert len(again.routes) == 3


async def test_what_is_not_allowed_fails_alone() -> None:
    provider = MemoryRoutes()

    (applied,) = await answers(provider, encode(apply_request([A, OUTSIDE, B])))

    assert isinstance(applied, RoutesApplied)
    first, second, third = applied.outcomes
    assert (first, third) == (None, None)
    assert second is not None
    assert second.retry == "pointless"
    assert "0.0.0.0/0 is outside of destinations in the file" in second.reason
    assert {one.destination for one in (await provider.read()).routes} == {
        A.route.destination,
        B.route.destination,
    }


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"reboot\n", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"kind":"Reboot"}', "cannot be read"),
        (b'{"kind":"ReadRoutes\xff","speech":1}', "cannot be read"),
        (b'{"kind":"ReadRoutes","speech":1,"more":1}', "cannot be read"),
        (b'{"kind":"ReadRoutes","speech":2}', "is of version 2, podroute here speaks 1"),
        (
            encode(apply_request([A])).replace(b"10.200.0.0/24", b"10.200.0.1/24"),
            "has host bits set",
        ),
        (encode(apply_request([A])).replace(b'"verb":"create"', b'"verb":"delete"'), "other parts"),
    ],
)
async def test_a_line_that_is_no_request_is_answered(line: bytes, why: str) -> None:
    provider = MemoryRoutes()

    refused, read = await answers(provider, line, READ)

    assert isinstance(refused, NothingDone)
    assert why in refused.reason
    assert isinstance(read, RoutesRead)
    assert read.routes == []


async def test_a_kernel_that_does_not_answer_is_told() -> None:
    read, applied = await answers(Gone(), READ, encode(apply_request([A])))

    assert read == NothingDone("the kernel is busy", 2.0)
    assert applied == NothingDone("the kernel is busy with 1 changes")


def _told(said: Sequence[str], times: int) -> bool:
    return said.count("RoutesChanged") == times


async def test_a_change_by_others_is_told_once_until_the_next_read() -> None:
    provider, said = MemoryRoutes(), list[str]()

    async def each() -> AsyncGenerator[bytes]:
        for count in (1, 2):
            yield READ
            provider.alter((), [installed(f"10.200.{count}.0/24", "10.240.0.30")])
            await until(partial(_told, said, count))
            provider.alter((), [installed(f"10.200.{count}9.0/24", "10.240.0.30")])

    def say(line: bytes) -> None:
        said.append(json.loads(line)["kind"])

    await Desk(provider, LinuxOptions(), ALLOWED, say).serve(HELLO, each())

    assert said == ["Hello", "RoutesRead", "RoutesChanged", "RoutesRead", "RoutesChanged"]
    assert decode_answer(encode(RoutesChanged())) == RoutesChanged()
