"""A running controller: its connections, its endpoints, its term, and its end."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING
from uuid import uuid4

from prometheus_client import CollectorRegistry, Gauge

from podroute.claims.rules import ClaimRules
from podroute.cli.failure import Exit, Failure
from podroute.cli.ipam_service import IpamService
from podroute.cli.listening import listen
from podroute.cli.options import LeaseName
from podroute.cli.reading import open_named
from podroute.cli.service import Service, since_boot
from podroute.config.routers import NamedRouter
from podroute.controllers.election import Claim, Term, Timing
from podroute.controllers.leadership import Leadership, LeaseLost
from podroute.controllers.waiting import within
from podroute.ipam.pools import AddressPlan
from podroute.kube.connection import connect
from podroute.kube.events import EventRecorder, Task
from podroute.kube.leases import LeaseStore
from podroute.kube.login import Login
from podroute.kube.rate_limit import RateLimit
from podroute.observe.logs import Logger
from podroute.observe.metrics import EventMetrics
from podroute.observe.process_metrics import ProcessMetrics
from podroute.providers.guarded import GuardedRoutes
from podroute.providers.interface import RouteProvider
from podroute.web.health import App, Checks, health_app

if TYPE_CHECKING:
    from podroute.cli.route_service import RouteDuties, RouteService

EVENTS = RateLimit(5, 50)  # requests for Events, which hold up no podCIDR
LOOK = 5.0  # seconds between two looks at the configuration file


@dataclass(frozen=True, slots=True)
class Lock:
    """The Lease that makes one of several the leader."""

    namespace: str
    name: str

    @property
    def lease(self) -> LeaseName:
        """As a person gives it."""
        return LeaseName(self.name, self.namespace)


@dataclass(frozen=True, slots=True)
class Ranges:
    """The address plan, for those who give podCIDRs and for those who judge them."""

    plan: AddressPlan
    rules: ClaimRules


@dataclass(frozen=True, slots=True)
class Loops:
    """What runs: node IPAM, and the routes of these routers, for the cluster of this name."""

    ipam: bool
    routes: "RouteDuties | None"
    routers: Sequence[NamedRouter]
    cluster: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a controller must know.

    ``lock``: the Lease, and whether there is an election; without one nobody else runs.
    """

    login: Login
    rate: tuple[float, int]  # requests each second, and at once; for each loop
    ranges: Ranges
    loops: Loops
    lock: Lock
    elects: bool
    timing: Timing
    bind: tuple[str, int] | None
    config: Path | None
    reread: Callable[[], Ranges]
    log: Logger


async def serve(settings: Settings) -> int:
    """Until SIGTERM or SIGINT, or until the lease is lost."""
    registry, log = CollectorRegistry(), settings.log
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        services = await _open(stack, settings, registry)
        if settings.bind:
            await _listen(stack, settings, services, registry)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        background = [tasks.create_task(one.run()) for one in services.recorders]
        background.append(tasks.create_task(_follow_config(settings, services)))
        try:
            await _lead(settings, services, registry, stopping)
        except LeaseLost as error:
            log.warning("stopped", why=str(error))
            return Exit.REFUSED
        finally:
            for task in background:
                task.cancel()
    log.info("stopped")
    return Exit.OK


@dataclass(frozen=True, slots=True)
class Services:
    """By name; each has a recorder of its own."""

    by_name: Mapping[str, Service]
    recorders: tuple[EventRecorder, ...]
    process: ProcessMetrics
    routes: "RouteService | None" = None

    def page(self, checks: Checks, registry: CollectorRegistry, host: str) -> App:
        """Health and metrics, and the routes where they are kept here."""
        if self.routes is None:
            return health_app(checks, registry)
        from podroute.web.page import web_app  # noqa: PLC0415 -- as below

        return web_app(checks, registry, self.routes.board, self.routes.commands, [host])

    async def lead(self, term: Term, stopping: asyncio.Event) -> None:
        """All of them, until each has ended; the end of one by a fault is the end of all."""
        async with asyncio.TaskGroup() as tasks:
            for one in self.by_name.values():
                tasks.create_task(one.lead(term, stopping))
        if "nodes" not in self.by_name:
            term.vouch()  # nobody has sent a podCIDR


async def _open(stack: AsyncExitStack, settings: Settings, registry: CollectorRegistry) -> Services:
    log, loops, ranges = settings.log, settings.loops, settings.ranges
    services: dict[str, Service] = {}
    recorders: list[EventRecorder] = []
    process = ProcessMetrics(registry, version("podroute"))
    told = process.requested
    telling = await stack.enter_async_context(connect(settings.login, EVENTS, told))
    EventMetrics(registry, lambda: sum(one.dropped for one in recorders))

    def recorder(action: str) -> EventRecorder:
        task = Task(action, settings.lock.namespace, settings.lock.name)
        one = EventRecorder(telling, since_boot, lambda why: log.warning("no Event", why=why), task)
        recorders.append(one)
        return one

    if loops.ipam:
        rate = _rate(settings)
        connection = await stack.enter_async_context(connect(settings.login, rate, told))
        plan = ranges.plan
        services["nodes"] = IpamService(connection, plan, log, recorder("AssignPodCIDR"), registry)
    if loops.routes:
        from podroute.cli.kept_router import OpenRouter  # noqa: PLC0415 -- as below
        from podroute.cli.route_service import (  # noqa: PLC0415 -- not where it is not used
            RouteService,
            Surroundings,
        )

        connection = await stack.enter_async_context(connect(settings.login, _rate(settings), told))
        opened = _opened_alone if len(loops.routers) == 1 else _opened_beside_others
        routers = [
            OpenRouter(one.name, one.provider, await opened(stack, one, loops.cluster))
            for one in loops.routers
        ]
        lease = settings.lock.lease if settings.elects else None
        around = Surroundings(connection, routers, log, recorder("ReconcileRoute"), registry, lease)
        routes = RouteService(around, loops.routes, ranges.rules)
        return Services({**services, "routes": routes}, tuple(recorders), process, routes)
    return Services(services, tuple(recorders), process)


async def _opened_alone(stack: AsyncExitStack, router: NamedRouter, cluster: str) -> RouteProvider:
    return GuardedRoutes(await stack.enter_async_context(open_named(router, cluster)))


async def _opened_beside_others(
    stack: AsyncExitStack, router: NamedRouter, cluster: str
) -> RouteProvider:
    """One that is not reached holds up no other."""
    try:
        return await _opened_alone(stack, router, cluster)
    except Failure as failure:
        if failure.status != Exit.UNREACHED:
            raise
        from podroute.cli.late_router import LateRoutes  # noqa: PLC0415 -- seldom used

        return LateRoutes(partial(_opened_alone, stack, router, cluster))


def _rate(settings: Settings) -> RateLimit:
    return RateLimit(*settings.rate)


async def _listen(
    stack: AsyncExitStack, settings: Settings, services: Services, registry: CollectorRegistry
) -> None:
    ready = {name: one.unready for name, one in services.by_name.items()}
    checks = Checks({"loop": str}, ready)
    place = settings.bind or ("", 0)
    app = services.page(checks, registry, place[0])
    address = await listen(stack, app, place, "--metrics-bind-address", "an empty one")
    settings.log.info("serving", address=address)


async def _lead(
    settings: Settings,
    services: Services,
    registry: CollectorRegistry,
    stopping: asyncio.Event,
) -> None:
    leading = Gauge(
        "leader_election_master_status", "1 for the leader.", ["name"], registry=registry
    )
    lock = settings.lock
    if not settings.elects:
        term = Term(Claim("fresh", 0), since_boot(), settings.timing, endless=True)
        await services.lead(term, stopping)
        return
    identity = f"{gethostname()}_{uuid4()}"
    told = services.process.requested
    async with connect(settings.login, told=told) as connection:  # renewals wait for no other
        store = LeaseStore(connection, lock.namespace, lock.name)
        leadership = Leadership(store, identity, settings.timing, since_boot, settings.log)
        for one in services.by_name.values():
            one.candidate = leadership
        leading.labels(lock.name).set_function(lambda: float(leadership.leads))
        await leadership.lead(lambda term: services.lead(term, stopping), stopping)


async def _follow_config(settings: Settings, services: Services) -> None:
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
                ranges = settings.reread()
                for one in services.by_name.values():
                    one.change(ranges.plan, ranges.rules)
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
