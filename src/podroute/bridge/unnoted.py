"""Which Pods' addresses has host-local no note of, and would give to others? Pure.

Somebody may have emptied its folder. No more are noted anew than there are Pods without a note: one
that has given itself further addresses uses up no more of a podCIDR than one of each family.
"""

from collections.abc import Iterator

from podroute.bridge.cni_conflist import is_in_use
from podroute.bridge.desired import Wish, gateway, pod_ports
from podroute.bridge.seen import Host
from podroute.bridge.steps import NoteAddress
from podroute.model.cidr import Cidr


def is_short_of_notes(wish: Wish, host: Host) -> bool:
    """Whether fewer are noted than there are Pods, and which is not known.

    A Pod that is just being plugged in has a port before it has a note.
    """
    if host.pod_addresses is not None or not is_in_use(wish, host.cni):
        return False
    return any(_missing(cidr, host) > 0 for cidr in wish.pod_cidrs)


def unnoted(wish: Wish, host: Host) -> Iterator[NoteAddress]:
    """Those that Pods have in the podCIDRs, as far as Pods were looked at."""
    if not is_in_use(wish, host.cni):
        return
    bridges = {one.ip for one in wish.addresses()}
    unknown = {*(host.pod_addresses or ())} - host.cni.in_use - bridges
    for cidr in wish.pod_cidrs:
        mine = sorted((ip for ip in unknown if ip in cidr), key=int)
        yield from map(NoteAddress, mine[: max(_missing(cidr, host), 0)])


def _missing(cidr: Cidr, host: Host) -> int:
    noted = sum(ip in cidr and ip != gateway(cidr).ip for ip in host.cni.in_use)
    return len(pod_ports(host.links)) - noted
