"""RouteLedger: what has failed, and the Nodes wish something else meanwhile, or the same again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from podroute.model.route import InstalledRoute
from podroute.routing.facts import Disproven
from podroute.routing.lines import HELD
from tests.builders import installed, node
from tests.unit.route_ledgers import STEADY, Run, words

A, B = node("a", "10.240.0.30", "10.200.0.0/24"), node("b", "10.240.0.31", "10.200.1.0/24")
OF_A, OF_B = installed("10.200.0.0/24", "10.240.0.30"), installed("10.200.1.0/24", "10.240.0.31")

CREATE_A = "+ 10.200.0.0/24 via 10.240.0.30"
DELETE_B = "- 10.200.1.0/24 via 10.240.0.31"
MOVE_B = "~ 10.200.1.0/24 via 10.240.0.32, was 10.240.0.31"


def test_a_wish_that_changes_is_tried_at_once() -> None:
    run = Run([A]).start()
    run.fail(run.take(), pointless=True)

    run.see(replace(A, internal_ips=B.internal_ips))

    assert run.sent() == ["+ 10.200.0.0/24 via 10.240.0.31"]


def test_a_wish_that_is_taken_back_is_not_tried_again() -> None:
    run = Run([A]).start()
    run.fail(run.take())

    run.gone(A)
    run.wait(1000)

    assert run.sent() == []


def test_a_wish_that_comes_and_goes_is_not_tried_more_often_for_that() -> None:
    run = Run([A]).start()
    run.fail(run.take())

    run.gone(A)
    assert run.sent() == []
    run.see(A)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [CREATE_A]


def test_another_wish_does_not_pay_for_the_failures_of_the_one_before() -> None:
    run = Run([A]).start()
    for _ in range(3):
        run.fail(run.take())
        run.wait(STEADY.longest)
    run.see(replace(A, internal_ips=B.internal_ips))

    (told,) = run.fail(run.take())

    assert isinstance(told, Disproven)
    assert not told.again
    run.look()
    assert run.ledger.next_moment() == run.now + STEADY.first


def test_a_removal_that_was_refused_rests_though_the_node_was_back_for_a_moment() -> None:
    run = Run([A, B], [OF_A, OF_B]).start()
    run.gone(B)
    run.fail(run.take(), "not allowed", pointless=True)

    run.see(B)
    assert run.sent() == []
    assert run.state("10.200.1.0/24") == "InSync: "
    run.gone(B)

    assert run.sent() == []
    assert run.state("10.200.1.0/24") == "Stale: not allowed"
    run.wait(300)
    assert run.sent() == [DELETE_B]


def test_a_replacement_that_was_refused_rests_though_the_old_address_was_back_for_a_moment() -> (
    None
):
    moved = replace(B, internal_ips=node("c", "10.240.0.32").internal_ips)
    run = Run([A, B], [OF_A, OF_B]).start()
    run.see(moved)
    run.fail(run.take(), "not allowed", pointless=True)

    run.see(B)
    assert run.sent() == []
    run.see(moved)

    assert run.sent() == []
    run.wait(300)
    assert run.sent() == [MOVE_B]


def test_what_has_failed_and_is_wished_no_more_is_no_reason_for_what_comes_then() -> None:
    run = Run([A, B], [OF_A, OF_B]).start()
    run.gone(B)
    run.fail(run.take(), "not allowed", pointless=True)
    run.see(B)
    run.look()

    run.table = [OF_A, installed("10.200.1.0/24", "10.240.0.99")]
    run.read()

    assert run.sent() == ["~ 10.200.1.0/24 via 10.240.0.31, was 10.240.0.99"]
    assert "not allowed" not in run.state("10.200.1.0/24")
    assert [one.node for one in run.ledger.conditions.take(9, run.now)] == ["a"]


@pytest.mark.parametrize("before", [(), (OF_B,)], ids=["new", "moved"])
def test_who_was_in_the_way_and_has_gone_is_no_reason_to_rest(
    before: Sequence[InstalledRoute],
) -> None:
    run = Run([node("b", "10.240.0.32", "10.200.1.0/24")], before).start()
    tried = run.take()
    run.fail(tried, "a route of somebody else is in the way", pointless=True)

    run.table = [*before, installed("10.200.1.0/24", "10.240.0.99", "foreign")]
    run.read()
    assert run.sent() == []
    run.table = [*before]
    run.read()

    assert run.take() == tried
    assert "in the way" not in run.state("10.200.1.0/24")


def test_what_is_there_at_last_while_nobody_wishes_it_has_not_failed() -> None:
    run = Run([A]).start()
    run.fail(run.take(), "not allowed", pointless=True)
    run.gone(A)
    assert run.sent() == []

    run.table = [OF_A]
    run.read()
    run.see(A)
    assert run.sent() == []
    assert run.state("10.200.0.0/24") == "InSync: "
    run.table = []
    run.read()

    assert run.sent() == [CREATE_A]


def test_what_is_held_back_says_so_whatever_was_refused_before() -> None:
    hops = ("10.240.0.3", "10.240.0.4", "10.240.0.5")
    before, then, now = (
        [node(f"n{n}", f"{hop}{n}", f"10.200.{n}.0/24") for n in range(5)] for hop in hops
    )
    run = Run(before, [installed(f"10.200.{n}.0/24", f"{hops[0]}{n}") for n in range(5)]).start()
    run.see(then[0])
    run.fail(run.take(), "not allowed", pointless=True)

    run.see(*now)

    assert run.sent() == []
    assert run.state("10.200.0.0/24") == run.state("10.200.1.0/24") == f"WrongNextHop: {HELD}"


def test_what_was_refused_rests_though_another_wish_was_not_even_sent_in_between() -> None:
    moved = replace(B, internal_ips=node("c", "10.240.0.32").internal_ips)
    run = Run([A, B], [OF_A, OF_B]).start()
    run.gone(B)
    run.fail(run.take(), "not allowed", pointless=True)

    run.see(moved)
    replacing = run.take()
    run.ledger.unreached(replacing)
    run.gone(moved)

    assert [words(one) for one in replacing] == [MOVE_B]
    assert run.sent() == []
    assert run.state("10.200.1.0/24") == "Stale: not allowed"
    run.wait(300)
    assert run.sent() == [DELETE_B]
