"""Whoever only looks at several routers: each is followed by itself."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from podroute.controllers.route_view import RouteView, Sources
from podroute.controllers.waiting import within
from podroute.kube.api_errors import ApiUnreachable
from podroute.observe.joint_board import JointBoard
from podroute.providers.interface import ProviderUnreachable

PATIENCE: Final = 10.0  # seconds, for which those that have answered wait for the others


class RouteViews:
    """``board`` is complete when ``ready`` is set, but for routers that are not reached."""

    def __init__(
        self,
        sources: Mapping[str, Sources],
        board: JointBoard,
        told: Callable[[str], object],
        patience: float = PATIENCE,
    ) -> None:
        self.ready = asyncio.Event()
        self._first = asyncio.Event()  # one router has answered
        self._patience = patience
        self._board = board
        self._told = told
        self._periods = {name: one.period for name, one in sources.items()}
        self.views: Final = {
            name: RouteView(one, board.boards[name], partial(self._tell, name))
            for name, one in sources.items()
        }
        self._silent: dict[str, str] = {}  # why, by router

    async def run(self) -> None:
        """Until it is cancelled.

        Raises:
            ProviderUnreachable: no router can be read at all.
            ApiUnreachable: the Nodes cannot be listed; later that is only told.
        """
        async with asyncio.TaskGroup() as tasks:
            for name in self.views:
                tasks.create_task(self._follow(name))
                tasks.create_task(self._wait(name))
                tasks.create_task(self._give_up(name))

    async def _follow(self, name: str) -> None:
        """Again and again, while it is not reached."""
        while True:
            try:
                await self.views[name].run()
            except ProviderUnreachable as error:
                self._silence(name, error)
            except ExceptionGroup as group:
                self._unlisted(name, group)
            await asyncio.sleep(self._periods[name])

    async def _wait(self, name: str) -> None:
        await self.views[name].ready.wait()
        self._first.set()
        self._silent.pop(name, None)
        self._settle()

    async def _give_up(self, name: str) -> None:
        """One that is slow, or behind a half-open connection, hides no other for long."""
        await self._first.wait()
        ready = self.views[name].ready
        await within(self._patience, ready)
        if not ready.is_set() and name not in self._silent:
            why = f"no answer yet, {self._patience:g} s after that of another router"
            self._silence(name, ProviderUnreachable(why))

    def _silence(self, name: str, error: ProviderUnreachable) -> None:
        why = str(error)
        if self._silent.get(name) != why:
            self._silent[name] = why
            self._tell(name, why)
        if not self.ready.is_set() and self._silent.keys() == self.views.keys():
            raise error
        board = self._board.boards[name]
        board.stand(replace(board.standing, unreached=why))
        self._settle()

    def _unlisted(self, name: str, group: ExceptionGroup[Exception]) -> None:
        """One that was back while the API server was away; the others go on."""
        unlisted, faults = group.split(ApiUnreachable)
        if unlisted is None or faults is not None or not self.ready.is_set():
            raise group
        why = str(unlisted.exceptions[0])
        if self._silent.get(name) != why:
            self._silent[name] = why
            self._tell(name, why)

    def _settle(self) -> None:
        known = (name in self._silent or one.ready.is_set() for name, one in self.views.items())
        if all(known):
            self.ready.set()

    def _tell(self, name: str, words: str) -> None:
        self._told(f"router {name}: {words}")
