"""Which BGP sessions are not there, or soon are not, and why? Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from podroute.model.bgp_peer import BgpPeer, BgpState
from podroute.model.check import Check, Problem

OPENING: Final[frozenset[BgpState]] = frozenset(("OpenSent", "OpenConfirm"))
UNANSWERED: Final = (
    "connected, but what we say is not answered: is TTL security alike on both sides?"
)

_UP: Final = "Established"
_NEAR: Final = 75  # percent


def session_check(peers: Sequence[BgpPeer], look: str) -> Check:
    """``look`` is what to type for a closer look at a neighbour, with {} for its address."""
    return Check("bgp-session", "every neighbour has a session", tuple(_down(peers, look)))


def limit_check(problems: Iterable[Problem]) -> Check:
    """``problems``: sessions that were closed, or soon are, since somebody tells too much."""
    what = "no neighbour is near its prefix limit"
    return Check("bgp-prefix-limit", what, tuple(problems))


def of_an_announcer(forwarding: Check, peers: Sequence[BgpPeer]) -> Check:
    """Who tells others of routes by BGP may be there for that alone: packets go another way."""
    told = [one.address for one in peers if one.advertised]
    if not forwarding.problems or not told:
        return forwarding
    causes = "; ".join(one.cause for one in forwarding.problems)
    why = f"{causes}: so it should be where it only announces to {', '.join(told)}"
    return replace(forwarding, problems=(), skipped=f"{why}, else {forwarding.problems[0].fix}")


def near_limit(told: int, most: int, family: str, percent: int = _NEAR) -> str:
    """What follows from a limit that is nearly reached; "" where it is not, or there is none."""
    if not most or told * 100 < most * percent:
        return ""
    return f"{told} of {most} prefixes of {family}: with more the session is closed"


def is_up(peer: BgpPeer) -> bool:
    """Whether it is told anything."""
    return peer.state == _UP


def _down(peers: Sequence[BgpPeer], look: str) -> Iterator[Problem]:
    for one in peers:
        if not is_up(one):
            fix = f"{look.format(one.address)}; there: what its BGP says of us"
            yield Problem(one.address, f"{one.state}: {one.reason}", fix)
