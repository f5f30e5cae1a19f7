"""Which BGP sessions are not there, and why? Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check, Problem

_UP: Final = "Established"


def session_check(peers: Sequence[BgpPeer], look: str) -> Check:
    """``look`` is what to type for a closer look at a neighbour, with {} for its address."""
    return Check("bgp-session", "every neighbour has a session", tuple(_down(peers, look)))


def is_up(peer: BgpPeer) -> bool:
    """Whether it is told anything."""
    return peer.state == _UP


def _down(peers: Sequence[BgpPeer], look: str) -> Iterator[Problem]:
    for one in peers:
        if not is_up(one):
            fix = f"{look.format(one.address)}; there: what its BGP says of us"
            yield Problem(one.address, f"{one.state}: {one.reason}", fix)
