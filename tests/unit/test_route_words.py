"""The word for held removals: its name, and how long it counts."""

import pytest

from podroute.model.cidr import bounds
from podroute.routing.brake import Brake, mark_of
from podroute.routing.guardrails import LATELY, Scale, restrain
from podroute.routing.steps import Delete
from tests.unit.test_route_brake import ROUTES

WANTED = Delete(ROUTES[0])
BLOCK = bounds(ROUTES[0].destination)
NO_NODES = Scale(20, 0)


def held(brake: Brake, now: float = 0.0) -> str:
    """The word for it, where it is held."""
    brake.want(BLOCK, WANTED)
    passed = brake.release(NO_NODES, now, certain_from=0.0)
    return "" if passed else brake.verdict.confirmation


@pytest.mark.parametrize(("mark", "behind"), [("", ""), ("t7", "-t7")])
def test_it_names_the_changes_and_the_leader(mark: str, behind: str) -> None:
    name = restrain([WANTED], NO_NODES, confirmed="").confirmation

    assert held(Brake(mark)) == f"{name}{behind}"


def test_a_word_is_for_one_router_however_often_it_was_asked_for() -> None:
    """The same routes are held at both; the second word of one is not the first of the other."""
    one, other = Brake(mark_of("gw", 1)), Brake(mark_of("gw-2", 1))
    one.confirm(held(one))
    held(one)

    assert held(one, LATELY).endswith("-gw-t1-2")
    assert held(other).endswith("-gw-2-t1")
    assert mark_of("", 7) == "t7"


def test_a_word_for_another_router_takes_none_back() -> None:
    """Both have come before the next look."""
    brake = Brake(mark_of("left", 1))
    brake.confirm(held(brake))
    brake.confirm("1a2b3c4d-right-t1")

    assert held(brake) == ""


def test_without_a_leader_it_names_the_changes() -> None:
    assert held(Brake()) == held(Brake(""))


@pytest.mark.parametrize(("later", "passes"), [(LATELY - 1, True), (LATELY, False)])
def test_what_it_has_let_pass_is_tried_for_ten_minutes(later: float, *, passes: bool) -> None:
    brake = Brake("t0")
    brake.confirm(held(brake))
    assert held(brake) == ""

    assert (held(brake, later) == "") is passes
