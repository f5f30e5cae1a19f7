"""An API server that a test plays, and a node IPAM loop over it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from random import Random
from time import monotonic

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from podroute.controllers.election import Claim, Origin, Term, Timing
from podroute.controllers.ipam_reports import Reports
from podroute.controllers.node_ipam import NodeIpam, Pace, Tools
from podroute.controllers.recorder import Severity
from podroute.ipam.facts import Grant
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.kube.node_events import NodeEvent, Relisted
from podroute.kube.patch_answers import Applied, PatchAnswer
from podroute.model.node import Node, NodeName, NodeUid, Roster, Unreadable
from podroute.observe.logs import make_logger
from podroute.observe.metrics import IpamMetrics
from tests.builders import node, pool

QUICK = Pace(first_retry=0.001, last_retry=0.01, look_again=0.02, longest_send=1.0)
SOON = Timing(settle=0.05)


def default(*families: str) -> AddressPlan:
    """One pool of /24 blocks."""
    return AddressPlan((Pool("default", tuple(pool(cidr, 24) for cidr in families)),))


PLAN = default("10.200.0.0/16")
SERVED = node("served", "10.240.0.30", "10.200.0.0/24")


def listed(*nodes: Node | Unreadable) -> Relisted:
    return Relisted(Roster.of(nodes), "1")


@dataclass
class Api:
    """What the watch tells, and how patches end: in turn, then Applied."""

    first: Callable[[], NodeEvent]
    answers: list[PatchAnswer] = field(default_factory=list[PatchAnswer])
    sent: list[Grant] = field(default_factory=list[Grant])
    lists: list[float] = field(default_factory=list[float])
    keys: list[Collection[str]] = field(default_factory=list[Collection[str]])
    hold: asyncio.Event | None = None
    queue: asyncio.Event | None = None  # where set, patches wait for their turn

    def __post_init__(self) -> None:
        self.news: asyncio.Queue[NodeEvent] = asyncio.Queue()
        self.queued = self.turned = 0

    async def follow(self, label_keys: Collection[str]) -> AsyncGenerator[Sequence[NodeEvent]]:
        self.lists.append(monotonic())
        self.keys.append(label_keys)
        yield (self.first(),)
        while True:
            yield (await self.news.get(),)

    async def turn(self) -> None:
        self.queued += 1
        if self.queue:
            await self.queue.wait()
        self.turned += 1

    async def assign(self, grant: Grant, within: float) -> PatchAnswer:
        assert 0 < within <= QUICK.longest_send
        self.sent.append(grant)
        if self.hold:
            await self.hold.wait()
        return self.answers.pop(0) if self.answers else Applied()


class World:
    """A loop and what it has said."""

    def __init__(self, api: Api, plan: AddressPlan, term: Term, dice: Random) -> None:
        self.api = api
        self.ledger = Ledger(plan)
        self.log = StringIO()
        self.registry = CollectorRegistry()
        self.events: list[tuple[NodeName, str, str]] = []
        usage, findings = lambda: self.ledger.usage(monotonic()), self.ledger.findings
        metrics = IpamMetrics(self.registry, usage, findings)
        reports = Reports(make_logger(stream=self.log), metrics, self)
        tools = Tools(api, reports, monotonic, dice, QUICK)
        self.loop = NodeIpam(tools, self.ledger, term)

    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        assert (uid, severity) == (f"uid-{node}", "Warning")
        self.events.append((node, reason, message))
        return True

    def metric(self, line: str) -> bool:
        return f"{line}\n" in generate_latest(self.registry).decode()

    def has_blocks(self, *texts: str) -> bool:
        return [str(one.pod_cidrs[0]) for one in self.api.sent] == list(texts)


@asynccontextmanager
async def running(
    api: Api,
    plan: AddressPlan = PLAN,
    origin: Origin = "fresh",
    *,
    term: Term | None = None,
    wanted: AddressPlan | None = None,
    dice: Random | None = None,
) -> AsyncGenerator[World]:
    """Ended by ``stop`` afterwards."""
    term = term or Term(Claim(origin, 1), monotonic(), SOON, endless=True)
    world = World(api, plan, term, dice or Random(1))
    world.loop.change(wanted or plan)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(world.loop.run())
        yield world
        world.loop.stop()
        await task
