"""restrain: which plans wait for a person's word."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from podroute.model.node import Roster, Unreadable
from podroute.model.route import RouteTable
from podroute.routing.guardrails import Scale, Verdict, restrain, scale_of
from podroute.routing.steps import Adopt, Blocked, Create, Delete, Replace, Step
from tests.builders import installed, node, roster, route, table

ONE = roster(node("a", "10.240.0.30", "10.200.0.0/24"))
OWNED = [installed(f"10.200.{i}.0/24", "10.240.0.9") for i in range(60)]
FOREIGN = [installed(f"10.200.{i}.0/24", "10.240.0.9", "foreign") for i in range(100, 160)]
CREATE = Create(route("10.200.99.0/24", "10.240.0.99"))
ADOPT = Adopt(FOREIGN[0], route("10.200.100.0/24", "10.240.0.9"))
BLOCKED = Blocked(ONE.nodes[0].name, OWNED[0].destination, None, "x", "y")


def judged(steps: Sequence[Step], nodes: Roster, present: RouteTable, *, confirmed: str) -> Verdict:
    return restrain(steps, scale_of(nodes, present), confirmed=confirmed)


def deletes(count: int) -> list[Step]:
    return [Delete(one) for one in OWNED[:count]]


@pytest.mark.parametrize(
    ("owned", "removed", "held"),
    [(3, 3, False), (20, 3, False), (30, 3, False), (30, 4, True), (40, 4, False), (40, 5, True)],
)
def test_up_to_three_or_a_tenth_pass(owned: int, removed: int, *, held: bool) -> None:
    verdict = judged(deletes(removed), ONE, table(*OWNED[:owned], *FOREIGN), confirmed="")

    assert (verdict.held != ()) is held
    assert len(verdict.allowed) + len(verdict.held) == removed


def test_replacements_count_as_removals() -> None:
    steps = [Replace(one, route(str(one.destination), "10.240.0.8")) for one in OWNED[:2]]

    verdict = judged([*steps, *deletes(2)], ONE, table(*OWNED[:20]), confirmed="")

    assert verdict.held == (*steps, *deletes(2))
    assert verdict.reason == (
        "4 of our 20 routes would be removed or replaced at once; up to 3 pass unasked"
    )


def test_what_only_completes_a_route_is_no_replacement() -> None:
    halves = [replace(one, deviation="not in rtb-2", incomplete=True) for one in OWNED[:9]]
    filled = [Replace(one, route(str(one.destination), "10.240.0.9")) for one in halves]
    moved = [Replace(one, route(str(one.destination), "10.240.0.8")) for one in halves[5:]]

    assert judged(filled, Roster(), table(*halves), confirmed="") == Verdict(tuple(filled))
    verdict = judged([*filled[:5], *moved], ONE, table(*halves), confirmed="")
    assert (verdict.allowed, verdict.held) == (tuple(filled[:5]), tuple(moved))


def test_creations_and_adoptions_are_never_held_and_blocked_steps_are_no_changes() -> None:
    verdict = judged([CREATE, ADOPT, BLOCKED, *deletes(5)], ONE, table(*OWNED[:5]), confirmed="")

    assert verdict.allowed == (CREATE, ADOPT)
    assert verdict.held == tuple(deletes(5))


def test_what_comes_after_a_removal_is_held_with_it() -> None:
    steps: list[Step] = [Delete(FOREIGN[0]), ADOPT, CREATE, *deletes(3)]

    verdict = judged(steps, ONE, table(*OWNED[:5]), confirmed="")

    assert verdict.allowed == (CREATE,)
    assert verdict.held == (Delete(FOREIGN[0]), ADOPT, *deletes(3))
    confirmed = judged(steps, ONE, table(*OWNED[:5]), confirmed=verdict.confirmation)
    assert confirmed == Verdict(tuple(one for one in steps if not isinstance(one, Blocked)))


def test_an_empty_node_list_removes_nothing() -> None:
    verdict = judged(deletes(1), Roster(), table(OWNED[0]), confirmed="")

    assert verdict.allowed == ()
    assert verdict.held == tuple(deletes(1))
    assert verdict.reason == "the Node list is empty while 1 of our routes are installed"


def test_an_empty_node_list_is_no_matter_where_nothing_is_removed() -> None:
    assert judged([CREATE], Roster(), table(), confirmed="") == Verdict((CREATE,))


def test_a_node_that_could_be_read_in_part_holds_nothing() -> None:
    nodes = Roster((), (Unreadable("spoilt", "bad address", (), ()),))

    assert judged(deletes(1), nodes, table(OWNED[0]), confirmed="").held == ()


def test_a_node_whose_pod_cidr_cannot_be_read_holds_the_removals() -> None:
    nodes = Roster(ONE.nodes, (Unreadable("items[3]", "not an object"),))

    verdict = judged([CREATE, *deletes(1)], nodes, table(OWNED[0]), confirmed="")

    assert verdict.allowed == (CREATE,)
    assert verdict.reason == (
        "the podCIDR of items[3] cannot be read: one of these routes may be its own"
    )


def test_the_word_confirms_exactly_what_was_held() -> None:
    asked = judged(deletes(5), ONE, table(*OWNED[:5]), confirmed="")

    given = judged(deletes(5), ONE, table(*OWNED[:5]), confirmed=asked.confirmation)
    other = judged(deletes(4), ONE, table(*OWNED[:5]), confirmed=asked.confirmation)

    assert len(asked.confirmation) == 8
    assert given.allowed == tuple(deletes(5))
    assert (given.held, given.reason, given.confirmation) == ((), "", "")
    assert other.held == tuple(deletes(4))


def test_the_word_does_not_depend_on_creations() -> None:
    asked = judged([CREATE, *deletes(5)], ONE, table(*OWNED[:5]), confirmed="")

    assert judged(deletes(5), ONE, table(*OWNED[:5]), confirmed=asked.confirmation).held == ()


def test_the_limit_is_told_as_a_whole_number() -> None:
    verdict = judged(deletes(5), ONE, table(*OWNED[:45]), confirmed="")

    assert verdict.reason.endswith("up to 4 pass unasked")


@pytest.mark.parametrize(
    ("lately", "removed", "held"),
    [(0, 6, False), (7, 5, False), (8, 5, True), (11, 1, False), (12, 1, True)],
)
def test_passes_one_after_the_other_remove_no_more_than_a_fifth_within_ten_minutes(
    lately: int, removed: int, *, held: bool
) -> None:
    """Of sixty, so many went before."""
    verdict = restrain(deletes(removed), Scale(60 - lately, 1, lately=lately), confirmed="")

    assert (verdict.held != ()) is held
    assert not held or verdict.reason == (
        f"{removed} more of our {60 - lately} routes would be removed or replaced, after {lately} "
        "within 10 minutes; up to 12 pass unasked"
    )
