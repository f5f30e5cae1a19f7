"""propose: foreign routes become ours where several lead to one destination."""

from dataclasses import replace

import pytest

from podroute.model.route import InstalledRoute
from podroute.routing.proposal import propose
from podroute.routing.steps import Adopt, Create, Delete, Replace, Step
from tests.builders import SEED_RULES, installed, node, roster, table
from tests.unit.several import (
    HOP,
    OLD,
    OTHER,
    PLACE,
    SECOND,
    SHAPED,
    WISHED,
    ours,
    some,
    steps,
    surplus,
    theirs,
)


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
            (surplus(ours(OLD)), surplus(ours(OTHER, 50)), Adopt(theirs(HOP, 9), WISHED)),
            id="ours otherwise go first",
        ),
        pytest.param(
            [theirs(HOP, 20), ours(OLD, 30), ours(HOP, 9), SHAPED],
            (
                surplus(SHAPED),
                surplus(ours(OLD, 30)),
                Adopt(theirs(HOP, 20), WISHED),
                surplus(ours(HOP, 9)),
            ),
            id="ours that leads there goes last, but for the one in the place",
        ),
        pytest.param(
            [ours(OLD), theirs(HOP, 150)],
            (Replace(ours(OLD), WISHED), Adopt(theirs(HOP, 150), WISHED, written=True)),
            id="ours is put right, then the foreign one behind it goes",
        ),
        pytest.param(
            [theirs(OLD, 120), theirs(HOP, 150)],
            (Create(WISHED),),
            id="one of several that leads there behind one that does not -> ours",
        ),
        pytest.param([theirs(HOP, 9), theirs(HOP, 50)], (), id="two that are right -> both stay"),
        pytest.param(
            [theirs(HOP, 9), theirs(OLD, 50)],
            (),
            id="another foreign one would be first afterwards -> both stay",
        ),
        pytest.param(
            [theirs(HOP, 9), some("foreign", OLD)],
            (Adopt(theirs(HOP, 9), WISHED),),
            id="another foreign one for some of the packets stays",
        ),
        pytest.param([theirs(HOP), SECOND], (), id="two of others in the place of ours"),
        pytest.param(
            [ours(OLD), theirs(HOP, 150), theirs(OLD, 150)],
            (Replace(ours(OLD), WISHED),),
            id="beside another foreign one, which might go in its stead -> both stay",
        ),
        pytest.param(
            [theirs(HOP, 9), theirs(OLD, 101)],
            (),
            id="another foreign one behind ours -> both stay",
        ),
        pytest.param([theirs(OLD, 101)], (Create(WISHED),), id="nothing that is right"),
        pytest.param([ours(HOP)], (), id="ours is right"),
    ],
)
def test_what_is_adopted(present: list[InstalledRoute], expected: tuple[Step, ...]) -> None:
    assert steps(present, adopt=True) == expected
    assert steps(present[::-1], adopt=True) == expected


def test_what_is_adopted_waits_for_the_removals_before_it() -> None:
    """Else wrong ones of ours would take the traffic that the foreign routes carry."""
    nodes = [node(f"n{n}", f"10.240.0.4{n}", f"10.200.{n}.0/24") for n in range(4)]
    right = [
        installed(str(one.pod_cidrs[0]), str(one.internal_ips[0]), "foreign", preference=50)
        for one in nodes
    ]
    wrong = [replace(installed(str(one.pod_cidrs[0]), OLD), preference=PLACE) for one in nodes]

    seen = table(*right, *wrong, preference=PLACE)
    verdict = propose(roster(*nodes), seen, SEED_RULES, adopt=True).verdict

    assert verdict.allowed == ()
    assert [type(one) for one in verdict.held] == [Delete, Adopt] * 4
