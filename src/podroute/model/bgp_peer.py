"""A BGP session as its speaker sees it. Pure."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

BgpState: TypeAlias = Literal[
    "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Unknown"
]


@dataclass(frozen=True, slots=True)
class BgpPeer:
    """A neighbour; the counts are of prefixes, of all families together.

    ``since``: when the session went up, or down, in seconds since 1970; None: it never has.
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
