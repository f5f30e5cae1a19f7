"""A running controller: its connection, its endpoints, its term, and its end."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from socket import gethostname
from time import CLOCK_BOOTTIME, clock_gettime
from uuid import uuid4

from prometheus_client import CollectorRegistry, Gauge

from podroute.cli.failure import Exit, Failure
from podroute.controllers.cluster_nodes import ClusterNodes
from podroute.controllers.election import Claim, Term, Timing
from podroute.controllers.ipam_reports import Recorder, Reports
from podroute.controllers.leadership import Leadership, LeaseLost
from podroute.controllers.node_ipam import NodeIpam, Tools
from podroute.controllers.waiting import within
from podroute.ipam.audit import Finding
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan
from podroute.ipam.usage import PoolUsage
from podroute.kube.connection import Connection, connect
from podroute.kube.events import EventRecorder
from podroute.kube.leases import LeaseStore
from podroute.kube.login import Login
from podroute.kube.rate_limit import RateLimit
from podroute.observe.logs import Logger
from podroute.observe.metrics import EventMetrics, IpamMetrics
from podroute.web.health import Checks, health_app, serving

since_boot = partial(clock_gettime, CLOCK_BOOTTIME)  # it goes on while the machine sleeps
STALE = 180.0  # seconds without a word from the API server, after which a leader is not ready
EVENTS = RateLimit(5, 50)  # requests for Events, which hold up no podCIDR
LOOK = 5.0  # seconds between two looks at the configuration file


@dataclass(frozen=True, slots=True)
class Lock:
    """The Lease that makes one of several the leader."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a controller must know; ``lock`` None: nobody else runs."""

    login: Login
    rate: RateLimit
    plan: AddressPlan
    lock: Lock | None
    timing: Timing
    bind: tuple[str, int] | None
    config: Path | None
    reread: Callable[[], AddressPlan]
    log: Logger


class IpamService:
    """Node IPAM, and what is asked about it from outside; it starts with an empty ledger."""

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        recorder: Recorder,
        registry: CollectorRegistry,
    ) -> None:
        log = settings.log
        self.candidate: Leadership | None = None
        self._connection = connection
        self._plan = settings.plan
        self._wanted = settings.plan
        self._log = log
        self._reports = Reports(log, IpamMetrics(registry, self._usage, self._findings), recorder)
        self._ledger: Ledger | None = None
        self._loop: NodeIpam | None = None

    async def lead(self, term: Term, stopping: asyncio.Event) -> None:
        """Until it is cancelled, or until ``stopping``."""
        ledger = Ledger(self._plan)
        api, dice = ClusterNodes(self._connection), Random()  # noqa: S311 -- spreads retries
        tools = Tools(api, self._reports, since_boot, dice)
        loop = NodeIpam(tools, ledger, term)
        loop.change(self._wanted)
        self._ledger, self._loop = ledger, loop
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(loop.run())
                waiting = tasks.create_task(stopping.wait())
                await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
                loop.stop()
                await running
                waiting.cancel()
        finally:
            self._plan, self._loop = ledger.plan, None
        if not loop.in_doubt():
            term.vouch()

    def change(self, plan: AddressPlan) -> None:
        """Another address plan; whether it takes blocks from Nodes only a leader can say."""
        before, self._wanted = self._wanted, plan
        if self._loop is not None:
            self._loop.change(plan)  # again, where it was refused: Nodes may be gone since
        elif plan != before:
            self._log.info("another address plan: looked at when this process leads")

    def unready(self) -> str:
        """Why not; a process that does not lead is ready to, while it can."""
        loop, candidate = self._loop, self.candidate
        if loop is None:
            return _silence(
                "the API server has told nothing yet", candidate.heard if candidate else None
            )
        if loop.halted:
            return "somebody else writes podCIDRs: nothing is assigned; the log says what to do"
        return _silence("the Nodes are not listed yet", loop.heard)

    def _findings(self) -> Sequence[Finding]:
        return self._ledger.findings() if self._ledger else ()

    def _usage(self) -> Sequence[PoolUsage]:
        return self._ledger.usage(since_boot()) if self._ledger else ()


def _silence(nothing: str, heard: float | None) -> str:
    """What is wrong, if the API server was ``heard`` last at this moment."""
    if heard is None:
        return nothing
    silence = since_boot() - heard
    return "" if silence < STALE else f"the API server is silent for {silence:.0f} s"


async def serve(settings: Settings) -> int:
    """Until SIGTERM or SIGINT, or until the lease is lost."""
    registry, log = CollectorRegistry(), settings.log
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(connect(settings.login, settings.rate))
        telling = await stack.enter_async_context(connect(settings.login, EVENTS))
        recorder = EventRecorder(telling, since_boot, lambda why: log.warning("no Event", why=why))
        EventMetrics(registry, lambda: recorder.dropped)
        service = IpamService(connection, settings, recorder, registry)
        if settings.bind:
            await _listen(stack, settings, service, registry)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        background = [
            tasks.create_task(recorder.run()),
            tasks.create_task(_follow_config(settings, service)),
        ]
        try:
            await _lead(settings, service, registry, stopping)
        except LeaseLost as error:
            log.warning("stopped", why=str(error))
            return Exit.REFUSED
        finally:
            for task in background:
                task.cancel()
    log.info("stopped")
    return Exit.OK


async def _listen(
    stack: AsyncExitStack, settings: Settings, service: IpamService, registry: CollectorRegistry
) -> None:
    checks = Checks({"loop": str}, {"nodes": service.unready})
    host, port = settings.bind or ("", 0)
    try:
        port = await stack.enter_async_context(serving(health_app(checks, registry), host, port))
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]  # socket adds the address
        address = _address(host, port)
        words = f"--metrics-bind-address {address}: {why}; give another one, or an empty one"
        raise Failure(Exit.USAGE, words) from None
    settings.log.info("serving", address=_address(host, port))


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _lead(
    settings: Settings,
    service: IpamService,
    registry: CollectorRegistry,
    stopping: asyncio.Event,
) -> None:
    leading = Gauge(
        "leader_election_master_status", "1 for the leader.", ["name"], registry=registry
    )
    lock = settings.lock
    if lock is None:
        term = Term(Claim("fresh", 0), since_boot(), settings.timing, endless=True)
        await service.lead(term, stopping)
        return
    identity = f"{gethostname()}_{uuid4()}"
    async with connect(settings.login) as connection:  # renewals wait for no other request
        store = LeaseStore(connection, lock.namespace, lock.name)
        leadership = Leadership(store, identity, settings.timing, since_boot, settings.log)
        service.candidate = leadership
        leading.labels(lock.name).set_function(lambda: float(leadership.leads))
        await leadership.lead(lambda term: service.lead(term, stopping), stopping)


async def _follow_config(settings: Settings, service: IpamService) -> None:
    """A changed file, or SIGHUP, brings another address plan; all else needs a restart."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    path = settings.config
    while path is None:
        await asked.wait()
        asked.clear()
        settings.log.warning("no file to read again", why="started without --config")
    known: tuple[int, int, int] | None = None  # it may have changed since it was read for the start
    while True:
        if asked.is_set() or _stamp(path) != known:
            asked.clear()
            known = _stamp(path)
            try:
                service.change(settings.reread())
            except Failure as error:
                why = " ".join(str(error).split())
                settings.log.warning("address plan not changed", why=why)
        await within(LOOK, asked)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0, 0
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
