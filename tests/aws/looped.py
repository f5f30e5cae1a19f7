"""The route loop over the provider and the simulated EC2, and what both have seen."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from random import Random

from podroute.model.node import Node
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import parse_options
from podroute.testing.aws.faults import THROTTLED, Asked, Fault
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc, Worker
from tests.aws.opened import provider_at
from tests.looped import kept
from tests.unit.played_router import World


@asynccontextmanager
async def keeping(
    server: Ec2Server, roster: Sequence[Node], **options: str
) -> AsyncGenerator[World]:
    """By a provider of its own."""
    texts = {"endpoint": server.endpoint, "rate": "1000", **options}
    provider = provider_at(parse_options(AwsOptions, texts))
    async with kept(provider, roster) as world:
        yield world


def workers(vpc: Vpc, number: int) -> list[Worker]:
    """As ``nodes`` has them."""
    return [vpc.worker(f"worker{at}", f"10.240.0.{30 + at}") for at in range(number)]


def counted(server: Ec2Server) -> Counter[str]:
    """The requests so far, by action; then none."""
    found = Counter(asked.action for asked in server.layer.asked)
    server.layer.asked.clear()
    return found


def asked_for(server: Ec2Server, action: str, **parameters: str) -> int:
    """How many requests of that kind have come in."""
    return sum(
        one.action == action and parameters.items() <= one.parameters.items()
        for one in server.layer.asked
    )


def shown(world: World, state: str = "") -> list[str]:
    """The destinations, those in that state."""
    rows = world.board.rows()
    return [one.pod_cidr or "" for one in rows if state in ("", one.state)]


def half(of: int) -> Callable[[Asked], Fault | None]:
    """Of so many requests, by dice."""
    dice, numbers = Random(7), count()
    return lambda _: THROTTLED if next(numbers) < of and dice.random() < 0.5 else None
