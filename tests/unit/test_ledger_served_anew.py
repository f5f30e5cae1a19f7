"""A Node that was served, has lost its record, and is served again, while the first is answered."""

from dataclasses import replace

import pytest

from podroute.ipam.facts import Grant, Outcome
from podroute.ipam.ledger import Ledger
from podroute.model.node import NodeUid, Unreadable
from tests.builders import node
from tests.unit.ledgers import given, land, ledger_of, states, told

CLUSTER = "10.200.0.0/22 by 24"
A = NodeUid("uid-a")


def served_anew(thief: str) -> tuple[Ledger, Grant, Grant]:
    """Node a has landed its first grant, lost it, and was granted again; neither is answered.

    ``thief``: the podCIDR that another Node shows now; "": there is none.
    """
    ledger = ledger_of(CLUSTER, [node("a")])
    (first,) = ledger.grant(0).granted
    ledger.observe(replace(node("a"), pod_cidrs=first.pod_cidrs), 0)
    others = [node("thief", "", thief)] if thief else []
    ledger.relist([node("a"), *others], 0)
    (second,) = ledger.grant(0).granted
    assert second.uid == first.uid
    return ledger, first, second


@pytest.mark.parametrize("outcome", ["applied", "refused", "unknown"])
@pytest.mark.parametrize("thief", ["10.200.0.0/24", ""])
def test_an_answer_to_a_former_grant_says_nothing_about_the_next_one(
    outcome: Outcome, thief: str
) -> None:
    """Neither if that one is for another block, nor if it is for the same."""
    ledger, first, second = served_anew(thief)
    assert (first.pod_cidrs == second.pod_cidrs) == (not thief)
    before = ledger.usage(0)

    ledger.answered(first, outcome, 0)

    assert ledger.usage(0) == before
    assert ledger.in_doubt() == ()
    assert not ledger.again(first)
    ledger.answered(second, "unknown", 0)
    assert ledger.in_doubt() == (second,)


def test_an_answer_to_a_former_grant_is_not_counted_for_the_next_one() -> None:
    ledger, first, second = served_anew("10.200.0.0/24")
    ledger.answered(second, "unknown", 0)
    assert ledger.again(second)

    ledger.answered(first, "unknown", 0)

    assert ledger.in_doubt() == ()
    ledger.gone(A, 0)
    assert states(ledger) == (1, 1, 0, 2)
    ledger.answered(second, "refused", 0)
    assert states(ledger) == (1, 0, 0, 3)


def test_a_former_grant_is_not_sent_again_in_place_of_the_next_one() -> None:
    ledger, first, second = served_anew("10.200.0.0/24")
    ledger.answered(second, "unknown", 0)

    assert not ledger.again(first)
    assert ledger.in_doubt() == (second,)
    assert ledger.again(second)


def test_what_lands_again_is_held_once() -> None:
    ledger, _, second = served_anew("")

    assert ledger.observe(replace(node("a"), pod_cidrs=second.pod_cidrs), 0) == ()

    assert states(ledger) == (1, 0, 0, 3)
    ledger.gone(A, 0)
    assert states(ledger) == (0, 0, 0, 4)


def test_a_refusal_is_followed_by_nothing_before_the_node_is_observed() -> None:
    ledger = ledger_of(CLUSTER)
    land(ledger, node("a"))
    ledger.relist([node("a")], 0)
    (again,) = ledger.grant(0).granted

    ledger.answered(again, "refused", 0)

    assert given(ledger) == []
    ledger.observe(node("a"), 0)
    assert given(ledger) == ["a 10.200.0.0/24"]


@pytest.mark.parametrize("first", ["the list", "the answer"])
def test_a_block_that_may_be_shown_yet_is_kept_while_another_is_sent(first: str) -> None:
    """The list is from before the patch has landed; a thief in it halts nobody."""
    ledger = ledger_of(CLUSTER, [node("a")])
    (grant,) = ledger.grant(0).granted
    thief = node("thief", "", "10.200.0.0/24")
    if first == "the answer":
        ledger.answered(grant, "applied", 0)
    ledger.relist([node("a"), thief], 0)
    if first == "the list":
        ledger.answered(grant, "applied", 0)

    assert given(ledger) == ["a 10.200.1.0/24"]

    assert ledger.gone(thief.uid, 0) == ()  # the block is not free
    assert states(ledger) == (1, 1, 0, 2)
    served = replace(node("a"), pod_cidrs=grant.pod_cidrs)
    assert told(ledger.observe(served, 0)) == []
    assert states(ledger) == (1, 0, 0, 3)


def test_a_block_that_was_lost_goes_when_the_next_has_landed() -> None:
    ledger = ledger_of(CLUSTER, [node("a")])
    (grant,) = ledger.grant(0).granted
    ledger.relist([node("a"), node("thief", "", "10.200.0.0/24")], 0)
    ledger.answered(grant, "applied", 0)
    (other,) = ledger.grant(0).granted

    ledger.answered(other, "applied", 0)

    assert given(ledger) == []
    assert states(ledger) == (2, 0, 0, 2)
    assert told(ledger.gone(NodeUid("uid-thief"), 0)) == ["freed: thief 10.200.0.0/24"]


@pytest.mark.parametrize(("under_way", "more"), [(False, []), (True, ["a 10.200.0.0/24"])])
def test_a_list_says_nothing_of_what_is_sent_after_it(*, under_way: bool, more: list[str]) -> None:
    """Unless an earlier sending may be the one that is answered."""
    ledger = ledger_of(CLUSTER, [node("a")])
    (grant,) = ledger.grant(0).granted
    ledger.answered(grant, "unknown", 0)
    assert not under_way or ledger.again(grant)
    ledger.relist([node("a")], 0)
    assert ledger.again(grant)

    ledger.answered(grant, "applied", 0)

    assert given(ledger) == more


def test_neither_a_heartbeat_nor_a_list_that_cannot_be_read_says_that_it_is_lost() -> None:
    ledger = ledger_of(CLUSTER, [node("a")])
    (grant,) = ledger.grant(0).granted
    ledger.observe(node("a"), 0)
    ledger.relist([Unreadable("a", "spoilt", uid=A)], 0)

    ledger.answered(grant, "applied", 0)

    assert ledger.observe(node("a"), 0) == ()
    assert given(ledger) == []


def test_lost_before_its_answer_came() -> None:
    """A restored backup has lost what is said to be done: no watch from there on tells so."""
    ledger = ledger_of(CLUSTER, nodes := [node("a"), node("b")])
    of_a, of_b = ledger.grant(0).granted
    ledger.relist(nodes, 0)
    ledger.observe(replace(nodes[1], pod_cidrs=of_b.pod_cidrs), 0)

    ledger.answered(of_a, "applied", 0)
    ledger.answered(of_b, "applied", 0)

    (again,) = ledger.grant(0).granted
    assert (again.node, again.pod_cidrs) == ("a", of_a.pod_cidrs)
    ledger.answered(again, "applied", 0)
    assert ledger.observe(nodes[0], 0) == ()
    assert ledger.grant(0).granted == ()
