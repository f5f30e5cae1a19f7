"""The route loop over the simulated API."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager

from podroute.model.node import Node
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.resources import InstanceSpec
from podroute.testing.gcp.running import Served
from tests.builders import node
from tests.gcp.clouds import before
from tests.looped import kept
from tests.unit.played_router import World


@asynccontextmanager
async def keeping(
    cloud: Cloud, nodes: Sequence[Node], **options: str
) -> AsyncGenerator[tuple[World, Served]]:
    """Over a cloud of its own, where the Nodes are at home."""
    inhabit(cloud, nodes)
    async with (
        before(cloud, rate="1000", **options) as (provider, served),
        kept(provider, nodes) as world,
    ):
        yield world, served


def inhabit(cloud: Cloud, nodes: Iterable[Node]) -> None:
    """An instance for each address that nobody has: Google Cloud warns of other next hops."""
    held = {one.address for one in cloud.instances.values()}
    for one in nodes:
        four, *six = map(str, one.internal_ips)
        if four not in held:
            name = f"vm-{four.replace('.', '-')}"
            cloud.start_instance(InstanceSpec(name, four, ipv6_address="".join(six)))


def single(number: int) -> Node:
    """IPv4 only; number 0 is worker-0 with 10.240.0.30 and 10.200.0.0/24."""
    return node(f"worker-{number}", f"10.240.0.{30 + number}", f"10.200.{number}.0/24")
