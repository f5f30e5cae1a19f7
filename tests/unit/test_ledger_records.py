"""Records that others write, that are lost, and Nodes that are hard to tell apart."""

from dataclasses import replace

from podroute.ipam.facts import Foreign, Grant
from podroute.ipam.ledger import Ledger
from podroute.model.node import Node, NodeName, NodeUid, Unreadable
from tests.builders import node
from tests.unit.ledgers import given, land, ledger_of, one_pool, plan, states, told, waiting

CLUSTER = "10.200.0.0/22 by 24"
A = NodeUid("uid-a")


def with_grant() -> tuple[Ledger, Grant]:
    """Node a was granted 10.200.0.0/24, and the patch is sent."""
    ledger = ledger_of(CLUSTER, [node("a")])
    (grant,) = ledger.grant(0).granted
    return ledger, grant


def test_foreign_is_what_nobody_here_has_sent() -> None:
    ledger = ledger_of(CLUSTER, [node("old", "", "10.200.3.0/24"), node("b")])
    assert ledger.relist([node("old", "", "10.200.3.0/24"), node("b")], 0) == ()

    theirs = node("b", "", "10.200.2.0/24")
    assert ledger.observe(theirs, 0) == (
        Foreign(theirs.name, theirs.uid, theirs.pod_cidrs, at_birth=False),
    )
    assert ledger.observe(node("b", "", "10.200.2.0/24"), 0) == ()
    listed = [node("b", "", "10.200.2.0/24"), node("c", "", "10.200.1.0/24")]
    assert told(ledger.relist(listed, 0)) == [
        "foreign at birth: c 10.200.1.0/24",
        "freed: old 10.200.3.0/24",
    ]


def test_a_foreign_write_that_a_list_shows_first() -> None:
    """A Node that was known without a podCIDR has not registered with one."""
    ledger = ledger_of(CLUSTER, [node("a"), node("b"), node("gone")])
    (grant, *_) = ledger.grant(0).granted

    facts = ledger.relist(
        [
            replace(node("a"), pod_cidrs=grant.pod_cidrs),
            node("b", "", "10.200.3.0/24"),
            node("gone", "", "10.201.0.0/24", uid="new"),
        ],
        0,
    )

    assert told(facts) == [
        "foreign later: b 10.200.3.0/24",
        "foreign at birth: gone 10.201.0.0/24",
    ]


def test_a_foreign_write_to_a_node_that_we_have_sent_something() -> None:
    ledger, _ = with_grant()

    facts = ledger.observe(node("a", "", "10.200.3.0/24"), 0)

    assert told(facts) == ["foreign later: a 10.200.3.0/24"]
    assert states(ledger) == (1, 0, 0, 3)


def test_a_lost_record_is_not_written_again_over_somebody_else() -> None:
    ledger = ledger_of(CLUSTER)
    served = land(ledger, node("a"))
    ledger.observe(node("thief", "", "10.200.0.0/24"), 0)

    ledger.relist([node("thief", "", "10.200.0.0/24"), replace(served, pod_cidrs=())], 0)

    assert given(ledger) == ["a 10.200.1.0/24"]
    assert states(ledger) == (1, 1, 0, 2)


def test_a_wide_claim_does_not_keep_a_node_from_its_lost_block() -> None:
    """It holds nothing, so it moves nobody."""
    ledger = ledger_of(CLUSTER, [node("evil", "", "10.200.0.0/16")])
    served = land(ledger, node("a"))

    ledger.relist([node("evil", "", "10.200.0.0/16"), replace(served, pod_cidrs=())], 0)

    assert given(ledger) == ["a 10.200.0.0/24"]
    assert told(ledger.gone(A, 0)) == ["freed: a 10.200.0.0/24"]


def test_a_lost_block_of_an_old_mask_is_not_given_back_over_a_new_one() -> None:
    old = one_pool("old", "10.200.0.0/22 by 23", draining=True)
    ledger = ledger_of(plan(one_pool("new", CLUSTER), old), [node("a", "", "10.200.2.0/24")])
    thief = node("thief", "", "10.200.2.0/23")

    ledger.relist([node("a"), thief], 0)

    assert given(ledger) == ["a 10.200.0.0/24"]


def test_a_lost_record_that_was_no_block_is_replaced() -> None:
    ledger = ledger_of(CLUSTER, [node("a", "", "10.201.0.0/24"), node("b", "", "10.200.0.0/25")])

    ledger.relist([node("a"), node("b")], 0)

    assert given(ledger) == ["a 10.200.1.0/24", "b 10.200.2.0/24"]
    assert states(ledger) == (0, 2, 0, 2)


def test_a_list_shows_that_an_applied_patch_is_lost() -> None:
    ledger, grant = with_grant()
    ledger.answered(grant, "applied", 0)

    ledger.relist([node("a")], 0)

    (again,) = ledger.grant(0).granted
    assert again == replace(grant, passed_over=())
    assert states(ledger) == (0, 1, 0, 3)
    ledger.answered(again, "applied", 0)
    assert states(ledger) == (1, 0, 0, 3)


def test_names_and_uids_are_kept_apart() -> None:
    """A Node may be named like another one's UID."""
    ledger = ledger_of(CLUSTER, [node("a"), Node(NodeName("uid-a"), ())])

    assert [one.node for one in ledger.grant(0).granted] == ["uid-a", "a"]


def test_a_lost_record_that_cannot_be_replaced_waits() -> None:
    ledger = ledger_of("10.200.0.0/24 by 24", [node("a", "", "10.201.0.0/24")])
    ledger.relist([node("a"), node("b", "", "10.200.0.0/24")], 0)
    assert waiting(ledger) == ["a default"]

    ledger.gone(NodeUid("uid-b"), 0)

    assert given(ledger) == ["a 10.200.0.0/24"]


def test_a_node_whose_name_cannot_be_read_any_more() -> None:
    ledger = ledger_of(CLUSTER)
    served = land(ledger, node("b"))
    land(ledger, node("a"))

    spoilt = Unreadable("(no name)", "metadata.name is empty", (), served.pod_cidrs, served.uid)
    assert ledger.observe(spoilt, 0) == ()

    assert told(ledger.gone(served.uid, 0)) == ["freed: (no name) 10.200.0.0/24"]
    assert states(ledger) == (1, 0, 0, 3)
    assert told(ledger.findings()) == []
