"""What keeps routers from learning what the daemon announces? Pure."""

from collections.abc import Iterator, Sequence

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check, Problem
from podroute.providers.bgp_sessions import session_check


def checks(peers: Sequence[BgpPeer]) -> tuple[Check, ...]:
    """``peers`` with the prefixes that each has been told."""
    nobody = (
        Problem("gobgpd", "it has no neighbours", "see docs/providers/gobgp.md: [[neighbors]]"),
    )
    return (
        Check("bgp-neighbor", "GoBGP has a router to announce to", () if peers else nobody),
        session_check(peers, "gobgp neighbor {}"),
        Check(
            "bgp-import", "nothing that a neighbour tells is taken over", tuple(_credulous(peers))
        ),
    )


def _credulous(peers: Sequence[BgpPeer]) -> Iterator[Problem]:
    for one in peers:
        if one.accepted:
            cause = f"{one.accepted} of its prefixes are accepted"
            fix = "reject them by an import policy: see docs/providers/gobgp.md"
            yield Problem(one.address, cause, fix)
