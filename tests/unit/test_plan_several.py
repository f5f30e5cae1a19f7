"""propose: several routes lead to one destination, and ours belong at preference 100."""

from dataclasses import replace

import pytest

from podroute.model.route import InstalledRoute, Preferences
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked, Create, Delete, Replace, Step
from tests.builders import SEED_RULES, installed, node, roster, route, table
from tests.unit.several import (
    CIDR,
    DROPPED,
    HOLE,
    HOP,
    OLD,
    OTHER,
    PLACE,
    SEVERAL,
    SHAPED,
    WISHED,
    blocked_by,
    ours,
    some,
    steps,
    surplus,
    theirs,
)


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
            (),
            id="a foreign one takes some of the packets -> ours carries the others",
        ),
        pytest.param(
            [some("foreign", OLD)],
            (Create(WISHED),),
            id="a foreign one for some of the packets only -> create",
        ),
        pytest.param(
            [theirs(OLD, -1), ours(HOP)],
            (blocked_by(theirs(OLD, -1)),),
            id="a foreign one before all metrics -> blocked",
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
            (surplus(ours(OLD)),),
            id="ours otherwise behind a foreign one that is right -> ours goes",
        ),
        pytest.param(
            [ours(OLD, 9), theirs(HOP, 50)],
            (surplus(ours(OLD, 9)),),
            id="ours otherwise before a foreign one that is right -> ours goes",
        ),
        pytest.param(
            [ours(HOP, 9), ours(OLD, 20), theirs(HOP, 50)],
            (surplus(ours(OLD, 20)), surplus(ours(HOP, 9))),
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
            [ours(HOP), ours(OLD, 150)], (surplus(ours(OLD, 150)),), id="a second one of ours goes"
        ),
        pytest.param(
            [ours(OLD, 50), ours(HOP)],
            (surplus(ours(OLD, 50)),),
            id="the new half of a replacement is there -> only the old one goes",
        ),
        pytest.param(
            [ours(HOP), DROPPED], (surplus(DROPPED),), id="a second one in the same place goes"
        ),
        pytest.param(
            [ours(OLD, 50), ours(OTHER)],
            (Replace(ours(OTHER), WISHED), surplus(ours(OLD, 50))),
            id="the one in the place of the wished route is replaced, the other goes then",
        ),
        pytest.param(
            [ours(OLD), ours(OTHER)],
            (surplus(ours(OLD)), Replace(ours(OTHER), WISHED)),
            id="two in the place -> one goes first",
        ),
        pytest.param(
            [ours(OLD), SHAPED],
            (surplus(ours(OLD)), Replace(SHAPED, WISHED)),
            id="two in the place -> what leads there already carries on",
        ),
        pytest.param(
            [some("ours", HOP), ours(OLD)],
            (Replace(ours(OLD), WISHED), surplus(some("ours", HOP))),
            id="what is for some packets only is not in the place",
        ),
        pytest.param(
            [ours(HOP, 150), ours(OLD, 50)],
            (Replace(ours(HOP, 150), WISHED), surplus(ours(OLD, 50))),
            id="none in the place -> the one that leads there is replaced",
        ),
        pytest.param(
            [ours(HOP, 50), ours(OLD, 60), ours(OTHER, 150)],
            (surplus(ours(OTHER, 150)), surplus(ours(OLD, 60)), Replace(ours(HOP, 50), WISHED)),
            id="what leads there is in use -> what could take the traffic next goes first",
        ),
        pytest.param(
            [ours(HOP, 50), ours(OLD, 60), ours(OTHER)],
            (surplus(ours(OLD, 60)), Replace(ours(OTHER), WISHED), surplus(ours(HOP, 50))),
            id="what leads there is in use -> it goes last",
        ),
        pytest.param(
            [ours(HOP, 60), ours(OLD, 50), ours(OTHER)],
            (Replace(ours(OTHER), WISHED), surplus(ours(HOP, 60)), surplus(ours(OLD, 50))),
            id="another one is in use -> it goes last",
        ),
        pytest.param(
            [theirs(HOP, 120), ours(OLD, 150), ours(OTHER, 160)],
            (surplus(ours(OLD, 150)), Replace(ours(OTHER, 160), WISHED)),
            id="a foreign one that leads there is in use, behind the place of ours",
        ),
        pytest.param(
            [ours(HOP, 50), ours(OLD, 50)],
            (surplus(ours(OLD, 50)), Replace(ours(HOP, 50), WISHED)),
            id="either of two may be in use -> the one that leads there stays",
        ),
        pytest.param(
            [ours(OLD, 1), HOLE, ours(HOP)],
            (surplus(HOLE), surplus(ours(OLD, 1))),
            id="several before the one that leads there -> what is in use goes last",
        ),
        pytest.param(
            [theirs(HOP), ours(HOP, -1)],
            (surplus(ours(HOP, -1)),),
            id="one that hides all others leads nowhere",
        ),
    ],
)
def test_what_is_planned(present: list[InstalledRoute], expected: tuple[Step, ...]) -> None:
    assert steps(present) == expected
    assert steps(present[::-1]) == expected


def test_each_family_has_its_own_place() -> None:
    cidr6, hop6 = "fd00:10:200:1::/64", "fd00:10:240::31"
    theirs6 = installed(cidr6, "fd00:10:240::9", "foreign", preference=500)
    present = replace(table(theirs(OLD, 500), theirs6), preferences=Preferences(100, 1024))

    both = propose(roster(node("w", f"{HOP} {hop6}", CIDR, cidr6)), present, SEED_RULES).steps

    assert [type(step) for step in both] == [Create, Blocked]


def test_removals_at_other_destinations_still_come_last() -> None:
    nodes = roster(node("w", HOP, CIDR), node("x", "10.240.0.32", "10.200.2.0/24"))
    gone = installed("10.200.0.0/24", OLD, preference=PLACE)
    seen = table(gone, ours(OLD), ours(OTHER), preference=PLACE)

    planned = propose(nodes, seen, SEED_RULES).steps

    assert planned == (
        surplus(ours(OLD)),
        Replace(ours(OTHER), WISHED),
        Create(route("10.200.2.0/24", "10.240.0.32", "x")),
        Delete(gone),
    )


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param([some("foreign", OLD)], "blocked", id="elsewhere for a part -> no room"),
        pytest.param([some("foreign", HOP)], "create", id="as wished for a part -> the rest"),
        pytest.param([ours(OLD), some("foreign", OLD)], "blocked", id="beside ours"),
    ],
)
def test_a_router_with_one_route_for_each_destination(
    present: list[InstalledRoute], expected: str
) -> None:
    """As in several route tables of a VPC, of which each has one."""
    seen = replace(table(*present, preference=PLACE), one_each=True)

    (step,) = propose(roster(node("w", HOP, CIDR)), seen, SEED_RULES).steps

    if expected == "create":
        assert step == Create(WISHED)
    else:
        assert isinstance(step, Blocked)
        assert step.holder == present[-1].handle
