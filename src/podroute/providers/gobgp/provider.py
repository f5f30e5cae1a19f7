"""RouteProvider for the announcements of a GoBGP daemon."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from podroute.host.listening import read_listeners
from podroute.model.bgp_peer import BgpPeer, by_address
from podroute.model.check import Check
from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.bgp_sessions import is_up
from podroute.providers.gobgp.api import gobgp_pb2 as api
from podroute.providers.gobgp.changes import Acts, Announce, Paths, by_hand, judged, prepared
from podroute.providers.gobgp.checks import Announced, checks
from podroute.providers.gobgp.client import GobgpClient
from podroute.providers.gobgp.credentials import find_credentials
from podroute.providers.gobgp.exposure import doors, exposure_check
from podroute.providers.gobgp.neighbors import (
    bgp_peer,
    fault_of,
    is_waiting,
    name_of,
    was_waiting,
)
from podroute.providers.gobgp.paths import Path, announcement, path_of, withdrawal
from podroute.providers.gobgp.settings import GobgpOptions
from podroute.providers.gobgp.translate import is_ours, route_table
from podroute.providers.interface import (
    BgpSpeaker,
    CheckedRouter,
    FinishingRouter,
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change, destination_of

_EVERYTHING: Final = 1_000_000  # changes in one call: what is under way at once comes at once
_FEW: Final = 100  # destinations that are asked for one by one


class GobgpRoutes:
    """The global table of one daemon."""

    def __init__(self, client: GobgpClient, options: GobgpOptions) -> None:
        self.limits = Limits(batch=_EVERYTHING)
        self._client = client
        self._options = options
        self._alone = asyncio.Lock()
        self._heard = asyncio.Event()
        self._deaf = ""  # why the daemon does not tell of changes
        self._listening: asyncio.Task[None] | None = None
        self._announced: Collection[Path] = ()  # and found there, since ``finish``
        self._kept: Collection[Path] = ()  # ours, of a daemon that tells its neighbours
        self._waits = False  # a neighbour does, by the last read
        self._paths = Paths(())
        self._known: Mapping[InstalledRoute, InstalledRoute] = {}

    async def close(self) -> None:
        """Nothing is asked and nothing is heard any more; all that is announced stays so."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        await self._client.close()

    async def read(self) -> RouteTable:
        async with self._alone:
            self._heard.clear()
            self._listen()
            peers = await self._peers()
            paths = await self._look(None)
            waiting, ready = self._waiting(peers), any(map(was_waiting, peers))
            self._waits = bool(waiting)
            if ready or not waiting:
                self._kept = [one for one in paths if is_ours(one, self._options) and one.next_hop]
            idle = self._waits and not (ready or self._announced)
            return self._with_known(route_table(paths, self._options, waiting=idle))

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if not changes:
            return ()
        async with self._alone:
            about = _some({destination_of(one) for one in changes})
            paths = Paths(await self._look(about))
            plans = [prepared(one, paths, self._options) for one in changes]
            if not any(isinstance(plan, tuple) for plan in plans):
                return [plan for plan in plans if not isinstance(plan, tuple)]
            after, told = await self._carry_out(plans, about)
            return [
                judged(change, after, self._options, told) if isinstance(plan, tuple) else plan
                for change, plan in zip(changes, plans, strict=True)
            ]

    async def finish(self) -> None:
        """All that was sent is there: the neighbours may be told.

        A daemon that began anew meanwhile has not what was announced to the one before. It gets
        that back, also what nobody wishes any more: that is for a plan to remove, not for an end.
        """
        async with self._alone:
            if self._waits:
                peers = await self._peers()
                ready = any(map(was_waiting, peers)) or await self._is_whole()
                for one in self._waiting(peers) if ready else ():
                    await self._client.enable(one)
            self._announced, self._waits = (), False

    async def changed(self) -> None:
        await self._heard.wait()
        if self._deaf:
            raise ProviderUnreachable(self._deaf)

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        plans = [prepared(one, self._paths, self._options) for one in changes]
        return tuple(by_hand(plan, self._options) for plan in plans)

    async def peers(self) -> Sequence[BgpPeer]:
        """The daemon's neighbours."""
        found = await self._client.peers(advertised=True)
        return by_address(bgp_peer(one, enabling=self._options.enable_neighbors) for one in found)

    async def checks(self, question: Question) -> Sequence[Check]:
        """About the daemon's neighbours, and what each was told."""
        async with self._alone:
            peers = await self.peers()
            about = _some({one.destination for one in question.wishes})
            ours = {
                one.destination for one in await self._look(about) if is_ours(one, self._options)
            }
            told = {
                one.address: {path.destination for path in await self._told(about, one.address)}
                for one in filter(is_up, peers)
            }
            exposed = await self._exposed()
            return (exposed, *checks(question.wishes, Announced(peers, ours, told)))

    async def _exposed(self) -> Check:
        try:
            listeners = read_listeners()  # in this thread, whose network it is
        except OSError as error:
            return exposure_check(self._options, (), f"the kernel does not say: {error.strerror}")
        found = [
            one
            for one in doors(self._options, listeners)
            if await self._client.answers_anybody(one.target)
        ]
        return exposure_check(self._options, found)

    async def _peers(self) -> Sequence[api.Peer]:
        peers = await self._client.peers()
        fault = fault_of(peers)
        if fault:
            message = f"GoBGP at {self._options.address}: {fault}"
            raise ProviderUnreachable(message)
        return peers

    def _waiting(self, peers: Sequence[api.Peer]) -> Sequence[str]:
        """The neighbours that are to be enabled once all paths are there."""
        if not self._options.enable_neighbors:
            return ()
        return [name_of(one) for one in peers if is_waiting(one)]

    async def _is_whole(self) -> bool:
        """Whether the daemon has what was announced; then it has what was kept, too."""
        there = await self._look(None)
        if not set(self._announced) <= set(there):
            return False
        known = {one.destination for one in there if not one.neighbor}
        lost = [one for one in self._kept if one.destination not in known]
        if lost:
            await self._client.send([announcement(one) for one in lost])
        return bool(self._announced or lost)

    async def _look(self, about: Collection[Cidr] | None) -> Sequence[Path]:
        paths = self._understood(await self._client.paths(about))
        if about is None:
            self._paths = Paths(paths)
        return paths

    async def _told(self, about: Collection[Cidr] | None, neighbor: str) -> Sequence[Path]:
        return self._understood(await self._client.paths(about, told_to=neighbor))

    def _understood(self, messages: Sequence[api.Path]) -> Sequence[Path]:
        try:
            return [path_of(one) for one in messages]
        except ValueError as error:
            message = f"the answer of GoBGP at {self._options.address} cannot be read: {error}"
            raise ProviderUnreachable(message) from error

    async def _carry_out(
        self, plans: Sequence[Acts | Outcome], about: Collection[Cidr] | None
    ) -> tuple[Paths, str]:
        """What is there afterwards, and what the daemon said."""
        acts = [act for plan in plans if isinstance(plan, tuple) for act in plan]
        gone = {act.path for act in acts if not isinstance(act, Announce)}
        if gone:
            self._kept = [one for one in self._kept if one not in gone]
        told = ""
        try:
            await self._client.send(
                [
                    announcement(act.path) if isinstance(act, Announce) else withdrawal(act.path)
                    for act in acts
                ]
            )
        except ProviderUnreachable as error:
            told = f"{error}; the next read shows what has become of it"
        try:
            there = await self._look(about)
        except ProviderUnreachable as error:
            return Paths(()), told or f"{error}; the next read shows what has become of it"
        wished = {act.path for act in acts if isinstance(act, Announce)}
        self._announced = wished.intersection(there)
        return Paths(there), told

    def _with_known(self, table: RouteTable) -> RouteTable:
        """What has not changed is the same object as before."""
        known = self._known
        routes = tuple(known.get(one, one) for one in table.routes)
        self._known = {one: one for one in routes}
        return RouteTable(routes, preferences=table.preferences)

    def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._deaf = ""
            self._listening = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        try:
            await self._client.watch(self._heard.set)
        except ProviderUnreachable as error:
            self._deaf = str(error)
        finally:
            self._heard.set()


def _some(about: Collection[Cidr]) -> Collection[Cidr] | None:
    """None for so many that all are asked for."""
    return about if len(about) <= _FEW else None


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(GobgpOptions, texts)
    find_credentials(options)
    provider = GobgpRoutes(GobgpClient(options), options)
    try:
        yield provider
    finally:
        await provider.close()


KIND = ProviderKind("gobgp", _connect)
_: type[RouteProvider] = GobgpRoutes
__: tuple[type[CheckedRouter], type[BgpSpeaker], type[FinishingRouter]] = (
    GobgpRoutes,
    GobgpRoutes,
    GobgpRoutes,
)
