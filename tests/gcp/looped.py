"""The route loop over the provider and the simulated API, and what it has told the Nodes."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from podroute.controllers.routes import Rhythm
from podroute.model.node import Node
from podroute.providers.interface import RouteProvider
from podroute.routing.conditions import AVAILABLE
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.running import Served
from tests.builders import node
from tests.gcp.clouds import before
from tests.unit.played_router import Api, World, listed
from tests.unit.played_router import running as looping

PERIOD = 0.5
STEADY = Rhythm(
    period=PERIOD,
    shortest_send=0.01,
    longest_send=1.0,
    first_pause=0.05,
    last_pause=0.5,
    patience=0.1,
)


@asynccontextmanager
async def kept(provider: RouteProvider, nodes: Sequence[Node]) -> AsyncGenerator[World]:
    """The loop runs; a list is never older than a fifth of a second here."""
    provider.limits = replace(provider.limits, lag=0.2)
    async with looping(Api(listed(*nodes)), provider, rhythm=STEADY, within=90) as world:
        yield world


@asynccontextmanager
async def keeping(
    cloud: Cloud, nodes: Sequence[Node], **options: str
) -> AsyncGenerator[tuple[World, Served]]:
    """The same over a cloud of its own."""
    async with (
        before(cloud, rate="1000", **options) as (provider, served),
        kept(provider, nodes) as world,
    ):
        yield world, served


def available(world: World, nodes: Iterable[Node]) -> bool:
    """Whether that is what all of them were told last."""
    return all(world.told(one.name) == AVAILABLE for one in nodes)


def single(number: int) -> Node:
    """IPv4 only; number 0 is worker-0 with 10.240.0.30 and 10.200.0.0/24."""
    return node(f"worker-{number}", f"10.240.0.{30 + number}", f"10.200.{number}.0/24")
