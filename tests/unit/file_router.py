"""A provider as others would ship one: a router that is a file, with faults on request."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, NoReturn

import msgspec

from podroute.model.check import Check, Problem
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.interface import (
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Change

SLOW = 4.0  # seconds until a call to a router that hangs is given up

Fault = Literal[
    "none",
    "shut",
    "hangs",
    "unreadable",
    "refuses",
    "lies",
    "lost",
    "lost halfway",
    "mute",
    "full",
    "slow",
    "slow to read",
]


class FileRouterOptions(msgspec.Struct, frozen=True):
    """``file`` has one route a line: DESTINATION NEXT-HOP OWNER.

    ``visits`` is a file that gets a line whenever the router is opened; ``ails`` is what it says
    of each Node that it is asked about, if it says anything; ``unasked``: why it says no more.
    ``saves`` is the file that it starts with; there is room for it unless it is "full".
    """

    file: str
    fault: Fault = "none"
    visits: str = ""
    ails: str = ""
    unasked: str = ""
    saves: str = ""


class FileRouter:
    """The routes of a file."""

    def __init__(self, options: FileRouterOptions) -> None:
        self.limits = Limits()
        self._file = Path(options.file)
        self._fault = options.fault
        self._calls = 0

    async def read(self) -> RouteTable:
        if self._fault == "hangs":
            await asyncio.Event().wait()
        if self._fault == "slow to read":
            await _given_up()
        if self._fault == "unreadable" or (self._fault == "mute" and self._calls):
            message = "the router does not answer"
            raise ProviderUnreachable(message)
        return RouteTable(self._routes())

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        self._calls += 1
        match self._fault:
            case "refuses":
                return [Failed(change, "the router says no", "pointless") for change in changes]
            case "lies":
                return [Done(change) for change in changes]
            case "slow":
                return await _given_up()
            case "lost halfway" if self._calls == 1:
                return await self._take(changes)
            case "lost" | "lost halfway":
                message = "the router has gone"
                raise ProviderUnreachable(message)
            case _:
                return await self._take(changes)

    async def changed(self) -> None:
        await asyncio.Event().wait()

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return [f"# {type(change).__name__}" for change in changes]

    def _routes(self) -> tuple[InstalledRoute, ...]:
        lines = self._file.read_text().splitlines()
        return tuple(_route(*line.split()) for line in lines)

    async def _take(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        router = MemoryRoutes(self._routes())
        outcomes = await router.apply(changes)
        table = await router.read()
        text = "".join(f"{r.destination} {r.next_hop} {r.ownership}\n" for r in table.routes)
        self._file.write_text(text)
        return outcomes


class SavingRouter(FileRouter):
    """What runs is to be saved."""

    def __init__(self, options: FileRouterOptions) -> None:
        super().__init__(options)
        self._saves = Path(options.saves)

    async def finish(self) -> None:
        if self._fault == "full":
            message = "running, but not in the startup configuration: the disk is full"
            raise ProviderUnreachable(message)
        self._saves.write_text(self._file.read_text())


class AilingRouter(FileRouter):
    """It knows more of itself than its routes."""

    def __init__(self, options: FileRouterOptions) -> None:
        super().__init__(options)
        self._ails = options.ails
        self._unasked = options.unasked

    async def checks(self, question: Question) -> Sequence[Check]:
        if self._fault == "mute":
            message = "it is gone"
            raise ProviderUnreachable(message)
        wishes = question.wishes
        problems = tuple(Problem(one.node, self._ails, "see to it") for one in wishes)
        answer = Check("router-next-hop", "every Node answers", problems)
        if self._unasked:
            return answer, Check("router-firewall", "nothing is dropped", skipped=self._unasked)
        return (answer,)


async def _given_up() -> NoReturn:
    await asyncio.sleep(SLOW)
    message = f"no answer within {SLOW:g} s"
    raise ProviderUnreachable(message)


def _route(destination: str, next_hop: str, owner: str) -> InstalledRoute:
    return InstalledRoute(
        parse_cidr(destination),
        parse_address(next_hop),
        "ours" if owner == "ours" else "foreign",
        f"{destination} via {next_hop} ({owner})",
    )


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(FileRouterOptions, texts)
    if options.visits:
        with Path(options.visits).open("a") as visits:  # noqa: ASYNC230 -- a short line
            visits.write("opened\n")
    if options.fault == "shut" and not Path(f"{options.file}.open").exists():  # noqa: ASYNC240
        message = "the login failed"
        raise ProviderUnreachable(message)
    yield _made(options)


def _made(options: FileRouterOptions) -> RouteProvider:
    if options.saves:
        return SavingRouter(options)
    return AilingRouter(options) if options.ails else FileRouter(options)


KIND = ProviderKind("file", _connect)
