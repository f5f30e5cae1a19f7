"""The route loop over the simulated API."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from podroute.model.node import Node
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.running import Served
from tests.builders import node
from tests.gcp.clouds import before
from tests.looped import kept
from tests.unit.played_router import World


@asynccontextmanager
async def keeping(
    cloud: Cloud, nodes: Sequence[Node], **options: str
) -> AsyncGenerator[tuple[World, Served]]:
    """Over a cloud of its own."""
    async with (
        before(cloud, rate="1000", **options) as (provider, served),
        kept(provider, nodes) as world,
    ):
        yield world, served


def single(number: int) -> Node:
    """IPv4 only; number 0 is worker-0 with 10.240.0.30 and 10.200.0.0/24."""
    return node(f"worker-{number}", f"10.240.0.{30 + number}", f"10.200.{number}.0/24")
