"""What podroute agent does, once its flags are read."""

import stat
from contextlib import closing
from pathlib import Path
from typing import Final

from podroute.agent.confirmation import FOR_PATHS, FOR_ROUTES, Confirmation
from podroute.agent.nodes import NodesUnreadable
from podroute.agent.worker import Worker, WorkerUnreadable
from podroute.cli import event_loop
from podroute.cli.agent_run import Run
from podroute.cli.agent_running import clean_up, confirmed, keep_in_step, once
from podroute.cli.failure import Exit, Failure, innermost
from podroute.cli.text import warn
from podroute.host.files import AlreadyRunning, alone
from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.host.one_per_network import Door, alone_in_network
from podroute.providers.interface import ProviderUnreachable

NAME: Final = "podroute-agent"  # of which there is one in a network namespace


def act(run: Run) -> int:
    """To its end; the exit status.

    Raises:
        Failure: it cannot be done.
    """
    mode, state = run.mode, run.folders.state
    _check_source(run)
    try:
        if mode.confirm:
            for name in (FOR_ROUTES, FOR_PATHS):
                Confirmation(state, name).say(mode.confirm)
            if not mode.once:
                return confirmed(mode.confirm)
        return _with_worker(run)
    except AlreadyRunning as error:
        words = f"another podroute agent runs on this machine ({error}): end it first"
        raise Failure(Exit.REFUSED, words) from None
    except NodesUnreadable as error:
        raise Failure(Exit.DIFFERENT, str(error)) from None
    except (NetlinkFailed, WorkerUnreadable, ProviderUnreachable) as error:
        raise Failure(Exit.UNREACHED, str(error)) from None
    except OSError as error:
        raise Failure(Exit.UNREACHED, _words(error, state)) from None


def _check_source(run: Run) -> None:
    """What can be read once is read by one pass alone."""
    mode = run.mode
    if mode.once or mode.dry_run or mode.cleanup or mode.confirm:
        return
    if run.filename == "-" or _is_stream(run.filename):
        what = "standard input" if run.filename == "-" else "a pipe or a device"
        words = f"{what} can be read once, and the agent reads the Nodes at each look"
        raise Failure(Exit.USAGE, f"-f {run.filename}: {words}: give a file, or --once")


def _is_stream(filename: str) -> bool:
    """As what ``-f <(kubectl get nodes -o json)`` gives; what is not there is told later."""
    try:
        mode = Path(filename).stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _with_worker(run: Run) -> int:
    mode = run.mode
    with closing(Netlink()) as netlink:
        worker = Worker(netlink, run.folders)
        if mode.dry_run:
            if mode.cleanup:
                return event_loop.run(clean_up(run, worker, dry=True))
            return event_loop.run(once(run, worker, dry=True))
        with alone_in_network(NAME) as door, alone(run.folders.state / "agent.lock"):
            if door.socket is None:
                warn(f"a program that is no agent has the name @{NAME}: two agents may run here")
            return _change(run, worker, door)


def _change(run: Run, worker: Worker, door: Door) -> int:
    try:
        if run.mode.cleanup:
            return event_loop.run(clean_up(run, worker, dry=False))
        if run.mode.once:
            return event_loop.run(once(run, worker, dry=False))
        return event_loop.run(keep_in_step(run, worker, door))
    except ExceptionGroup as error:
        cause = innermost(error)
        if isinstance(cause, Failure | NetlinkFailed | OSError | ProviderUnreachable):
            raise cause from None
        raise


def _words(error: OSError, state: Path) -> str:
    """What cannot be used, and the flag where it is that flag's."""
    words, place = error.strerror or str(error), Path(str(error.filename or "."))
    if place.is_relative_to(state) or state.is_relative_to(place):
        return f"--state-dir {state}: {words}: give a folder that this user may write"
    return f"{place}: {words}" if error.filename else f"this machine: {words}"
