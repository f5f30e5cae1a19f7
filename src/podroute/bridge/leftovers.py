"""Which addresses are noted as a Pod's although no Pod has them? Pure.

A runtime that is killed, or that knows no GC, forgets Pods whose addresses host-local then keeps
for ever. Whoever has an address has it in a network namespace behind a port of our bridge; a note
that is young may belong to a Pod that is just being plugged in.
"""

from collections.abc import Iterator

from podroute.bridge.seen import Host
from podroute.bridge.steps import FreeAddress


def leftovers(host: Host) -> Iterator[FreeAddress]:
    """Nothing as long as the Pods' own addresses are not known."""
    if host.pod_addresses is None:
        return
    here = (address.ip for _, address in host.addresses)
    lost = host.cni.settled - {*host.pod_addresses, *here}
    for address in sorted(lost, key=lambda one: (one.version, int(one))):
        yield FreeAddress(address, "no Pod has it")
