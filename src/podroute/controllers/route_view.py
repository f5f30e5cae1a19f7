"""Whoever only looks: the Nodes and the router are followed, and nothing is changed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from math import inf
from time import monotonic, time
from typing import Final, assert_never

from typing_extensions import override

from podroute.claims.rules import ClaimRules
from podroute.controllers.notices import (
    FOUND,
    LOST,
    Notice,
    filling,
    gathered,
    stopped,
    strayed,
)
from podroute.controllers.readability import Readability
from podroute.controllers.showing import show, show_router
from podroute.controllers.waiting import within
from podroute.controllers.witnessed import witnessed
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed
from podroute.model.cidr import Bounds
from podroute.model.route import RouteTable
from podroute.observe.board import Board, Happening, RouteRecord, Subject
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.brake import Brake
from podroute.routing.facts import (
    Disproven,
    Fact,
    Filling,
    HeldBack,
    Look,
    Proven,
    Stopped,
    Strayed,
)
from podroute.routing.ledger import RouteLedger
from podroute.routing.lines import ASTRAY
from podroute.routing.policy import Policy

GATHER = 0.05  # seconds between two reads, so that a burst is one


@dataclass(frozen=True, slots=True)
class Sources:
    """What is followed; ``provider`` None: no router is known."""

    follow: Callable[[], AsyncGenerator[Sequence[NodeEvent]]]
    provider: RouteProvider | None
    rules: ClaimRules
    period: float = 10.0  # seconds between two reads of the router where it says nothing


class _Loose(Brake):
    """What a controller holds back, if there is one, it says itself."""

    @override
    def holds(self, block: Bounds) -> bool:
        return False


class RouteView:
    """``board`` is complete when ``ready`` is set; ``told`` hears why something is not followed."""

    def __init__(self, sources: Sources, board: Board, told: Callable[[str], object]) -> None:
        self.ready = asyncio.Event()
        self._sources = sources
        self._board = board
        self._told = told
        self._changed = asyncio.Event()
        self._readability = Readability()
        self._lost = ""  # why the API server is not followed, as told last
        policy = Policy(conditions="none")
        self._ledger = RouteLedger(sources.rules, policy, lambda: 0.0, _Loose())
        self.observed: Final = self._ledger.observed

    async def run(self) -> None:
        """Until it is cancelled.

        Raises:
            ProviderUnreachable: the router cannot be read at all.
            ApiUnreachable: the Nodes cannot be listed; later that is only told.
        """
        await self._read()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._observe())
            if self._sources.provider is not None:
                tasks.create_task(self._follow(self._sources.provider))
            while True:
                await within(self._patience(), self._changed)
                self._changed.clear()
                self._look()

    def _patience(self) -> float | None:
        moment = self._ledger.next_moment()
        return None if moment == inf else max(0.0, moment - monotonic())

    def _look(self) -> None:
        if not self._ledger.complete:
            return
        look = self._ledger.look(monotonic())
        if self._sources.provider is None:
            look = _unknown(look)
        before = {subject: self._board.of(subject) for subject in look.lines}
        show(look, self._ledger.observed, self._board)
        if not look.whole:
            self._tell(_noticed(look.facts))
            self._tell(self._witnessed(look, before))
        self.ready.set()

    def _witnessed(
        self, look: Look, before: Mapping[Subject, Sequence[RouteRecord]]
    ) -> Iterator[Notice]:
        """What is told as a drift is not told twice."""
        drifts = {str(one.state.destination) for one in look.facts if isinstance(one, Strayed)}
        for subject, records in before.items():
            notice = witnessed(subject, records, self._board.of(subject))
            if notice is not None and subject not in drifts:
                yield notice

    def _tell(self, notices: Iterable[Notice]) -> None:
        """To the timeline."""
        for one in gathered(notices):
            happening = Happening(time(), one.kind, one.subject, one.node, one.entry)
            self._board.happened(happening)

    async def _observe(self) -> None:
        async with aclosing(self._sources.follow()) as stream:
            async for events in stream:
                for event in events:
                    self._take_in(event)
                self._changed.set()

    def _take_in(self, event: NodeEvent) -> None:
        ledger, now = self._ledger, monotonic()
        match event:
            case Relisted(roster=roster):
                ledger.relist(roster, now)
                self._find()
                self._tell(notice for _, notice in self._readability.listed(roster))
            case Changed(node=node):
                ledger.observe(node, now)
                notice = self._readability.seen(node)
                self._tell([notice] if notice else [])
            case Removed(node=node):
                ledger.gone(node, now)
                self._readability.gone(node.name)
            case Alive():
                return
            case Lost(reason=reason):
                self._lose(reason)
            case _:
                assert_never(event)

    def _lose(self, reason: str) -> None:
        if not self._ledger.complete:
            raise ApiUnreachable(reason)
        if self._lost != reason:
            self._lost = reason
            self._told(reason)
            self._tell([Notice("node", LOST, "", "", reason)])

    def _find(self) -> None:
        if self._lost:
            self._lost = ""
            self._tell([Notice("node", FOUND, "", "", "")])

    async def _follow(self, provider: RouteProvider) -> None:
        """A router that says nothing is read once in a period."""
        failed = ""
        while True:
            await self._hear(provider)
            try:
                await self._read()
            except ProviderUnreachable as error:
                self._board.stand(replace(self._board.standing, unreached=str(error)))
                if failed != str(error):
                    failed = str(error)
                    self._told(failed)
                    self._tell([_of_router(f"the router is not reached: {failed}")])
                await asyncio.sleep(self._sources.period)
            else:
                self._tell([_of_router("the router answers again")] if failed else [])
                failed = ""
            await asyncio.sleep(GATHER)

    async def _hear(self, provider: RouteProvider) -> None:
        try:
            async with asyncio.timeout(self._sources.period):
                await provider.changed()
        except TimeoutError:
            return
        except ProviderUnreachable:  # nothing is heard
            await asyncio.sleep(self._sources.period)

    async def _read(self) -> None:
        provider, began = self._sources.provider, monotonic()
        table = RouteTable() if provider is None else await provider.read()
        first = not self._ledger.complete
        facts = self._ledger.installed(table, began, monotonic())
        self._tell(() if first else _noticed(facts))
        show_router(table, None if provider is None else time(), self._board)
        self._changed.set()


def _of_router(words: str) -> Notice:
    return Notice("read", "", "", "", words)


def _noticed(facts: Iterable[Fact]) -> Iterator[Notice]:
    """What is so without a change of our own."""
    for fact in facts:
        match fact:
            case Strayed():
                yield strayed(fact)
            case Stopped():
                yield stopped(fact)
            case Filling():
                yield filling(fact)
            case Proven() | Disproven() | HeldBack():
                continue
            case _:
                assert_never(fact)


def _unknown(look: Look) -> Look:
    """Nobody knows whether the routes are there."""
    reason = "no provider given"
    lines = {
        subject: [
            replace(one, state="Unknown", reason=reason) if one.state in ASTRAY else one
            for one in states
        ]
        for subject, states in look.lines.items()
    }
    return replace(look, lines=lines)
