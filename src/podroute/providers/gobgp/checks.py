"""What keeps routers from learning what the daemon announces? Pure."""

from collections.abc import Iterator, Sequence

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check, Problem


def checks(peers: Sequence[BgpPeer]) -> tuple[Check, ...]:
    """``peers`` with the prefixes that each has been told."""
    nobody = (
        Problem("gobgpd", "it has no neighbours", "see docs/providers/gobgp.md: [[neighbors]]"),
    )
    return (
        Check("bgp-neighbor", "GoBGP has a router to announce to", () if peers else nobody),
        Check("bgp-session", "every neighbour has a session", tuple(_down(peers))),
        Check(
            "bgp-import", "nothing that a neighbour tells is taken over", tuple(_credulous(peers))
        ),
    )


def _down(peers: Sequence[BgpPeer]) -> Iterator[Problem]:
    for one in peers:
        if one.state != "Established":
            fix = f"gobgp neighbor {one.address}; there: what its BGP says of us"
            yield Problem(one.address, f"{one.state}: {one.reason}", fix)


def _credulous(peers: Sequence[BgpPeer]) -> Iterator[Problem]:
    for one in peers:
        if one.accepted:
            cause = f"{one.accepted} of its prefixes are accepted"
            fix = "reject them by an import policy: see docs/providers/gobgp.md"
            yield Problem(one.address, cause, fix)
