"""What keeps routers from learning what the daemon announces? Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check, Problem
from podroute.model.cidr import Cidr
from podroute.model.route import Route
from podroute.providers.bgp_sessions import session_check

_PAGE: Final = "docs/providers/bgp-routers.md#what-a-router-makes-of-it"


class Announced(NamedTuple):
    """What the daemon has of ours; ``told``: to which neighbours with a session it was told."""

    peers: Sequence[BgpPeer]  # with the prefixes that each has been told
    destinations: Collection[Cidr]
    told: Mapping[str, Collection[Cidr]]


def checks(wishes: Sequence[Route], there: Announced) -> tuple[Check, ...]:
    """In the order in which a route gets to a router."""
    nobody = (
        Problem("gobgpd", "it has no neighbours", "see docs/providers/gobgp.md: [[neighbors]]"),
    )
    announced = [one for one in wishes if one.destination in there.destinations]
    untold = tuple(_untold(announced, there.told))
    return (
        Check("bgp-neighbor", "GoBGP has a router to announce to", () if there.peers else nobody),
        session_check(there.peers, "gobgp neighbor {}"),
        Check("bgp-told", "each neighbour with a session was told of each route", untold),
        *_used(announced, there.told),
        Check(
            "bgp-import",
            "nothing that a neighbour tells is taken over",
            tuple(_credulous(there.peers)),
        ),
    )


def _untold(announced: Sequence[Route], told: Mapping[str, Collection[Cidr]]) -> Iterator[Problem]:
    for address, destinations in told.items():
        for one in announced:
            if one.destination not in destinations:
                cause = f"{address} is not told of it"
                fix = f"{_afi(one)} among its afi-safis there and here? its export policy?"
                look = f"gobgp neighbor {address} adj-out -a {_afi(one).removesuffix('-unicast')}"
                yield Problem(f"{one.destination} {one.node}", cause, f"{look}; is {fix}")


def _afi(one: Route) -> str:
    return f"ipv{one.destination.version}-unicast"


def _used(announced: Sequence[Route], told: Mapping[str, Collection[Cidr]]) -> Iterator[Check]:
    """BGP has no answer to an UPDATE."""
    if announced and told:
        lines = f"vtysh -c 'show ip route {announced[0].destination}', or as {_PAGE} says"
        why = f"BGP does not tell: see on {', '.join(told)}, e.g. {lines}"
        yield Check("bgp-used", "routers use what they are told", skipped=why)


def _credulous(peers: Sequence[BgpPeer]) -> Iterator[Problem]:
    for one in peers:
        if one.accepted:
            cause = f"{one.accepted} of its prefixes are accepted"
            fix = "reject them by an import policy: see docs/providers/gobgp.md"
            yield Problem(one.address, cause, fix)
