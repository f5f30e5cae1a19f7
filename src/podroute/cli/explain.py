"""podroute explain: the way of a Pod's packet through this worker, or a Node's routes."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cyclopts import Parameter

from podroute.bridge.path import Hop, hops
from podroute.cli import event_loop
from podroute.cli.agent_flags import ANY_MACHINE, ANY_NETWORK, Machine, Network, run_of
from podroute.cli.failure import Exit, Failure
from podroute.cli.next_command import Given
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    NodeSource,
    Router,
)
from podroute.cli.text import columns, escape
from podroute.cli.worker_look import journey_to, look
from podroute.model.cidr import Address, parse_address

_WORDS: Final = {"ok": "ok", "broken": "BROKEN", "unknown": "unknown"}


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Worker:
    """A machine, as podroute agent keeps it."""

    network: Network = ANY_NETWORK
    machine: Machine = ANY_MACHINE


ANY_WORKER: Final = Worker()


def explain(
    target: str,
    /,
    *,
    worker: Worker = ANY_WORKER,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> int:
    """Show the way from a Pod of this worker to an address, hop by hop, up to the first broken one.

    Of a Node or a podCIDR: what each router has, and what is wrong there.

    Parameters
    ----------
    target
        An IP address, of a Pod as a rule; or, with --provider, a Node's name or its podCIDR.
    """
    if router.is_given and not _is_address(target):
        from podroute.cli.explain_routes import explain_routes  # noqa: PLC0415 -- not on a worker

        return event_loop.run(explain_routes(target, Given(source, addresses, router, "")))
    address = _address(target)
    run = run_of(worker.network, worker.machine, source, addresses)
    run = replace(run, peer_routes=True)
    seen = event_loop.run(look(run))
    journey = journey_to(address, run, seen.known)
    way = list(_up_to_the_first_broken(hops(journey, seen.wish, seen.host, seen.checks)))
    sys.stdout.write(f"From a Pod of {run.name} to {address}:\n")
    sys.stdout.writelines(f"{line}\n" for line in _lines(way))
    return Exit.DIFFERENT if way[-1].state == "broken" else Exit.OK


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        words = "give the IP address of a Pod, or --provider with a Node or its podCIDR"
        raise Failure(Exit.USAGE, f"{escape(str(error))}: {words}") from None


def _up_to_the_first_broken(way: Iterator[Hop]) -> Iterator[Hop]:
    for hop in way:
        yield hop
        if hop.state == "broken":
            return


def _lines(way: Sequence[Hop]) -> Iterator[str]:
    rows = [
        [str(number), _WORDS[hop.state], hop.where, escape(hop.words)]
        for number, hop in enumerate(way, 1)
    ]
    yield from columns(rows)
    if way[-1].fix:
        yield f"Next: {escape(way[-1].fix)}"
