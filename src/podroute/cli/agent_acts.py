"""What podroute agent does, once its flags are read."""

import asyncio
from contextlib import closing

from podroute.agent.confirmation import Confirmation
from podroute.agent.nodes import NodesUnreadable
from podroute.agent.worker import Worker, WorkerUnreadable
from podroute.cli.agent_run import Run
from podroute.cli.agent_running import clean_up, confirmed, keep_in_step, once
from podroute.cli.failure import Exit, Failure, innermost
from podroute.host.files import AlreadyRunning, alone
from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.providers.interface import ProviderUnreachable


def act(run: Run) -> int:
    """To its end; the exit status.

    Raises:
        Failure: it cannot be done.
    """
    mode, state = run.mode, run.folders.state
    try:
        if mode.confirm:
            Confirmation(state).say(mode.confirm)
            if not mode.once:
                return confirmed(mode.confirm)
        return _with_worker(run)
    except AlreadyRunning as error:
        words = f"another podroute agent runs on this machine (it holds {error}): end it first"
        raise Failure(Exit.REFUSED, words) from None
    except NodesUnreadable as error:
        raise Failure(Exit.DIFFERENT, str(error)) from None
    except (NetlinkFailed, WorkerUnreadable, ProviderUnreachable) as error:
        raise Failure(Exit.UNREACHED, str(error)) from None
    except OSError as error:
        raise Failure(Exit.USAGE, f"--state-dir {state}: {error.strerror}") from None


def _with_worker(run: Run) -> int:
    mode = run.mode
    with closing(Netlink()) as netlink:
        worker = Worker(netlink, run.folders)
        if mode.dry_run:
            if mode.cleanup:
                return asyncio.run(clean_up(run, worker, dry=True))
            return asyncio.run(once(run, worker, dry=True))
        with alone(run.folders.state / "agent.lock"):
            return _change(run, worker)


def _change(run: Run, worker: Worker) -> int:
    try:
        if run.mode.cleanup:
            return asyncio.run(clean_up(run, worker, dry=False))
        if run.mode.once:
            return asyncio.run(once(run, worker, dry=False))
        return asyncio.run(keep_in_step(run, worker))
    except ExceptionGroup as error:
        cause = innermost(error)
        if isinstance(cause, Failure | NetlinkFailed | ProviderUnreachable):
            raise cause from None
        raise
