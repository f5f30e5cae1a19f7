"""An agent at a machine in memory, and what it is told of its Node."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from typing_extensions import override

from podroute.agent.loop import Agent, Duties, Tools
from podroute.agent.memory import Memory
from podroute.agent.nodes import Known, NodesUnreadable
from podroute.agent.peers import PeerReport, Peers
from podroute.agent.reports import Reports
from podroute.agent.worker import Done, Failed, Folders, Worker, WorkerUnreadable
from podroute.bridge.desired import AgentSettings
from podroute.bridge.seen import Firewall, Host
from podroute.bridge.steps import Step
from podroute.claims.rules import ClaimRules
from podroute.host.netlink import Netlink
from podroute.host.service_manager import ServiceManager
from podroute.model.cidr import Cidr
from podroute.model.node import Roster
from podroute.observe.logs import make_logger
from tests.builders import SEED_RULES
from tests.workers import after, fresh, without_link


@dataclass
class Told:
    """What is told of the Node."""

    says: Known | NodesUnreadable | None = None

    async def run(self, changed: object, told: object) -> None:
        """Nothing by itself."""
        del changed, told
        await asyncio.Event().wait()

    def known(self) -> Known | None:
        if isinstance(self.says, NodesUnreadable):
            raise self.says
        return self.says


class PlayedWorker(Worker):
    """A machine in memory."""

    def __init__(self, netlink: Netlink, folder: Path) -> None:
        super().__init__(netlink, Folders(folder, folder, folder, folder, folder))
        self.host = fresh()
        self.fails = ""
        self.unreadable = ""
        self.reads = 0

    @override
    def read(self, *, thorough: bool = False) -> Host:
        self.reads += 1
        if self.unreadable:
            raise WorkerUnreadable(self.unreadable)
        return self.host

    @override
    def apply(self, steps: Sequence[Step], host: Host) -> Sequence[Done | Failed]:
        if self.fails and steps:
            return [Failed(steps[0], self.fails)]
        self.host = after(self.host, steps)
        return [Done(step) for step in steps]


class PlayedPeers(Peers):
    """They count how often they are kept."""

    def __init__(self) -> None:
        self.kept = 0

    @override
    async def keep(self, others: Roster, own: Sequence[Cidr] = ()) -> PeerReport:
        self.kept += 1
        return PeerReport()


@dataclass
class Site:
    """An agent, its machine, and what is told of its Node."""

    worker: PlayedWorker
    folder: Path
    told: Told = field(default_factory=Told)
    follow: bool = True
    peers: PlayedPeers | None = None
    rules: ClaimRules = SEED_RULES
    announced: list[set[str]] = field(default_factory=list[set[str]])

    def start(self) -> "Running":
        """Another agent."""
        reports = Reports(make_logger("text", debug=False))
        changed = asyncio.Event()
        memory = Memory("w0", self.folder)
        tools = Tools(
            self.worker,
            self.told,
            memory,
            self.peers,
            reports,
            ServiceManager({}),
            changed,
            changed.clear,
            lambda cidrs, _: self.announced.append(set(map(str, cidrs))),
        )
        duties = Duties(AgentSettings(), self.rules, 10, follow=self.follow)
        return Running(Agent(tools, duties), reports, changed, memory)

    def break_it(self) -> None:
        """The bridge and the firewall are deleted, and packets are not forwarded."""
        bridge = self.worker.host.link("cbr0")
        assert bridge is not None
        bare = replace(without_link(self.worker.host, bridge), firewall=Firewall())
        self.worker.host = replace(bare, sysctls={**bare.sysctls, "ipv4/ip_forward": "0"})

    def gateways(self) -> set[str]:
        """Of Pods."""
        texts = {str(address) for _, address in self.worker.host.addresses}
        return {text for text in texts if text.startswith("10.200.")}


@dataclass
class Running:
    """An agent at work."""

    agent: Agent
    reports: Reports
    changed: asyncio.Event
    memory: Memory

    async def settle(self) -> str:
        """Looks until nothing more is done; how the worker is then."""
        ends = [await self.agent.turn() for _ in range(4)]
        return self.reports.state(in_step=ends[-1] == "quiet")
