"""The route loop over a provider of a simulated cloud, and what it has told the Nodes."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from podroute.controllers.routes import Rhythm
from podroute.model.node import Node
from podroute.providers.interface import RouteProvider
from podroute.routing.conditions import AVAILABLE
from tests.unit.played_router import Api, World, listed, running

STEADY = Rhythm(
    period=0.5,
    shortest_send=0.01,
    longest_send=1.0,
    first_pause=0.05,
    last_pause=0.5,
    patience=0.1,
)


@asynccontextmanager
async def kept(provider: RouteProvider, nodes: Sequence[Node]) -> AsyncGenerator[World]:
    """The loop runs; a read is never older than a fifth of a second here."""
    provider.limits = replace(provider.limits, lag=0.2)
    async with running(Api(listed(*nodes)), provider, rhythm=STEADY, within=90) as world:
        yield world


def available(world: World, nodes: Iterable[Node]) -> bool:
    """Whether that is what all of them were told last."""
    return all(world.told(one.name) == AVAILABLE for one in nodes)
