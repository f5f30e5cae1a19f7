"""Patches whose outcome is late, unknown or bad, and Nodes that change or end meanwhile."""

from dataclasses import replace

import pytest

from podroute.ipam.facts import Freed, Grant, Outcome
from podroute.ipam.ledger import Ledger
from podroute.model.node import Node, NodeName, NodeUid, Unreadable
from tests.builders import node, unreadable
from tests.unit.ledgers import given, ledger_of, one_pool, plan, states, told

CLUSTER = "10.200.0.0/22 by 24"
A = NodeUid("uid-a")


def with_grant(quarantine: float = 0.0) -> tuple[Ledger, Grant]:
    """Node a was granted 10.200.0.0/24, and the patch is sent."""
    ledger = ledger_of(plan(one_pool("default", CLUSTER), quarantine=quarantine), [node("a")])
    (grant,) = ledger.grant(0).granted
    return ledger, grant


def test_a_grant_is_held_from_the_start() -> None:
    ledger, _ = with_grant()

    assert states(ledger) == (0, 1, 0, 3)
    assert ledger.grant(0).granted == ()
    assert ledger.in_doubt() == ()


def test_applied_is_held_before_it_is_seen_and_an_older_sight_changes_nothing() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "applied", 0)

    assert states(ledger) == (1, 0, 0, 3)
    assert ledger.observe(node("a"), 0) == ()
    assert ledger.grant(0).granted == ()
    assert ledger.observe(replace(node("a"), pod_cidrs=grant.pod_cidrs), 0) == ()
    assert states(ledger) == (1, 0, 0, 3)


def test_the_watch_may_be_faster_than_the_answer() -> None:
    ledger, grant = with_grant()

    assert ledger.observe(replace(node("a"), pod_cidrs=grant.pod_cidrs), 0) == ()
    assert states(ledger) == (1, 0, 0, 3)
    for outcome in ("unknown", "refused", "applied"):
        ledger.answered(grant, outcome, 0)
    assert states(ledger) == (1, 0, 0, 3)
    assert ledger.in_doubt() == ()


def test_a_refusal_for_good_frees_at_once_and_the_node_waits_to_be_seen() -> None:
    ledger, grant = with_grant(quarantine=60)
    ledger.answered(grant, "refused", 0)

    assert states(ledger) == (0, 0, 0, 4)
    assert ledger.grant(0).granted == ()
    ledger.observe(node("a"), 0)
    assert given(ledger) == ["a 10.200.1.0/24"]


def test_an_unknown_outcome_frees_nothing() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "unknown", 0)

    for _ in range(2):
        ledger.observe(node("a"), 0)
        ledger.relist([node("a")], 0)
        assert ledger.grant(1e9).granted == ()
        assert states(ledger, 1e9) == (0, 1, 0, 3)
        assert ledger.in_doubt() == (grant,)


def test_the_same_is_sent_again_until_it_lands() -> None:
    ledger, grant = with_grant()
    assert not ledger.again(grant)

    ledger.answered(grant, "unknown", 0)
    assert ledger.again(grant)
    assert ledger.in_doubt() == ()
    ledger.answered(grant, "unknown", 0)
    assert ledger.in_doubt() == (grant,)
    assert ledger.again(grant)
    ledger.answered(grant, "applied", 0)

    assert states(ledger) == (1, 0, 0, 3)
    assert not ledger.again(grant)


@pytest.mark.parametrize("outcomes", [("unknown", "refused"), ("refused", "unknown")])
def test_a_refusal_says_nothing_about_an_earlier_unknown_one(
    outcomes: tuple[Outcome, Outcome],
) -> None:
    """The first may land yet: only what the Node shows settles it, or that the same is applied."""
    ledger, grant = with_grant()
    ledger.answered(grant, "unknown", 0)
    assert ledger.again(grant)
    assert ledger.again(grant)
    for outcome in outcomes:
        ledger.answered(grant, outcome, 0)

    assert states(ledger) == (0, 1, 0, 3)
    assert ledger.in_doubt() == (grant,)
    assert ledger.again(grant)
    assert ledger.in_doubt() == ()
    ledger.answered(grant, "applied", 0)
    assert states(ledger) == (1, 0, 0, 3)


def test_a_refusal_while_another_try_is_unanswered() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "unknown", 0)
    assert ledger.again(grant)

    ledger.observe(node("a"), 0)

    assert states(ledger) == (0, 1, 0, 3)
    ledger.answered(grant, "refused", 0)
    assert states(ledger) == (0, 1, 0, 3)
    assert ledger.in_doubt() == (grant,)


SIGHTS: list[tuple[str, Node | Unreadable, tuple[int, int, int, int]]] = [
    ("it landed", node("a", "", "10.200.0.0/24"), (1, 0, 0, 3)),
    ("it has not yet", node("a"), (0, 1, 0, 3)),
    ("somebody else's did", node("a", "", "10.200.3.0/24"), (1, 0, 0, 3)),
    ("the Node is another one", node("a", uid="new"), (0, 0, 1, 3)),
    ("it shows nothing readable", Unreadable("a", "spoilt", uid=A), (0, 1, 0, 3)),
    ("it landed, unreadable", unreadable("a", "", "10.200.0.0/24"), (1, 0, 0, 3)),
    ("it has not yet, unreadable", unreadable("a"), (0, 1, 0, 3)),
    ("it is being deleted", replace(node("a"), deleting=True), (0, 1, 0, 3)),
]


@pytest.mark.parametrize(
    ("shown", "expected"), [one[1:] for one in SIGHTS], ids=[one[0] for one in SIGHTS]
)
def test_what_a_node_in_doubt_shows(
    shown: Node | Unreadable, expected: tuple[int, int, int, int]
) -> None:
    ledger, grant = with_grant(quarantine=60)
    ledger.answered(grant, "unknown", 0)

    ledger.observe(shown, 0)

    assert states(ledger) == expected
    assert ledger.again(grant) == (expected == (0, 1, 0, 3))


@pytest.mark.parametrize("outcome", ["applied", "refused", "unknown"])
def test_a_node_that_ends_during_its_patch_frees_the_block_after_the_answer(
    outcome: Outcome,
) -> None:
    ledger, grant = with_grant(quarantine=60)

    assert ledger.gone(A, 0) == ()
    assert states(ledger) == (0, 1, 0, 3)
    assert not ledger.again(grant)
    ledger.answered(grant, outcome, 10)

    assert states(ledger, 69) == (0, 0, 1, 3)
    assert states(ledger, 70) == (0, 0, 0, 4)


def test_a_node_that_ends_while_two_tries_are_unanswered() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "unknown", 0)
    assert ledger.again(grant)
    assert ledger.again(grant)
    ledger.gone(A, 0)
    assert not ledger.again(grant)

    ledger.answered(grant, "refused", 0)
    assert states(ledger) == (0, 1, 0, 3)
    ledger.answered(grant, "refused", 0)
    assert states(ledger) == (0, 0, 0, 4)


def test_a_node_that_is_applied_and_gone_before_it_was_seen() -> None:
    ledger, grant = with_grant(quarantine=60)
    ledger.answered(grant, "applied", 0)

    assert told(ledger.gone(A, 0)) == ["freed: a 10.200.0.0/24"]
    assert states(ledger) == (0, 0, 1, 3)


def test_a_new_machine_under_the_old_name_during_the_patch() -> None:
    ledger, grant = with_grant()

    ledger.observe(node("a", uid="new"), 0)
    (second,) = ledger.grant(0).granted

    assert second.uid == "new"
    assert second.pod_cidrs != grant.pod_cidrs
    ledger.answered(grant, "refused", 0)
    ledger.answered(second, "applied", 0)
    assert states(ledger) == (1, 0, 0, 3)


def test_a_new_machine_under_the_old_name_in_a_list() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "applied", 0)

    facts = ledger.relist([node("a", uid="new")], 0)

    assert facts == (Freed(NodeName("a"), A, grant.pod_cidrs),)
    assert ledger.gone(A, 0) == ()
    ledger.observe(node("a", "", "10.200.1.0/24", uid="new"), 0)
    assert told(ledger.observe(node("a", uid="third"), 0)) == ["freed: a 10.200.1.0/24"]


def test_the_name_of_a_node_that_is_gone_is_nobodys() -> None:
    ledger = ledger_of(CLUSTER, [node("a")])
    ledger.gone(A, 0)

    ledger.observe(replace(node("a"), uid=NodeUid("")), 0)

    assert [one.uid for one in ledger.grant(0).granted] == ["/a"]


def test_an_answer_that_nobody_waits_for() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "refused", 0)
    ledger.answered(grant, "applied", 0)
    ledger.observe(node("a"), 0)

    assert states(ledger) == (0, 0, 0, 4)
    assert given(ledger) == ["a 10.200.1.0/24"]


def test_one_answer_too_many_is_as_good_as_the_last() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "unknown", 0)
    ledger.answered(grant, "unknown", 0)

    assert ledger.in_doubt() == (grant,)
    ledger.answered(grant, "applied", 0)
    assert states(ledger) == (1, 0, 0, 3)


def test_a_deletion_timestamp_during_the_patch() -> None:
    ledger, grant = with_grant()
    ledger.observe(replace(node("a"), deleting=True), 0)
    ledger.answered(grant, "unknown", 0)

    assert states(ledger) == (0, 1, 0, 3)
    assert ledger.again(grant)
    ledger.gone(A, 0)
    assert states(ledger) == (0, 1, 0, 3)
    ledger.answered(grant, "refused", 0)
    assert states(ledger) == (0, 0, 0, 4)
    assert ledger.grant(0).granted == ()
