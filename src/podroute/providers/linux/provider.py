"""RouteProvider for a routing table of this machine's kernel."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, closing

from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.host.route_events import RouteEvents
from podroute.host.sysctls import ROOT, read_forwarding
from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.providers.interface import (
    CheckedRouter,
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.linux.checks import Surroundings, checks
from podroute.providers.linux.client import LinuxClient
from podroute.providers.linux.kernel import KernelHere
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.surroundings import read_answers, read_silent
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change


class LinuxRoutes:
    """The kernel; netlink blocks, so it is spoken in a thread."""

    def __init__(self, netlink: Netlink, options: LinuxOptions) -> None:
        self.limits = Limits()
        self._netlink = netlink
        self._client = LinuxClient(KernelHere(netlink), options)
        self._events: RouteEvents | None = None

    def close(self) -> None:
        """It hears nothing any more."""
        if self._events is not None:
            self._events.close()

    async def read(self) -> RouteTable:
        if self._events is not None:
            self._events.forget()
        return await asyncio.to_thread(self._client.read)

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return await asyncio.to_thread(self._client.apply, changes)

    async def changed(self) -> None:
        if self._events is None:
            self._events = _listen()
        else:
            await self._events.heard()

    async def checks(self, question: Question) -> Sequence[Check]:
        forwards = read_forwarding(ROOT)  # in this thread, whose network it is
        silent = await asyncio.to_thread(read_silent, self._netlink)
        answers = await asyncio.to_thread(read_answers, self._netlink, question)
        return checks(question, Surroundings(forwards, silent, answers))

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return self._client.commands(changes)


def _listen() -> RouteEvents:
    try:
        return RouteEvents()
    except NetlinkFailed as error:
        raise ProviderUnreachable(str(error)) from error


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(LinuxOptions, texts)
    try:
        netlink = Netlink()
    except NetlinkFailed as error:
        raise ProviderUnreachable(str(error)) from error
    with closing(netlink), closing(LinuxRoutes(netlink, options)) as provider:
        yield provider


KIND = ProviderKind("linux", _connect)
_: tuple[type[RouteProvider], type[CheckedRouter]] = (LinuxRoutes, LinuxRoutes)
