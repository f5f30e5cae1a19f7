"""A BGP session as its speaker sees it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, TypeAlias

BgpState: TypeAlias = Literal[
    "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Unknown"
]


@dataclass(frozen=True, slots=True)
class BgpPeer:
    """A neighbour; the counts are of prefixes, of all families together.

    ``since``: when the session went up, or down, in seconds since 1970; None: it never has,
    or that is not told.
    ``reason``: why there is no session, as far as the speaker tells.
    """

    address: str
    asn: int
    state: BgpState
    since: float | None = None
    received: int = 0
    accepted: int = 0
    advertised: int = 0
    reason: str = ""
    description: str = ""


def by_address(peers: Iterable[BgpPeer]) -> list[BgpPeer]:
    """In the order in which people look for them."""
    return sorted(peers, key=_place)


def _place(peer: BgpPeer) -> tuple[int, int, str]:
    try:
        address = ip_address(peer.address)
    except ValueError:  # an interface
        return 0, 0, peer.address
    return address.version, int(address), ""
