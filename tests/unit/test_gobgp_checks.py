"""What keeps routers from learning what is announced has a name."""

from collections.abc import Mapping

import pytest

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check
from podroute.model.cidr import Cidr
from podroute.providers.gobgp.checks import Announced, checks
from tests.builders import route

ROUTER = "10.240.0.1"
UP = BgpPeer(ROUTER, 64513, "Established", 5.0)
DOWN = BgpPeer(ROUTER, 64513, "Active", reason="no connection")
TOLD = BgpPeer(ROUTER, 64513, "Established", 5.0, 9, 7)
WISHES = (
    route("10.200.0.0/24", "10.240.0.30", "worker-0"),
    route("fd00:10:200::/64", "fd00::30", "worker-0"),
)
V4, V6 = (one.destination for one in WISHES)
IDS = ["bgp-neighbor", "bgp-session", "bgp-told", "bgp-import"]


@pytest.mark.parametrize(
    ("peers", "failed", "causes"),
    [
        ([UP], [], []),
        ([], ["bgp-neighbor"], ["it has no neighbours"]),
        ([UP, DOWN], ["bgp-session"], ["Active: no connection"]),
        ([TOLD], ["bgp-import"], ["7 of its prefixes are accepted"]),
    ],
)
def test_a_check_fails(peers: list[BgpPeer], failed: list[str], causes: list[str]) -> None:
    found = checks((), Announced(peers, (), {}))

    assert [one.id for one in found] == IDS
    assert [one.id for one in found if one.verdict == "failed"] == failed
    assert [problem.cause for one in found for problem in one.problems] == causes


def asked(announced: set[Cidr], told: Mapping[str, set[Cidr]]) -> dict[str, Check]:
    return {one.id: one for one in checks(WISHES, Announced([UP], announced, told))}


def test_what_a_neighbour_was_not_told_is_named() -> None:
    found = asked({V4, V6}, {ROUTER: {V4}, "10.240.0.9": {V4, V6}})
    (problem,) = found["bgp-told"].problems

    assert (problem.subject, problem.cause) == (f"{V6} worker-0", f"{ROUTER} is not told of it")
    assert problem.fix == (
        f"gobgp neighbor {ROUTER} adj-out -a ipv6; "
        "is ipv6-unicast among its afi-safis there and here? its export policy?"
    )


@pytest.mark.parametrize(
    ("announced", "told"),
    [({V4, V6}, {ROUTER: {V4, V6}}), ({V4}, {ROUTER: {V4}}), (set[Cidr](), {ROUTER: {V4}})],
)
def test_only_what_is_announced_can_be_told(
    announced: set[Cidr], told: Mapping[str, set[Cidr]]
) -> None:
    """What is missing in the daemon is another check's."""
    assert asked(announced, told)["bgp-told"].verdict == "passed"


def test_what_bgp_cannot_tell_is_to_be_seen_at_the_router() -> None:
    used = asked({V4, V6}, {ROUTER: {V4, V6}, "10.240.0.9": {V4}})["bgp-used"]

    assert used.verdict == "skipped"
    assert used.skipped.startswith(
        f"BGP does not tell: see on {ROUTER}, 10.240.0.9, e.g. vtysh -c 'show ip route {V4}', or"
    )


@pytest.mark.parametrize(("announced", "told"), [(set[Cidr](), {ROUTER: {V4}}), ({V4}, {})])
def test_without_a_route_or_a_session_there_is_nothing_to_see(
    announced: set[Cidr], told: Mapping[str, set[Cidr]]
) -> None:
    assert "bgp-used" not in asked(announced, told)
