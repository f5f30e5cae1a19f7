"""propose: several routes lead to one destination, and ours belong at preference 100."""

import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute, Ownership
from podroute.routing.proposal import propose
from podroute.routing.steps import Adopt, Blocked, Create, Delete, Replace, Step
from tests.builders import SEED_RULES, installed, node, roster, route, table

CIDR, HOP, OLD, OTHER = "10.200.1.0/24", "10.240.0.31", "10.240.0.9", "10.240.0.8"
WISHED = route(CIDR, HOP, "w")
PLACE = 100


def ours(via: str, preference: int = PLACE) -> InstalledRoute:
    deviation = "" if preference == PLACE else f"metric {preference}, not {PLACE}"
    return installed(CIDR, via, preference=preference, deviation=deviation)


def theirs(via: str, preference: int = PLACE) -> InstalledRoute:
    return installed(CIDR, via, "foreign", preference=preference)


def some(ownership: Ownership, via: str) -> InstalledRoute:
    """For some packets only."""
    words = "for tos 0x10 only"
    return installed(CIDR, via, ownership, preference=PLACE, deviation=words, partial=True)


def blocked_by(holder: InstalledRoute) -> Blocked:
    reason = f"{holder.handle} is not ours"
    return Blocked(WISHED.node, parse_cidr(CIDR), parse_address(HOP), holder.handle, reason)


SHAPED = installed(CIDR, HOP, preference=PLACE, deviation="with mtu")
DROPPED = installed(CIDR, kind="blackhole", preference=PLACE, deviation="blackhole, not unicast")
SEVERAL = installed(CIDR, "", "foreign", kind="multipath", preference=PLACE)


def steps(present: list[InstalledRoute], *, adopt: bool = False) -> tuple[Step, ...]:
    seen = table(*present, preference=PLACE)
    return propose(roster(node("w", HOP, CIDR)), seen, SEED_RULES, adopt=adopt).steps


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param([theirs(OLD, 101)], (Create(WISHED),), id="foreign behind ours -> create"),
        pytest.param([theirs(HOP, 101)], (), id="foreign and right, where none is ours -> leave"),
        pytest.param(
            [theirs(OLD, 9)], (blocked_by(theirs(OLD, 9)),), id="foreign first -> blocked"
        ),
        pytest.param([ours(HOP), theirs(OLD, 101)], (), id="ours before a foreign one -> leave"),
        pytest.param(
            [ours(OLD), theirs(HOP, 101)],
            (Replace(ours(OLD), WISHED),),
            id="ours otherwise before a foreign one that is right -> replace",
        ),
        pytest.param(
            [ours(HOP), theirs(OLD)],
            (blocked_by(theirs(OLD)),),
            id="ours and a foreign one of the same preference -> either may be in use",
        ),
        pytest.param(
            [ours(HOP), some("foreign", OLD)],
            (blocked_by(some("foreign", OLD)),),
            id="a foreign one takes some of the packets -> blocked",
        ),
        pytest.param(
            [ours(HOP), SEVERAL], (blocked_by(SEVERAL),), id="foreign next hops beside ours"
        ),
        pytest.param(
            [ours(HOP, 50), theirs(OLD)],
            (blocked_by(theirs(OLD)),),
            id="a foreign one where ours belongs -> blocked, ours stays where it is",
        ),
        pytest.param(
            [ours(OLD, 50), theirs(OLD, 70), ours(HOP)],
            (blocked_by(theirs(OLD, 70)),),
            id="a foreign one would be first after the removal -> blocked, all stay",
        ),
        pytest.param(
            [theirs(OLD, 9), ours(OLD, 50), ours(HOP)],
            (blocked_by(theirs(OLD, 9)),),
            id="foreign in use, two of ours behind it -> both stay",
        ),
        pytest.param(
            [theirs(HOP, 50), ours(OLD)],
            (Delete(ours(OLD)),),
            id="ours otherwise behind a foreign one that is right -> ours goes",
        ),
        pytest.param(
            [ours(OLD, 9), theirs(HOP, 50)],
            (Delete(ours(OLD, 9)),),
            id="ours otherwise before a foreign one that is right -> ours goes",
        ),
        pytest.param(
            [ours(HOP, 9), ours(OLD, 20), theirs(HOP, 50)],
            (Delete(ours(OLD, 20)), Delete(ours(HOP, 9))),
            id="of several that go what leads there goes last",
        ),
        pytest.param([theirs(HOP, 50), ours(HOP)], (), id="both are right -> leave"),
        pytest.param(
            [theirs(HOP, 50), theirs(OLD, 70)], (), id="two foreign ones, the one in use is right"
        ),
        pytest.param(
            [theirs(OLD, 50), theirs(HOP, 70)],
            (blocked_by(theirs(OLD, 50)),),
            id="two foreign ones, the one in use is wrong",
        ),
        pytest.param(
            [theirs(HOP), theirs(OLD)],
            (blocked_by(theirs(OLD)),),
            id="two foreign ones of the same preference -> either may be in use",
        ),
        pytest.param(
            [theirs(OLD, 101), theirs(HOP, 102)],
            (Create(WISHED),),
            id="both behind ours, the one in use is wrong -> create",
        ),
        pytest.param(
            [theirs(HOP, 150), theirs(OLD, 150)],
            (Create(WISHED),),
            id="both behind ours, either may be in use -> create",
        ),
        pytest.param(
            [ours(HOP), ours(OLD, 150)], (Delete(ours(OLD, 150)),), id="a second one of ours goes"
        ),
        pytest.param(
            [ours(OLD, 50), ours(HOP)],
            (Delete(ours(OLD, 50)),),
            id="the new half of a replacement is there -> only the old one goes",
        ),
        pytest.param(
            [ours(HOP), DROPPED], (Delete(DROPPED),), id="a second one in the same place goes"
        ),
        pytest.param(
            [ours(OLD, 50), ours(OTHER)],
            (Replace(ours(OTHER), WISHED), Delete(ours(OLD, 50))),
            id="the one in the place of the wished route is replaced, the other goes then",
        ),
        pytest.param(
            [ours(OLD), ours(OTHER)],
            (Delete(ours(OLD)), Replace(ours(OTHER), WISHED)),
            id="two in the place -> one goes first",
        ),
        pytest.param(
            [ours(OLD), SHAPED],
            (Delete(ours(OLD)), Replace(SHAPED, WISHED)),
            id="two in the place -> what leads there already carries on",
        ),
        pytest.param(
            [some("ours", HOP), ours(OLD)],
            (Replace(ours(OLD), WISHED), Delete(some("ours", HOP))),
            id="what is for some packets only is not in the place",
        ),
        pytest.param(
            [ours(HOP, 150), ours(OLD, 50)],
            (Replace(ours(HOP, 150), WISHED), Delete(ours(OLD, 50))),
            id="none in the place -> the one that leads there is replaced",
        ),
    ],
)
def test_what_is_planned(present: list[InstalledRoute], expected: tuple[Step, ...]) -> None:
    assert steps(present) == expected
    assert steps(present[::-1]) == expected


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param([theirs(HOP)], (Adopt(theirs(HOP), WISHED),), id="in the place of ours"),
        pytest.param([theirs(HOP, 9)], (Adopt(theirs(HOP, 9), WISHED),), id="before it"),
        pytest.param([theirs(HOP, 150)], (Adopt(theirs(HOP, 150), WISHED),), id="behind it"),
        pytest.param(
            [theirs(HOP, 9), ours(HOP)],
            (Adopt(theirs(HOP, 9), WISHED, written=True),),
            id="ours is there -> the foreign one goes",
        ),
        pytest.param(
            [ours(HOP), theirs(HOP, 150)],
            (Adopt(theirs(HOP, 150), WISHED, written=True),),
            id="ours is there and in use -> the foreign one goes",
        ),
        pytest.param(
            [theirs(HOP, 9), ours(OLD), ours(OTHER, 50)],
            (Delete(ours(OLD)), Adopt(theirs(HOP, 9), WISHED), Delete(ours(OTHER, 50))),
            id="ours otherwise in the place goes first, the others last",
        ),
        pytest.param(
            [ours(OLD), theirs(HOP, 150)],
            (Delete(ours(OLD)), Adopt(theirs(HOP, 150), WISHED)),
            id="the foreign one carries the traffic while ours is written anew",
        ),
        pytest.param(
            [theirs(HOP, 9), theirs(HOP, 50)],
            (
                Adopt(theirs(HOP, 9), WISHED),
                Adopt(theirs(HOP, 50), WISHED, written=True),
            ),
            id="two that are right",
        ),
        pytest.param(
            [theirs(HOP, 9), theirs(HOP)],
            (Adopt(theirs(HOP), WISHED), Adopt(theirs(HOP, 9), WISHED, written=True)),
            id="two that are right, one in the place of ours -> that one first",
        ),
        pytest.param(
            [theirs(HOP, 9), theirs(OLD, 50)],
            (blocked_by(theirs(OLD, 50)),),
            id="another foreign one would be first afterwards -> blocked",
        ),
        pytest.param(
            [theirs(HOP, 9), some("foreign", OLD)],
            (blocked_by(some("foreign", OLD)),),
            id="another foreign one in the place -> blocked",
        ),
        pytest.param(
            [theirs(HOP, 9), theirs(OLD, 101)],
            (Adopt(theirs(HOP, 9), WISHED),),
            id="another foreign one behind ours stays",
        ),
        pytest.param([theirs(OLD, 101)], (Create(WISHED),), id="nothing that is right"),
        pytest.param([ours(HOP)], (), id="ours is right"),
    ],
)
def test_what_is_adopted(present: list[InstalledRoute], expected: tuple[Step, ...]) -> None:
    assert steps(present, adopt=True) == expected
    assert steps(present[::-1], adopt=True) == expected


def test_removals_at_other_destinations_still_come_last() -> None:
    nodes = roster(node("w", HOP, CIDR), node("x", "10.240.0.32", "10.200.2.0/24"))
    gone = installed("10.200.0.0/24", OLD, preference=PLACE)
    seen = table(gone, ours(OLD), ours(OTHER), preference=PLACE)

    planned = propose(nodes, seen, SEED_RULES).steps

    assert planned == (
        Delete(ours(OLD)),
        Replace(ours(OTHER), WISHED),
        Create(route("10.200.2.0/24", "10.240.0.32", "x")),
        Delete(gone),
    )
