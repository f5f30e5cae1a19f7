"""podroute explain: the way of a Pod's packet through this worker, and where it ends."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from podroute.bridge.path import Hop, hops
from podroute.cli.agent_flags import ANY_MACHINE, ANY_NETWORK, Machine, Network, run_of
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import ANY_ADDRESSES, ANY_SOURCE, AddressPlan, NodeSource
from podroute.cli.text import columns, escape
from podroute.cli.worker_look import journey_to, look
from podroute.model.cidr import Address, parse_address

_WORDS: Final = {"ok": "ok", "broken": "BROKEN", "unknown": "unknown"}


def explain(
    target: str,
    /,
    *,
    network: Network = ANY_NETWORK,
    machine: Machine = ANY_MACHINE,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
) -> int:
    """Show the way from a Pod of this worker to an address, hop by hop, up to the first broken one.

    Parameters
    ----------
    target
        An IP address, of a Pod as a rule.
    """
    address = _address(target)
    run = replace(run_of(network, machine, source, addresses), peer_routes=True)
    seen = asyncio.run(look(run))
    journey = journey_to(address, run, seen.known)
    way = list(_up_to_the_first_broken(hops(journey, seen.wish, seen.host, seen.checks)))
    sys.stdout.write(f"From a Pod of {run.name} to {address}:\n")
    sys.stdout.writelines(f"{line}\n" for line in _lines(way))
    return Exit.DIFFERENT if way[-1].state == "broken" else Exit.OK


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise Failure(Exit.USAGE, f"{escape(str(error))}: give the IP address of a Pod") from None


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
