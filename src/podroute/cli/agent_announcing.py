"""podroute agent --announce: the daemon is opened, asked once, and told to withdraw."""

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from podroute.agent.announced import announcing_checks
from podroute.agent.announcing import MARK, Announcer, own_roster
from podroute.agent.confirmation import FOR_PATHS, Confirmation
from podroute.agent.nodes import Known
from podroute.agent.peers import Peers, held
from podroute.agent.reports import Reports
from podroute.cli.agent_run import Run
from podroute.cli.failure import Exit, Failure
from podroute.cli.text import count, warn
from podroute.model.check import Check
from podroute.providers.catalogue import load_provider
from podroute.providers.interface import InvalidOption, ProviderUnreachable, RouteProvider


@asynccontextmanager
async def announcer_of(run: Run) -> AsyncGenerator[Announcer]:
    """The daemon that the flags name; nothing is asked yet."""
    async with _daemon(run) as provider:
        word = Confirmation(run.folders.state, FOR_PATHS)
        yield Announcer(run.name, Peers(provider, run.duties.rules, word))


@asynccontextmanager
async def _daemon(run: Run) -> AsyncGenerator[RouteProvider]:
    options = {"community": MARK, **run.announce_options}
    try:
        async with load_provider(run.announce).connect(options) as provider:
            yield provider
    except InvalidOption as error:
        raise Failure(Exit.USAGE, f"--announce {run.announce}: {error}") from None


async def check_announcements(run: Run, known: Known) -> Sequence[Check]:
    """What is wrong at the daemon and its neighbours; none where nothing is announced."""
    if not run.announce:
        return ()
    async with _daemon(run) as provider:
        return await announcing_checks(provider, own_roster(run.name, known), run.duties.rules)


async def announce_once(run: Run, known: Known, reports: Reports, *, dry: bool) -> int:
    """One pass, shown or carried out and read back; the exit status."""
    async with announcer_of(run) as announcer:
        if dry:
            verdict = await announcer.look(known)
            sys.stdout.write(f"Announcements: {count(len(verdict.allowed), 'change')}.\n")
            if verdict.held:
                sys.stdout.write(f"Held back: {held(verdict)}.\n")
            return Exit.OK
        announcer.wish(known.pod_cidrs, known.internal_ips)
        report = await announcer.keep()
        reports.announced(report)
        if report.done or report.again:
            report = await announcer.keep()
            reports.announced(report)
    if report.failed:
        return Exit.PARTLY
    if report.blocked:
        return Exit.DIFFERENT
    return Exit.REFUSED if report.held else Exit.OK


async def withdraw(run: Run) -> int:
    """What of ours is announced; a daemon that is away hinders no cleanup. The exit status."""
    async with announcer_of(run) as announcer:
        try:
            withdrawn = await announcer.withdraw()
        except ProviderUnreachable as error:
            warn(f"not withdrawn: {error}")
            return Exit.PARTLY
    if withdrawn:
        sys.stdout.write(f"{count(withdrawn, 'announcement')} withdrawn.\n")
    return Exit.OK
