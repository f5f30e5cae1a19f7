"""One run: a cluster, a router and some processes, for as long as it takes; all by one seed."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import isawaitable
from random import Random
from typing import Any, Final

from prometheus_client import CollectorRegistry

from podroute.observe.board import Standing
from podroute.observe.route_metrics import RouteMetrics
from podroute.providers.interface import Limits
from tests.simulation.cluster import Cluster
from tests.simulation.delays import Delays
from tests.simulation.end import End
from tests.simulation.laws import Laws
from tests.simulation.lease import Lease
from tests.simulation.population import RULES, Population
from tests.simulation.replica import Parts, Replica, Surroundings
from tests.simulation.router import Router
from tests.simulation.virtual_time import VirtualLoop, simulate
from tests.simulation.weather import Weather
from tests.simulation.writers import Writers

EVENTS: Final = 200
Happening = tuple[int, Callable[[], Any]]


@dataclass
class Run:
    """What came of one seed."""

    seed: int
    faults: list[str]
    schedule: list[str]
    seconds: float  # of virtual time
    calls: dict[str, int] = field(default_factory=dict[str, int])


class World:
    """All of it, and what happens to it."""

    def __init__(self, loop: VirtualLoop, dice: Random, parts: Parts) -> None:
        self.schedule: list[str] = []
        self.laws = Laws(loop.time)
        self._loop, self._dice = loop, dice
        self._weather = weather = Weather(dice)
        weather.brew()
        self._cluster = Cluster(loop, weather)
        self._population = Population(self._cluster, dice)
        for _ in range(dice.randint(5, 40)):
            self._population.join()
        self._router = Router(loop, weather, _limits(dice), _quota(dice), self.laws.harmed)
        self._writers = Writers(self._router, dice)
        self._replicas: list[Replica] = []
        self._count = 0
        self._around = Surroundings(
            loop,
            weather,
            self._cluster,
            self._router,
            Lease(loop, weather),
            self.laws,
            RouteMetrics(CollectorRegistry(), "memory", dict, Standing),
            RULES,
            dice.random() < 0.7,
            parts,
        )
        self._end = End(self._around, self._replicas, self._note_ends)
        loop.set_exception_handler(self._note_fault)

    async def play(self) -> None:
        """What happens, until a law is broken or everything has come to its end."""
        try:
            await self._happen()
            if not self.laws.broken:
                self._say("fair weather")
                await self._come_to_an_end()
        finally:
            self._go_on()

    async def _happen(self) -> None:
        dice = self._dice
        for _ in range(dice.randint(1, 3)):
            self._start()
        happenings = [one for one in self._happenings() if dice.random() < 0.75]
        weights = [weight for weight, _ in happenings]
        pause = dice.choice((0.3, 1.0, 3.0, 6.0))
        delays = Delays(self._around, self._replicas, self._end.proposal)
        for _ in range(EVENTS):
            await asyncio.sleep(dice.expovariate(1 / pause))
            (one,) = dice.choices([happening for _, happening in happenings], weights)
            self._say(f"{one.__qualname__}")
            answer = one()
            if isawaitable(answer):
                await answer
            self._note_ends()
            delays.look()
            if self.laws.broken:
                return

    async def _come_to_an_end(self) -> None:
        self._weather.clear()
        self._population.mend()
        self._go_on()
        if not self._replicas:
            self._start()
        await self._end.wait()

    def _happenings(self) -> Iterator[Happening]:
        yield from self._population.happenings()
        yield from self._writers.happenings()
        yield 4, self._start
        yield 3, self._kill
        yield 2, self._stop
        yield 2, self._suspend
        yield 3, self._go_on
        yield 2, self._confirm
        yield 2, self._change_weather

    def _start(self) -> None:
        if len(self._replicas) < 3:
            self._count += 1
            self._replicas.append(Replica(self._around, f"p{self._count}"))

    def _kill(self) -> None:
        if self._replicas:
            one = self._dice.choice(self._replicas)
            self._ordain(one, one.kill)

    def _stop(self) -> None:
        if self._replicas:
            self._dice.choice(self._replicas).stopping.set()

    def _suspend(self) -> None:
        if self._replicas:
            one = self._dice.choice(self._replicas)
            self._ordain(one, one.suspend)

    def _ordain(self, one: Replica, fate: Callable[[], object]) -> None:
        """It happens at one of the next awaits, so that no place in the code is safe from it."""
        one.process.fate, one.process.steps = fate, self._dice.randrange(100)

    def _go_on(self) -> None:
        for one in self._replicas:
            one.process.fate = None
            self._loop.go_on(one.process)

    def _confirm(self) -> None:
        for one in self._replicas:
            if word := one.confirm():
                self._say(f"a person confirms {word}")

    def _change_weather(self) -> None:
        if self._dice.random() < 0.5:
            self._weather.clear()
        else:
            self._weather.brew()

    def _note_ends(self) -> None:
        """Who has ended is started again, as by Kubernetes, and must not have ended by a fault."""
        for one in [one for one in self._replicas if one.task.done()]:
            self._replicas.remove(one)
            if not one.task.cancelled() and (fault := one.task.exception()) is not None:
                self.laws.hold("the loop does not end by a fault", what=repr(fault), holds=False)
        if not self._replicas:
            self._start()

    def _note_fault(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        what = f"{context.get('message')}: {context.get('exception')!r}"
        self.laws.hold("no callback fails", what=what, holds=False)

    def _say(self, what: str) -> None:
        self.schedule.append(f"{self._loop.time():9.3f} {what}")


def play(seed: int, parts: Parts | None = None) -> Run:
    """One run, the same for the same seed where PYTHONHASHSEED is the same."""
    dice = Random(seed)
    loop = VirtualLoop(dice)
    worlds: list[World] = []

    async def whole() -> None:
        world = World(loop, dice, parts or Parts())
        worlds.append(world)
        await world.play()

    simulate(loop, whole())
    (world,) = worlds
    return Run(seed, world.laws.broken, world.schedule, loop.time(), dict(world.laws.calls))


def _limits(dice: Random) -> Limits:
    return Limits(
        at_once=dice.choice((1, 1, 4, 16)),
        batch=dice.choice((1, 10, 500)),
        rate=dice.choice((0.0, 0.0, 5.0)),
        burst=dice.choice((1, 20)),
        lag=dice.choice((0.0, 0.0, 1.0, 5.0)),
    )


def _quota(dice: Random) -> int | None:
    return dice.choice((None, None, None, 8, 30))
