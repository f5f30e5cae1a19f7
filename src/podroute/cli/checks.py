"""podroute check: those of cluster and router, and those of a worker."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cyclopts import App

from podroute.cli import event_loop
from podroute.cli.agent_announcing import check_announcements
from podroute.cli.agent_flags import ANY_MACHINE, ANY_NETWORK, Machine, Network, run_of
from podroute.cli.agent_run import Run
from podroute.cli.check import check
from podroute.cli.check_view import ANY_VIEW, CheckView, show
from podroute.cli.options import ANY_ADDRESSES, ANY_SOURCE, AddressPlan, NodeSource
from podroute.cli.worker_look import look
from podroute.model.check import Check

check_app: Final = App(name="check", help="What is wrong, why, and how it is mended.")


check_app.default(check)


@check_app.command
def worker(
    *,
    view: CheckView = ANY_VIEW,
    network: Network = ANY_NETWORK,
    machine: Machine = ANY_MACHINE,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
) -> int:
    """Check this machine as a worker: what podroute agent keeps, and what it leaves alone."""
    return show(event_loop.run(_asked(run_of(network, machine, source, addresses))), view)


async def _asked(run: Run) -> Sequence[Check]:
    seen = await look(run)
    served = replace(seen.known, pod_cidrs=tuple(seen.served))
    return (*seen.checks, *await check_announcements(run, served))
