"""One short history, in which the leader is stopped or killed at a given step, whatever it is."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Literal, TypeAlias

from prometheus_client import CollectorRegistry

from podroute.observe.board import Standing
from podroute.observe.route_metrics import RouteMetrics
from podroute.providers.interface import Limits
from tests.simulation.cluster import Cluster
from tests.simulation.end import End
from tests.simulation.laws import Laws
from tests.simulation.lease import Lease
from tests.simulation.population import RULES, Population
from tests.simulation.replica import Parts, Replica, Surroundings
from tests.simulation.router import Router
from tests.simulation.virtual_time import VirtualLoop, simulate
from tests.simulation.weather import Weather

Fate: TypeAlias = Literal["stopped", "killed"]
AWAY = 30.0  # seconds for which it is stopped: longer than a term


def meet(fate: Fate, step: int) -> Sequence[str]:
    """The laws that are broken: a Node leaves and one joins while two processes are there."""
    dice = Random(step)
    loop = VirtualLoop(dice)
    return simulate(loop, _history(loop, dice, fate, step))


async def _history(loop: VirtualLoop, dice: Random, fate: Fate, step: int) -> Sequence[str]:
    laws, weather = Laws(loop.time), Weather(dice)
    cluster = Cluster(loop, weather)
    population = Population(cluster, dice)
    for _ in range(5):
        population.join()
    around = Surroundings(
        loop,
        weather,
        cluster,
        Router(loop, weather, Limits(), None, laws.harmed),
        Lease(loop, weather),
        laws,
        RouteMetrics(CollectorRegistry(), "memory", dict, Standing),
        RULES,
        hears=True,
        parts=Parts(),
    )
    leader = Replica(around, "p1")
    await asyncio.sleep(20.0)
    other = Replica(around, "p2")
    leader.process.fate = leader.kill if fate == "killed" else leader.suspend
    leader.process.steps = step
    population.leave()
    await asyncio.sleep(15.0)
    population.join()
    await asyncio.sleep(AWAY)
    leader.process.fate = None
    loop.go_on(leader.process)
    await End(around, [leader, other], lambda: None).wait()
    return laws.broken
