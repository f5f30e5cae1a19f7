"""RouteProvider for a routing table of this machine's kernel."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, closing

from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.model.route import RouteTable
from podroute.providers.interface import (
    ProviderKind,
    ProviderUnreachable,
    RouteProvider,
    parse_options,
)
from podroute.providers.linux.client import LinuxClient
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change


class LinuxRoutes:
    """The kernel; netlink blocks, so it is spoken in a thread."""

    def __init__(self, netlink: Netlink, options: LinuxOptions) -> None:
        self._client = LinuxClient(netlink, options)

    async def read(self) -> RouteTable:
        return await asyncio.to_thread(self._client.read)

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return await asyncio.to_thread(self._client.apply, changes)

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return self._client.commands(changes)


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(LinuxOptions, texts)
    try:
        netlink = Netlink()
    except NetlinkFailed as error:
        raise ProviderUnreachable(str(error)) from error
    with closing(netlink):
        yield LinuxRoutes(netlink, options)


KIND = ProviderKind("linux", _connect)
_: type[RouteProvider] = LinuxRoutes
