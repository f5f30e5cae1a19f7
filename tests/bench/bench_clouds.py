"""The route loop for many new Nodes at simulated clouds that take 100 ms for each answer.

The simulators run in this process, on the same cores. The time runs from the first read to the last
condition; the Nodes and their conditions are in memory, so that only the cloud counts.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from podroute.claims.rules import ClaimRules
from podroute.controllers.routes import Rhythm
from podroute.kube.node_events import Changed
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid
from podroute.model.pool import CidrPool
from podroute.providers.aws.client import AwsClient
from podroute.providers.aws.provider import AwsRoutes
from podroute.providers.aws.session import AwsSession
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import RouteProvider
from podroute.routing.conditions import AVAILABLE
from podroute.routing.patience import Patience
from podroute.testing.aws.server import ec2_server, login
from podroute.testing.aws.vpc import Vpc
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.resources import Network
from tests.gcp.clouds import before
from tests.gcp.looped import inhabit
from tests.unit.played_router import Api, listed, running
from tests.waiting import until

COUNT: Final = int(os.environ.get("COUNT", "1000"))
LATENCY: Final = float(os.environ.get("LATENCY", "0.1"))  # seconds
RATES: Final = os.environ.get("RATES", "default,1000").split(",")
CLOUDS: Final = os.environ.get("CLOUDS", "gcp,aws").split(",")
OPERATION: Final = 1.0  # seconds that an operation of Google Cloud takes
POOL: Final = CidrPool(parse_cidr("10.64.0.0/10"), 24)
RULES: Final = ClaimRules((POOL,))
NETWORK: Final = "10.240.0.0/16"
LONGEST: Final = 1200.0  # seconds


@dataclass(frozen=True, slots=True)
class Bench:
    """``calls`` gives the requests by name since it was asked last."""

    provider: RouteProvider
    addresses: Sequence[str]
    calls: Callable[[], Counter[str]]


@asynccontextmanager
async def gcp(rate: str) -> AsyncGenerator[Bench]:
    """Next hops by address, as in the seed."""
    cloud = Cloud(networks=(Network("kubernetes", (NETWORK,)),), limit=2 * COUNT)
    cloud.faults.latency, cloud.faults.operation_time = LATENCY, OPERATION
    async with before(cloud, **rated(rate)) as (provider, served):

        def calls() -> Counter[str]:
            found = Counter(one.method for one in served.api.seen)
            del served.api.seen[:]
            return found

        first = parse_address("10.240.0.30")
        addresses = [str(first + number) for number in range(COUNT + 1)]
        inhabit(cloud, nodes(addresses))
        yield Bench(provider, addresses, calls)


@asynccontextmanager
async def aws(rate: str) -> AsyncGenerator[Bench]:
    """One route table."""
    with ec2_server() as server:
        vpc = Vpc(server, NETWORK, NETWORK)
        vpc.table()
        addresses = vpc.many(COUNT + 1)
        server.layer.quota = 2 * COUNT
        server.layer.latency = LATENCY
        options = AwsOptions(endpoint=server.endpoint)
        if rate != "default":
            options = AwsOptions(endpoint=server.endpoint, rate=float(rate))

        def calls() -> Counter[str]:
            found = Counter(one.action for one in server.layer.asked)
            server.layer.asked.clear()
            return found

        calls()
        session = AwsSession(options, lambda _: login())
        provider = AwsRoutes(AwsClient(session, options, perf_counter), options)
        yield Bench(provider, addresses, calls)


def rated(rate: str) -> Mapping[str, str]:
    """The option, where it is not the default."""
    return {} if rate == "default" else {"rate": rate}


def nodes(addresses: Sequence[str]) -> Sequence[Node]:
    """One for each, with its block."""
    return [
        Node(
            NodeName(f"worker-{number}"),
            (parse_address(address),),
            (POOL.block(number),),
            NodeUid(f"uid-{number}"),
        )
        for number, address in enumerate(addresses)
    ]


async def measure(cloud: str, rate: str) -> str:
    """A row of the table."""
    opened = gcp if cloud == "gcp" else aws
    async with opened(rate) as bench:
        *many, late = nodes(bench.addresses)
        api = Api(listed(*many))
        looping = running(
            api,
            bench.provider,
            rhythm=Rhythm(longest_send=1.0),
            within=LONGEST,
            rules=RULES,
            patience=Patience(),
        )
        began = perf_counter()
        async with looping:
            await until(lambda: told(api) == COUNT, within=LONGEST)
            seconds, spent = perf_counter() - began, bench.calls()
            await until(lambda: sum(bench.calls().values()) == 1, within=LONGEST)
            began = perf_counter()
            api.news.put_nowait(Changed(late))
            await until(lambda: told(api) == COUNT + 1, within=LONGEST)
            joined, more = perf_counter() - began, bench.calls()
    return row(f"{cloud}, {rate}", (seconds, spent), (joined, more))


def told(api: Api) -> int:
    """How many Nodes know that they have a route."""
    return len({one.node for one in api.written if one.condition == AVAILABLE})


def row(name: str, many: tuple[float, Counter[str]], one: tuple[float, Counter[str]]) -> str:
    """Time and calls, and which."""
    seconds, spent = many
    joined, more = one
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in spent.most_common())
    return (
        f"| {name} | {seconds:.0f} s | {sum(spent.values()) / COUNT:.2f} | {kinds} "
        f"| {joined:.1f} s | {sum(more.values())} |"
    )


def main() -> None:
    """Prints Markdown."""
    print(
        f"| cloud, changes a second | {COUNT:,} Nodes have a route and know it | calls for each "
        "| which | one more joins | calls for it |"
    )
    print("|---|---|---|---|---|---|")
    for cloud in CLOUDS:
        for rate in RATES:
            print(asyncio.run(measure(cloud, rate)), flush=True)


if __name__ == "__main__":
    main()
