"""The route loop over the provider and the simulated EC2, and what both have seen."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from random import Random

from podroute.controllers.routes import Rhythm
from podroute.model.node import Node
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import parse_options
from podroute.routing.conditions import AVAILABLE
from podroute.testing.aws.faults import THROTTLED, Asked, Fault
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc, Worker
from tests.aws.opened import provider_at
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
async def keeping(
    server: Ec2Server, roster: Sequence[Node], **options: str
) -> AsyncGenerator[World]:
    """The loop runs; a read is never older than a fifth of a second here."""
    texts = {"endpoint": server.endpoint, "rate": "1000", **options}
    provider = provider_at(parse_options(AwsOptions, texts))
    provider.limits = replace(provider.limits, lag=0.2)
    async with running(Api(listed(*roster)), provider, rhythm=STEADY, within=90) as world:
        yield world


def available(world: World, roster: Iterable[Node]) -> bool:
    """Whether that is what all of them were told last."""
    return all(world.told(one.name) == AVAILABLE for one in roster)


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
