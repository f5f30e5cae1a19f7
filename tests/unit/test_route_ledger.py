"""RouteLedger: which change is sent when."""

from dataclasses import replace

import pytest

from podroute.model.node import Node
from podroute.routing.facts import Proven, Stopped, Strayed
from podroute.routing.steps import Delete
from tests.builders import installed, node, unreadable
from tests.unit.route_ledgers import PERIOD, Run, words

A, B = node("a", "10.240.0.30", "10.200.0.0/24"), node("b", "10.240.0.31", "10.200.1.0/24")
OF_A, OF_B = installed("10.200.0.0/24", "10.240.0.30"), installed("10.200.1.0/24", "10.240.0.31")
CREATE_A, CREATE_B = "+ 10.200.0.0/24 via 10.240.0.30", "+ 10.200.1.0/24 via 10.240.0.31"
DELETE_B = "- 10.200.1.0/24 via 10.240.0.31"


def test_nothing_is_decided_before_both_the_nodes_and_the_router_are_known() -> None:
    run = Run()

    assert run.ledger.next_moment() == float("inf")
    run.read()
    assert not run.ledger.complete
    assert run.ledger.look(run.now).lines == {}
    assert run.sent() == []
    run.relist(A)
    assert run.ledger.complete
    assert run.sent() == [CREATE_A]


def test_the_nodes_may_be_known_first() -> None:
    run = Run()
    run.relist(A)
    run.see(B)

    assert run.sent() == []
    run.read()
    assert run.sent() == [CREATE_A, CREATE_B]


def test_where_all_is_as_wished_nothing_is_sent_and_nothing_is_to_be_looked_at() -> None:
    run = Run([A, B], [OF_A, OF_B]).start()

    assert run.sent() == []
    run.read()
    run.see(A, B)
    run.relist(A, B)
    assert run.ledger.next_moment() == float("inf")


def test_the_first_look_is_at_everything_and_later_ones_are_not() -> None:
    run = Run()
    run.relist(A, node("waits"))
    run.read()

    whole = run.ledger.look(run.now)
    assert whole.whole
    assert set(whole.lines) == {"10.200.0.0/24", "node/a", "node/waits"}
    run.see(B)
    part = run.ledger.look(run.now)
    assert not part.whole
    assert set(part.lines) == {"10.200.1.0/24", "node/b"}


def test_a_wish_is_followed_to_its_proof() -> None:
    run = Run([A]).start()
    run.wait(-PERIOD)
    changes = run.take()

    assert (run.ledger.unproven, run.ledger.ready) == (0, 0)
    run.carry(changes)
    assert run.ledger.unproven == 1
    run.wait(2)
    (proven,) = run.read()
    assert proven == Proven(changes[0], 2.0, A.uid)
    assert run.ledger.unproven == 0
    assert run.sent() == []
    assert run.state("10.200.0.0/24") == "InSync: "


def test_while_one_change_of_a_destination_is_under_way_no_other_is_sent() -> None:
    run = Run([A]).start()
    (first,) = run.take()

    run.see(replace(A, internal_ips=B.internal_ips))
    assert run.sent() == []
    run.carry([first])
    assert run.sent() == []
    run.read()
    assert run.sent() == ["~ 10.200.0.0/24 via 10.240.0.31, was 10.240.0.30"]


def test_others_go_on_meanwhile() -> None:
    run = Run([A]).start()
    run.take()

    run.see(B)

    assert run.sent() == [CREATE_B]


def test_a_node_that_the_api_server_says_is_deleted_loses_its_route_at_once() -> None:
    run = Run([A, B], [OF_A, OF_B]).start()

    run.gone(B)

    (change,) = run.take()
    assert change == Delete(OF_B)
    run.carry([change])
    (proven,) = run.read()
    assert proven == Proven(change, 0.0, type(A.uid)(""))


def test_a_node_that_a_list_does_not_show_loses_its_route_a_period_later() -> None:
    run = Run([A, B], [OF_A, OF_B]).start()

    run.relist(A)

    assert run.sent() == []
    assert run.ledger.next_moment() == run.now + PERIOD
    run.wait(PERIOD)
    assert run.sent() == [DELETE_B]


def test_a_node_that_is_back_by_then_keeps_it() -> None:
    run = Run([A, B], [OF_A, OF_B]).start()
    run.relist(A)
    run.look()

    run.wait(PERIOD / 2)
    run.see(B)
    run.wait(PERIOD)

    assert run.sent() == []


def test_after_a_start_removals_wait_and_creations_do_not() -> None:
    run = Run([A], [OF_B])
    run.relist(A)
    run.read()

    assert run.sent() == [CREATE_A]
    run.wait(PERIOD)
    assert run.sent() == [DELETE_B]


def test_the_end_of_a_node_that_was_made_anew_under_its_name_removes_nothing() -> None:
    run = Run([A], [OF_A]).start()
    run.see(replace(A, uid=B.uid))

    run.gone(A)

    assert run.sent() == []
    assert run.ledger.observed.node(A.name) is not None


def test_of_several_changes_of_a_destination_the_next_follows_the_proof_of_the_one_before() -> None:
    other = installed("10.200.0.0/24", "10.240.0.9", preference=5)
    run = Run([A], [installed("10.200.0.0/24", "10.240.0.8"), other]).start()

    first = run.take()
    assert len(first) == 1
    run.carry(first)
    assert run.sent() == []
    run.read()
    second = run.take()
    assert len(second) == 1
    run.carry(second)
    run.read()

    assert run.sent() == []
    assert run.state("10.200.0.0/24") == "InSync: "


def test_new_routes_go_first_then_repairs_then_removals() -> None:
    c = node("c", "10.240.0.32", "10.200.2.0/24")
    run = Run([A, c], [OF_B, installed("10.200.2.0/24", "10.240.0.9")]).start()

    changes = run.take(2)
    assert [words(one)[0] for one in changes] == ["+", "~"]
    assert [words(one)[0] for one in run.take(2)] == ["-"]


def test_a_destination_whose_holder_is_foreign_is_told_once_for_each_reason() -> None:
    run = Run([A], [installed("10.200.0.0/24", "10.240.0.9", "foreign")]).start()

    assert run.sent() == []
    (told,) = run.facts
    assert isinstance(told, Stopped)
    assert (told.uid, told.holder) == (A.uid, "")
    run.see(replace(A, created="2026"))
    assert run.look() == []
    run.table = [installed("10.200.0.0/24", "10.240.0.8", "foreign")]
    run.read()
    assert [type(one) for one in run.look()] == [Stopped]


def test_two_nodes_with_one_block_are_told_with_both() -> None:
    run = Run([A, node("thief", "10.240.0.40", "10.200.0.0/24", created="2026")]).start()

    (told,) = (one for one in run.facts if isinstance(one, Stopped))

    assert {told.uid, told.holder} == {"uid-a", "uid-thief"}
    assert len(run.take()) == 1


def test_a_route_that_somebody_else_removes_is_drift_and_one_that_we_change_is_none() -> None:
    run = Run([A, B]).start()
    run.settle()
    assert not any(isinstance(one, Strayed) for one in run.facts)

    run.table = [OF_B]
    run.read()

    (told,) = (one for one in run.look() if isinstance(one, Strayed))
    assert (str(told.state.destination), told.state.state) == ("10.200.0.0/24", "Missing")
    assert run.sent() == [CREATE_A]


def test_a_node_that_moves_is_no_drift() -> None:
    run = Run([A]).start()
    run.settle()

    run.see(replace(A, internal_ips=B.internal_ips))

    assert run.look() == []
    assert len(run.take()) == 1


@pytest.mark.parametrize("shown", [unreadable("b", "", "10.200.1.0/24"), replace(B, pod_cidrs=())])
def test_a_node_that_exists_keeps_its_route(shown: Node) -> None:
    run = Run([A, B], [OF_A, OF_B]).start()

    run.see(shown)
    run.wait(1000)

    assert run.sent() == []


def test_what_is_wished_no_more_while_it_is_under_way_is_proven_then_taken_back() -> None:
    run = Run([A, B], [OF_B]).start()
    (change,) = run.take()
    run.gone(A)
    assert run.sent() == []

    run.wait(3)
    run.carry([change])
    assert run.read() == [Proven(change, PERIOD + 3, type(A.uid)(""))]
    assert run.sent() == ["- 10.200.0.0/24 via 10.240.0.30"]


def test_how_long_a_route_takes_is_counted_from_when_it_can_be_made() -> None:
    run = Run([A], links="192.168.0.0/16").start()
    run.wait(100)
    run.links = "10.240.0.0/24"
    run.read()
    changes = run.take()
    run.wait(3)
    run.carry(changes)
    run.wait(2)

    (proven,) = run.read()

    assert isinstance(proven, Proven)
    assert proven.seconds == 5
