"""The address plan by which podCIDRs are given, for the verbs that give them."""

from datetime import timedelta

from podroute.cli.failure import Exit, Failure
from podroute.cli.options import NO_RANGE, AddressPlan, ranges
from podroute.ipam import pools as ipam
from podroute.ipam.stock import reserved_whole


def address_plan_of(plan: AddressPlan, quarantine: timedelta) -> ipam.AddressPlan:
    """The plan by which blocks are given.

    Raises:
        Failure: as for ``ranges``, there is no pool, the pools contradict each other, or one of
            them is reserved as a whole.
    """
    said = ranges(plan)
    if not said.pools:
        raise Failure(Exit.USAGE, NO_RANGE)
    reserved = (*said.reserved, *said.node_cidrs)
    try:
        addresses = ipam.AddressPlan(said.pools, reserved, quarantine.total_seconds())
    except ValueError as error:
        raise Failure(Exit.USAGE, str(error)) from None
    if fault := reserved_whole(addresses):
        flags = "--service-cluster-ip-range, --reserved or --node-cidrs"
        raise Failure(Exit.USAGE, f"{fault}: no Node could be served; change {flags}, or the pool")
    return addresses
