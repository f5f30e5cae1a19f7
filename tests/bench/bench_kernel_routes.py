"""How fast are kernel routes written and read, beside iproute2 in the same run?"""

import asyncio
import gc
import json
import resource
from collections.abc import Callable, Sequence
from contextlib import closing
from statistics import median
from time import perf_counter, process_time
from typing import Final

from podroute.cli.main import GARBAGE
from podroute.host.netlink import Netlink
from podroute.model.route import Route
from podroute.providers.interface import RouteProvider
from podroute.providers.linux.provider import LinuxRoutes
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Done
from podroute.routing.steps import Change, Create, Delete
from podroute.testing.builders import route
from podroute.testing.netns import Namespace, node_network

ROUNDS: Final = 5
WRITTEN: Final = 10_000
READ: Final = 30_000


def wishes(count: int) -> list[Route]:
    """The first ``count`` of 15,000 Nodes' routes, IPv4 first."""
    four = [
        route(f"10.{n // 256}.{n % 256}.0/24", f"10.240.0.{2 + n % 200}") for n in range(15_000)
    ]
    six = [route(f"fd00:10:200:{n:x}::/64", f"fd00:10:240::{2 + n % 200:x}") for n in range(15_000)]
    return (four + six)[:count]


async def take(provider: RouteProvider, changes: Sequence[Change]) -> float:
    """Seconds of apply; all must go well."""
    begin = perf_counter()
    outcomes = await provider.apply(changes)
    spent = perf_counter() - begin
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    return spent


def batch(node: Namespace, verb: str, words: Sequence[str]) -> float:
    """Seconds of ``ip -batch``."""
    lines = [f"route {verb} {line}" for line in words]
    begin = perf_counter()
    node.ip("-batch", "-", lines=lines)
    return perf_counter() - begin


async def writing(node: Namespace, provider: RouteProvider) -> dict[str, list[float]]:
    """Seconds of each round for ``WRITTEN`` routes."""
    some = wishes(WRITTEN)
    words = [f"{wish.destination} via {wish.next_hop} proto 200" for wish in some]
    times: dict[str, list[float]] = {
        name: [] for name in ("ip add", "ip delete", "podroute add", "podroute delete")
    }
    for _ in range(ROUNDS):
        times["ip add"].append(batch(node, "add", words))
        times["ip delete"].append(batch(node, "del", words))
        times["podroute add"].append(await take(provider, [Create(wish) for wish in some]))
        ours = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        times["podroute delete"].append(await take(provider, [Delete(one) for one in ours]))
    return times


def listing(node: Namespace) -> tuple[float, float]:
    """Seconds of ``ip -j route`` for both families, and with its JSON parsed."""
    begin = perf_counter()
    texts = [node.ip(family, "-j", "route") for family in ("-4", "-6")]
    printed = perf_counter() - begin
    for text in texts:
        json.loads(text)
    return printed, perf_counter() - begin


async def look(provider: RouteProvider) -> tuple[float, float]:
    """Seconds of a read, and of processor time."""
    begin, worked = perf_counter(), process_time()
    await provider.read()
    return perf_counter() - begin, process_time() - worked


async def reading(node: Namespace, provider: Callable[[], RouteProvider]) -> dict[str, list[float]]:
    """Seconds of each round for ``READ`` routes, half of them IPv6."""
    kept = provider()
    await take(kept, [Create(wish) for wish in wishes(READ)])
    await kept.read()
    names = ("ip -j", "ip -j, parsed", "podroute first", "podroute again", "podroute again, CPU")
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        figures = (*listing(node), (await look(provider()))[0], *await look(kept))
        for name, figure in zip(names, figures, strict=True):
            times[name].append(figure)
    return times


def rows(title: str, count: int, times: dict[str, list[float]]) -> list[str]:
    """A Markdown table."""
    head = [f"| {title} | median s | min s | max s | routes/s |", "|---|---|---|---|---|"]
    return head + [
        f"| {name} | {median(each):.3f} | {min(each):.3f} | {max(each):.3f} "
        f"| {count / median(each):,.0f} |"
        for name, each in times.items()
    ]


async def measure() -> None:
    """Prints two tables."""
    gc.set_threshold(GARBAGE)  # as in the command
    with node_network() as node, node.entered(), closing(Netlink()) as netlink:

        def provider() -> RouteProvider:
            return LinuxRoutes(netlink, LinuxOptions())

        print("\n".join(rows("10,000 IPv4 routes", WRITTEN, await writing(node, provider()))))
        print()
        print("\n".join(rows("30,000 routes, both families", READ, await reading(node, provider))))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"\n{ROUNDS} rounds, alternating. `ip` includes its process start; podroute excludes "
        "Python's. 'First' is a provider's first read, 'again' one of those that follow: routes "
        f"that have not changed since are not decoded again. Peak memory of the process: {peak} MB."
    )


if __name__ == "__main__":
    asyncio.run(measure())
