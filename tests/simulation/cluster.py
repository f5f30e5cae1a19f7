"""An API server with Nodes: list and watch with their gaps, and patches of a condition."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed
from podroute.kube.patch_answers import (
    Applied,
    Denied,
    PatchAnswer,
    Refused,
    Throttled,
    Unknown,
)
from podroute.model.node import Roster
from podroute.routing.conditions import ConditionWrite
from podroute.routing.observed import Someone
from tests.simulation.virtual_time import VirtualLoop
from tests.simulation.weather import Weather

SILENCE = 60.0  # seconds until a watch says that it is alive
LATE = 30.0  # seconds for which a patch can be on its way


class Cluster:
    """What is true of the Nodes, and all that has happened to them."""

    def __init__(self, loop: VirtualLoop, weather: Weather) -> None:
        self.nodes: dict[str, Someone] = {}
        self._loop = loop
        self._weather = weather
        self._log: list[NodeEvent] = []
        self._version = 0
        self._life = 0  # of the store: another one after a restored backup
        self._grown = asyncio.Event()
        self._late: set[asyncio.Task[None]] = set()  # patches

    @property
    def roster(self) -> Roster:
        """All of them."""
        return Roster.of(self.nodes.values())

    def put(self, node: Someone) -> None:
        """It is new, or another than before."""
        self.nodes[node.name] = node
        self._tell(Changed(node))

    def remove(self, name: str) -> None:
        """It is deleted."""
        self._tell(Removed(self.nodes.pop(name)))

    def restore(self, nodes: Mapping[str, Someone]) -> None:
        """A backup is put back: nobody is told what has changed by that."""
        self.nodes = dict(nodes)
        self._life += 1
        self._version //= 2
        self._wake()

    async def follow(self) -> AsyncGenerator[Sequence[NodeEvent]]:
        """As ``RouteApi.follow``."""
        newest, dice = 0, self._weather.dice
        while True:
            await self._weather.passes()
            if self._weather.strikes("api away"):
                yield (Lost("the API server is away"),)
                await asyncio.sleep(dice.uniform(0.2, 15.0))
                continue
            rewound, newest = self._version < newest, self._version
            everybody = list(self.nodes.values())
            dice.shuffle(everybody)
            yield (Relisted(Roster.of(everybody), str(newest), rewound),)
            async with aclosing(self._watch(len(self._log))) as stream:
                async for events in stream:
                    newest = self._version
                    yield events
            yield (Lost("the watch has ended"),)

    async def _watch(self, place: int) -> AsyncGenerator[Sequence[NodeEvent]]:
        """What happens from there on, some of it late, and for a while only."""
        life, dice = self._life, self._weather.dice
        while life == self._life:
            if place == len(self._log):
                yield await self._silence()
                continue
            late = self._weather.strikes("late watch")
            await asyncio.sleep(dice.uniform(0, 5.0 if late else 0.02))
            if self._weather.strikes("watch gap"):
                await asyncio.sleep(dice.uniform(0, 20.0))
                return
            if life == self._life:
                end = dice.randint(place + 1, len(self._log))
                events, place = self._log[place:end], end
                yield events

    async def patch(self, write: ConditionWrite) -> PatchAnswer:
        """As ``RouteApi.write``; it goes on where nobody waits for it any more."""
        return await self._loop.ask(self._patch(write))

    async def _patch(self, write: ConditionWrite) -> PatchAnswer:
        weather = self._weather
        await weather.passes()
        if weather.strikes("patch denied"):
            return Denied("a policy does not allow it")
        if weather.strikes("patch throttled"):
            return Throttled(weather.dice.uniform(0, 5), "too many requests")
        if weather.strikes("patch lost"):
            return Unknown("the connection was reset")
        if weather.strikes("late patch"):
            self._late.add(late := self._loop.start(None, self._land_late(write)))
            late.add_done_callback(self._late.discard)
            return Unknown("no answer in time")
        answer = self._land(write)
        await weather.passes()
        return Unknown("the connection was reset") if weather.strikes("patch unheard") else answer

    async def _land_late(self, write: ConditionWrite) -> None:
        await asyncio.sleep(self._weather.dice.uniform(0, LATE))
        self._land(write)

    def _land(self, write: ConditionWrite) -> PatchAnswer:
        node = self.nodes.get(write.node)
        if node is None or node.uid != write.uid:
            return Refused("it is gone, or another")
        if node.network != write.condition:
            self.put(replace(node, network=write.condition))
        return Applied()

    async def _silence(self) -> Sequence[NodeEvent]:
        try:
            async with asyncio.timeout(SILENCE):
                await self._grown.wait()
        except TimeoutError:
            return (Alive(),)
        return ()

    def _tell(self, event: NodeEvent) -> None:
        self._version += 1
        self._log.append(event)
        self._wake()

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()
