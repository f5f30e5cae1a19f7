"""Two workers with the real agent, and their router, by docs/providers/per-node-bgp.md."""

import asyncio
import re
import subprocess
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.netns.agents import Plugged, WorkerPlace, ping, plugged_pods
from tests.netns.lab_command import until
from tests.onprem.bgp import daemon_file
from tests.onprem.frr import FrrRouter, frr_router
from tests.onprem.gobgp import Gobgp, gobgp_daemon
from tests.onprem.lan import WORKERS, Lan, Ping, lan, pinging
from tests.unit.command import Body, node, node_list

PAGE: Final = Path(__file__).parents[2] / "docs/providers/per-node-bgp.md"
BLOCKS: Final = (
    ("10.200.0.0/24", "fd00:10:200::/64"),
    ("10.200.1.0/24", "fd00:10:200:1::/64"),
)
OWN: Final = tuple(
    {f"{cidr} via {hop}" for cidr, hop in zip(blocks, hops, strict=True)}
    for blocks, hops in zip(BLOCKS, WORKERS, strict=True)
)
BOTH: Final = OWN[0] | OWN[1]
DAEMONS: Final = ("zebra", "staticd", "bgpd")


def lines_of(begin: str) -> list[str]:
    """The block of the page that begins so, without the marks between its parts."""
    found = re.findall(r"^```text\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (text,) = [str(one) for one in found if str(one).startswith(begin)]
    return [line for line in text.splitlines() if line.strip() != "!"]


def worker_lines(number: int, without: str = "") -> list[str]:
    """What the page says for a worker's FRRouting; no line that has ``without`` in it."""
    (first, _), (own, _) = WORKERS[0], WORKERS[number]
    lines = [line.replace(first, own) for line in lines_of("interface")]
    return [line for line in lines if not without or without not in line]


@dataclass(frozen=True)
class Rack:
    """``nodes`` is the file with both Nodes."""

    lan: Lan
    router: FrrRouter
    workers: tuple[WorkerPlace, WorkerPlace]
    nodes: Path

    def learned(self) -> set[str]:
        """The destinations and next hops that the router's kernel has by BGP."""
        routes = self.lan.router.routes()
        return {f"{one['dst']} via {one['gateway']}" for one in routes if one["protocol"] == "186"}

    async def until_learned(self, wished: set[str]) -> None:
        """Looks often enough, and lets daemons and agents have the machine meanwhile."""
        async with asyncio.timeout(90):
            while self.learned() != wished:  # noqa: ASYNC110 -- the kernel is asked
                await asyncio.sleep(0.1)

    def flags(self, number: int, *more: str) -> list[str]:
        """Of the agent on a worker."""
        name = ("--node-name", f"worker-{number}", "--sync-period", "1s")
        return ["-f", str(self.nodes), *name, *more]

    @asynccontextmanager
    async def frr(self, number: int, without: str = "") -> AsyncGenerator[FrrRouter]:
        """A worker's, as the page has it."""
        place = self.workers[number]
        async with frr_router(place.worker, place.folder, daemons=DAEMONS) as speaker:
            speaker.load(*worker_lines(number, without))
            yield speaker

    @asynccontextmanager
    async def gobgp(self, number: int, *more: str) -> AsyncGenerator[Gobgp]:
        """A worker's, as the page has it."""
        place, (hop, _) = self.workers[number], WORKERS[number]
        file = daemon_file().replace('router-id = "10.240.0.2"', f'router-id = "{hop}"')
        async with gobgp_daemon(place.worker, place.folder, file, *more) as daemon:
            yield daemon

    @contextmanager
    def agents(self, *more: Sequence[str]) -> Generator[list[subprocess.Popen[str]]]:
        """On both workers; ``more`` are further flags of each."""
        flags = more or ((), ())
        with ExitStack() as stack:
            yield [
                stack.enter_context(place.running(*self.flags(number, *flags[number])))
                for number, place in enumerate(self.workers)
            ]

    @contextmanager
    def pods(self) -> Generator[tuple[Plugged, Plugged]]:
        """Two Pods on each worker, as soon as a runtime is told how."""
        with ExitStack() as stack:
            for place in self.workers:
                until((place.conf / "10-podroute.conflist").exists)
            one, two = (stack.enter_context(plugged_pods(place)) for place in self.workers)
            yield one, two


@asynccontextmanager
async def rack(folder: Path) -> AsyncGenerator[Rack]:
    """The router is ready; on the workers nothing runs yet."""
    places = [folder / name for name in ("router", "worker-0", "worker-1")]
    for place in places:
        place.mkdir()
    nodes = folder / "nodes.json"
    nodes.write_text(node_list(*map(_node, range(len(WORKERS)))))
    with lan() as network:
        for worker in network.workers:
            worker.ip("address", "flush", "dev", "lo", "scope", "global")  # the Pods of others
            worker.run("sysctl", "-qw", "net.ipv4.ip_forward=0")
        async with frr_router(network.router, places[0], daemons=DAEMONS) as router:
            router.configure(*lines_of("ip prefix-list"))
            one, two = (
                WorkerPlace(worker, network.router, place)
                for worker, place in zip(network.workers, places[1:], strict=True)
            )
            yield Rack(network, router, (one, two), nodes)


def _node(number: int) -> Body:
    body = node(f"worker-{number}", "", *BLOCKS[number])
    told = [{"type": "InternalIP", "address": ip} for ip in WORKERS[number]]
    body["status"] = {"addresses": told}
    return body


def meet(one: Plugged, two: Plugged) -> None:
    """The Pods of both workers reach each other, in both families."""
    for source, target in ((one, two), (two, one)):
        for version in (4, 6):
            ping(source.a, target.address("a", version))


@contextmanager
def between_pods(one: Plugged, two: Plugged) -> Generator[tuple[Ping, Ping]]:
    """From a Pod to one of the other worker, in both families."""
    v4, v6 = (pinging(one.a, two.address("a", version)) for version in (4, 6))
    with v4 as first, v6 as second:
        yield first, second
