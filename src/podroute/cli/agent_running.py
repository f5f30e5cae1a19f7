"""An agent that runs: one pass, for ever, or back to how it was."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from podroute.agent.announcing import Announcer
from podroute.agent.confirmation import Confirmation
from podroute.agent.loop import Agent, Tools
from podroute.agent.memory import Memory
from podroute.agent.nodes import Given, Known, Listed, NodesUnreadable, Source
from podroute.agent.peers import PROTOCOL, Peers, held
from podroute.agent.reports import Reports
from podroute.agent.worker import Done, Failed, Worker
from podroute.bridge.cleanup import cleanup, stays
from podroute.bridge.plan import Plan
from podroute.bridge.steps import Step, line
from podroute.cli.agent_announcing import announce_once, announcer_of, withdraw
from podroute.cli.agent_run import Run
from podroute.cli.failure import Exit, Failure
from podroute.cli.text import count, escape, warn
from podroute.host.boot import read_boot_id
from podroute.host.one_per_network import Door
from podroute.host.service_manager import ServiceManager
from podroute.host.worker_events import WorkerEvents
from podroute.model.cidr import Cidr
from podroute.model.node import Roster
from podroute.observe.logs import make_logger
from podroute.providers.catalogue import load_provider


async def keep_in_step(run: Run, worker: Worker, door: Door) -> int:
    """Until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(source_of(run))
        told = bool(run.pod_cidrs or run.filename)  # at each start anew
        memory = Memory(run.name, None if told else run.folders.state, read_boot_id())
        peers = await stack.enter_async_context(_peers(run)) if run.peer_routes else None
        announcer = await stack.enter_async_context(announcer_of(run)) if run.announce else None
        folders = (run.folders.conf, run.folders.plugins, run.folders.state)
        events = WorkerEvents(folders)
        stack.callback(events.close)
        log = make_logger(run.log_format, debug=run.verbose)
        reports, manager = Reports(log), ServiceManager()
        tools = Tools(
            worker,
            source,
            memory,
            peers,
            reports,
            manager,
            events.changed,
            lambda: reports.unheard(events.listen()),
        )
        if door.socket is not None:
            asyncio.get_running_loop().add_reader(door.socket, door.answer)
            stack.callback(asyncio.get_running_loop().remove_reader, door.socket)
        log.info("started", node=run.name)
        if announcer is None:
            await Agent(tools, run.duties).run(stopping)
        else:
            await _announcing(announcer, tools, run, stopping)
        log.info("stopped")
    return Exit.OK


async def _announcing(
    announcer: Announcer, tools: Tools, run: Run, stopping: asyncio.Event
) -> None:
    async with asyncio.TaskGroup() as tasks:
        telling = announcer.run(tools.reports.announced, run.duties.period)
        beside = tasks.create_task(telling)
        await Agent(replace(tools, announce=announcer.wish), run.duties).run(stopping)
        beside.cancel()


async def once(run: Run, worker: Worker, *, dry: bool) -> int:
    """One pass, shown or carried out."""
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(source_of(run))
        peers = await stack.enter_async_context(_peers(run)) if run.peer_routes else None
        known = await first_word(source)
        if known.missing:
            raise Failure(Exit.DIFFERENT, f"{known.missing}: there is nothing to be in step with")
        reports = Reports(make_logger(run.log_format, debug=run.verbose))
        manager, changed = ServiceManager({}), asyncio.Event()
        tools = Tools(worker, source, Memory(), peers, reports, manager, changed, changed.clear)
        statuses: list[int] = []
        served: Sequence[Cidr] = ()
        if run.duties.bridge:
            status, served = _one_pass(Agent(tools, run.duties), worker, known, dry=dry)
            statuses.append(status)
        if peers is not None:
            statuses.append(await _peer_pass(peers, known, reports, dry=dry))
        if run.announce and served and max(statuses) <= Exit.DIFFERENT:
            reached = replace(known, pod_cidrs=tuple(served))
            statuses.append(await announce_once(run, reached, reports, dry=dry))
    return max(statuses)


def _one_pass(
    agent: Agent, worker: Worker, known: Known, *, dry: bool
) -> tuple[int, Sequence[Cidr]]:
    """The exit status, and the podCIDRs that are reached here unless something has failed."""
    plan, host = agent.look(known)
    if dry:
        _show(plan)
        return Exit.OK, plan.served
    for blocked in plan.blocked:
        warn(f"blocked: {blocked.what}: {blocked.reason}")
    for problem in plan.problems:
        warn(f"problem: {problem.told}")
    return _status(plan, worker.apply(plan.steps, host)), plan.served


async def _peer_pass(peers: Peers, known: Known, reports: Reports, *, dry: bool) -> int:
    if dry:
        verdict = await peers.look(known.others, known.pod_cidrs)
        sys.stdout.write(f"Peer routes: {count(len(verdict.allowed), 'change')}.\n")
        if verdict.held:
            sys.stdout.write(f"Held back: {held(verdict)}.\n")
        return Exit.OK
    report = await peers.keep(known.others, known.pod_cidrs)
    if report.again:
        report = await peers.keep(known.others, known.pod_cidrs)
    reports.peers(report)
    if report.failed:
        return Exit.PARTLY
    return Exit.REFUSED if report.held else Exit.OK


async def clean_up(run: Run, worker: Worker, *, dry: bool) -> int:
    """Takes back what was done; what others have made stays."""
    host = worker.read()
    bridge = run.duties.settings.bridge
    record = worker.settings.read()
    steps = tuple(cleanup(host, bridge, record, worker.adopted.read()))
    for words in stays(host, bridge, record):
        warn(f"left: {words}")
    if dry:
        _show(Plan(steps))
        async with _peers(run) as peers:
            routes = await peers.ours()
        sys.stdout.write(f"Peer routes: {count(len(routes), 'change')}.\n" if routes else "")
        return Exit.OK
    withdrawn = await withdraw(run) if run.announce else Exit.OK
    status = _status(Plan(steps), worker.apply(steps, host)) if steps else Exit.OK
    async with _peers(run) as peers:
        removed = await peers.remove_all()
    if removed:
        sys.stdout.write(f"{count(removed, 'peer route')} removed.\n")
    elif not steps:
        sys.stdout.write("Nothing to do.\n")
    if status == Exit.OK:
        worker.settings.forget()
        worker.adopted.forget()
        worker.marks.forget()
        Memory(run.name, run.folders.state).forget()
    return max(status, withdrawn)


def confirmed(word: str) -> int:
    """Says what is going to happen."""
    warn(f"the agent lets pass what it holds back under the name {word}, if there is any")
    return Exit.OK


def _show(plan: Plan) -> None:
    lines = [
        *map(line, plan.steps),
        *(f"! {one.what}: {one.reason}" for one in plan.blocked),
        *(f"? {one.told}" for one in plan.problems),
        f"Plan: {count(len(plan.steps), 'step')}, {len(plan.blocked)} blocked.",
    ]
    sys.stdout.writelines(f"{escape(one)}\n" for one in lines)


def _status(plan: Plan, outcomes: Sequence[Done | Failed]) -> int:
    """Tells each outcome; the exit status follows from them."""
    failed = [one for one in outcomes if isinstance(one, Failed)]
    done = [one.step for one in outcomes if isinstance(one, Done)]
    _tell(done, plan)
    for one in failed:
        warn(f"failed: {line(one.step)}: {one.reason}")
    if failed:
        return Exit.PARTLY if done else Exit.UNREACHED
    return Exit.DIFFERENT if plan.blocked else Exit.OK


def _tell(done: Sequence[Step], plan: Plan) -> None:
    sys.stdout.writelines(f"{escape(line(step))}\n" for step in done)
    steps = len(plan.steps)
    if done:
        part = f"{len(done)} of " if len(done) < steps else ""
        sys.stdout.write(f"Applied: {part}{count(steps, 'step')}.\n")
    else:
        left = steps or plan.blocked
        sys.stdout.write("Nothing was changed.\n" if left else "Nothing to do.\n")


async def first_word(source: Source) -> Known:
    """What is known first; the API server may need a moment for it."""
    heard = asyncio.Event()
    reasons: list[str] = []

    def told(reason: str) -> None:
        reasons.append(reason)
        heard.set()

    following = asyncio.create_task(source.run(heard.set, told))
    try:
        while (known := source.known()) is None:
            if reasons:
                raise Failure(Exit.UNREACHED, reasons[0])
            await heard.wait()
            heard.clear()
        return known
    finally:
        following.cancel()


@asynccontextmanager
async def source_of(run: Run) -> AsyncGenerator[Source]:
    """Where the flags say that the Nodes are."""
    if run.pod_cidrs:
        yield Given(run.pod_cidrs)
    elif run.filename:
        yield Listed(run.name, lambda: _read(run.filename))
    else:
        async with _cluster(run) as followed:
            yield followed


@asynccontextmanager
async def _cluster(run: Run) -> AsyncGenerator[Source]:
    from podroute.agent.following import Followed  # noqa: PLC0415 -- as below
    from podroute.kube.api_errors import AGENT_RIGHTS  # noqa: PLC0415 -- as below
    from podroute.kube.connection import connect  # noqa: PLC0415 -- costs more than all others
    from podroute.kube.kubeconfig import KubeconfigError, find_login  # noqa: PLC0415 -- as above

    try:
        login = find_login(run.access)
        async with connect(login, sleepy=True, rights=AGENT_RIGHTS) as connection:
            yield Followed(connection, run.name, everybody=run.peer_routes)
    except KubeconfigError as error:
        words = f"{error}; or --pod-cidr for a worker without an API server"
        raise Failure(Exit.USAGE, words) from None


@asynccontextmanager
async def _peers(run: Run) -> AsyncGenerator[Peers]:
    async with load_provider("linux").connect({"protocol": PROTOCOL}) as provider:
        yield Peers(provider, run.duties.rules, Confirmation(run.folders.state))


def _read(name: str) -> Roster:
    from podroute.kube.documents import InputError, read_documents  # noqa: PLC0415 -- few need it
    from podroute.kube.nodes import to_roster  # noqa: PLC0415 -- as above

    try:
        return to_roster(read_documents(name))
    except InputError as error:
        raise NodesUnreadable(str(error)) from None
