"""Behaviours 42 to 62 but 46 to 49, 51, 53 and 59: several pools, old news, a lost record.

Pools: node-ipam-controller's ClusterCIDRs. Races are in ``test_ipam_conformance_races``, 59 is the
loop's.
"""

from contextlib import nullcontext
from dataclasses import replace
from itertools import permutations

import pytest

from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import Pool
from podroute.model.node import Node, NodeUid, Unreadable
from tests.builders import node, unreadable
from tests.unit.ledgers import (
    fill,
    given,
    land,
    ledger_of,
    one_pool,
    plan,
    told,
    usage,
    waiting,
)


def labelled(name: str, **labels: str) -> Node:
    return replace(node(name), labels=tuple(sorted(labels.items())))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            one_pool("more labels", "10.2.0.0/16 by 24", selector="zone=a,rack=1"),
            one_pool("fewer labels", "10.1.0.0/24 by 28", selector="zone=a"),
        ),
        (
            one_pool("fewer blocks", "10.2.0.0/22 by 24", selector="zone=a"),
            one_pool("more blocks", "10.1.0.0/21 by 24", selector="rack=1"),
        ),
        (
            one_pool("smaller block", "10.2.0.0/23 by 25", selector="zone=a"),
            one_pool("larger block", "10.1.0.0/22 by 24", selector="rack=1"),
        ),
        (
            one_pool("first text", "10.2.0.0/22 by 24", selector="rack=1"),
            one_pool("later text", "10.1.0.0/22 by 24", selector="zone=a"),
        ),
        (
            one_pool("lower address", "10.1.0.0/22 by 24", selector="zone=a"),
            one_pool("higher address", "10.2.0.0/22 by 24", selector="zone=a"),
        ),
        (
            one_pool("IPv4", "10.1.0.0/22 by 24"),
            one_pool("IPv6", "fd00::/22 by 24"),
        ),
    ],
    ids=lambda one: one.name,
)
def test_42_which_pool(first: Pool, second: Pool) -> None:
    """TestMultiCIDROccupyPreExistingCIDR and the priority queue's tests."""
    for pools in permutations((first, second)):
        ledger = ledger_of(plan(*pools), [labelled("a", zone="a", rack="1")])

        assert [one.pool for one in ledger.grant(0).granted] == [first.name]


def test_42_free_blocks_count_not_all_blocks() -> None:
    small = one_pool("small", "10.1.0.0/22 by 24", selector="zone=a")
    large = one_pool("large", "10.2.0.0/21 by 24", selector="zone=a")
    holders = [node(f"h{i}", "", f"10.2.{i}.0/24") for i in range(5)]

    ledger = ledger_of(plan(small, large), [*holders, labelled("a", zone="a")])

    assert [one.pool for one in ledger.grant(0).granted] == ["large"]


def test_43_a_draining_pool_gives_nothing_and_holds_its_own() -> None:
    """TestMultiCIDRAllocateOrOccupyCIDRFailure; the finalizer of a ClusterCIDR in use."""
    old = one_pool("old", "10.1.0.0/16 by 24", draining=True)
    holder = node("a", "", "10.1.0.0/24")
    ledger = ledger_of(plan(old), [holder, node("b")])

    assert waiting(ledger) == ["b "]
    assert ledger.findings() == ()
    assert (usage(ledger).used, ledger.usage(0)[0].room) == (1, 0)


def test_43_a_pool_with_nodes_cannot_vanish() -> None:
    old, new = one_pool("old", "10.1.0.0/16 by 24"), one_pool("new", "10.2.0.0/16 by 24")
    ledger = ledger_of(plan(old), [node("a", "", "10.1.0.0/24")])

    with pytest.raises(ValueError, match="a would lose their blocks: keep the pool"):
        ledger.update(plan(new), 0)
    assert ledger.plan == plan(old)
    ledger.update(plan(new, replace(old, draining=True)), 0)
    ledger.gone(NodeUid("uid-a"), 0)
    ledger.update(plan(new), 0)
    assert ledger.plan == plan(new)


def test_44_a_pool_changes_while_a_grant_is_under_way() -> None:
    old, new = one_pool("old", "10.1.0.0/16 by 24"), one_pool("new", "10.2.0.0/16 by 24")
    ledger = ledger_of(plan(old), [node("a"), node("b")])
    (grant,) = ledger.grant(0, 1).granted

    with pytest.raises(ValueError, match="a would lose"):
        ledger.update(plan(new), 0)
    ledger.update(plan(new, replace(old, draining=True)), 0)
    assert given(ledger) == ["b 10.2.0.0/24"]
    ledger.answered(grant, "applied", 0)

    assert ledger.observe(node("a", "", "10.1.0.0/24"), 0) == ()


@pytest.mark.parametrize("moment", ["waiting", "under way", "in doubt", "applied", "seen"])
def test_44_a_pool_changes_at_any_moment_of_a_grant(moment: str) -> None:
    old, new = one_pool("old", "10.1.0.0/16 by 24"), one_pool("new", "10.2.0.0/16 by 24")
    ledger = ledger_of(plan(old), [node("a")])

    def at(now: str) -> None:
        if now == moment:
            with nullcontext() if now == "waiting" else pytest.raises(ValueError, match="a would"):
                ledger.update(plan(new), 0)
            ledger.update(plan(new, replace(old, draining=True)), 0)

    at("waiting")
    (grant,) = ledger.grant(0).granted
    at("under way")
    ledger.answered(grant, "unknown", 0)
    at("in doubt")
    assert ledger.again(grant)
    ledger.answered(grant, "applied", 0)
    at("applied")
    assert ledger.observe(replace(node("a"), pod_cidrs=grant.pod_cidrs), 0) == ()
    at("seen")

    assert str(grant.pod_cidrs[0]) == f"10.{2 if moment == 'waiting' else 1}.0.0/24"
    assert sum(one.families[0].used for one in ledger.usage(0)) == 1
    assert land(ledger, node("b")).pod_cidrs != grant.pod_cidrs
    assert ledger.findings() == ()


def test_45_the_end_of_a_node_frees_once() -> None:
    ledger = ledger_of("10.1.0.0/24 by 26", [node("a", "", "10.1.0.0/26")])

    assert told(ledger.gone(NodeUid("uid-a"), 0)) == ["freed: a 10.1.0.0/26"]
    ledger.observe(node("b", "", "10.1.0.0/26"), 0)
    assert ledger.gone(NodeUid("uid-a"), 0) == ()
    assert usage(ledger).used == 1


def test_50_a_node_that_is_being_deleted_gets_nothing() -> None:
    ledger = ledger_of("10.1.0.0/16 by 24", [replace(node("a"), deleting=True)])

    assert ledger.grant(0) == ledger.grant(0)
    assert ledger.grant(0).granted == ()
    assert ledger.grant(0).waiting == ()


def test_52_a_freed_block_rests() -> None:
    only = one_pool("default", "10.1.0.0/24 by 24")
    ledger = ledger_of(plan(only, quarantine=60), [node("a", "", "10.1.0.0/24"), node("b")])
    ledger.gone(NodeUid("uid-a"), 100)

    assert given(ledger, 159.9) == []
    assert given(ledger, 160) == ["b 10.1.0.0/24"]


@pytest.mark.parametrize("moment", ["first", "later"])
def test_55_56_an_old_uid_releases_nothing(moment: str) -> None:
    """The UID is never used again, so it is the sequence number too."""
    ledger = ledger_of("10.1.0.0/24 by 26", [node("a", "", "10.1.0.0/26", uid="1")])
    ledger.observe(node("a", uid="2"), 0)
    (grant,) = ledger.grant(0).granted
    if moment == "later":
        ledger.observe(replace(node("a", uid="2"), pod_cidrs=grant.pod_cidrs), 0)

    assert ledger.gone(NodeUid("1"), 0) == ()
    assert usage(ledger).free == 3


def test_57_missing_data_is_no_release() -> None:
    """Unreadable in a list, without its UID in the next: the Node is there, and has its block."""
    ledger = ledger_of("10.1.0.0/24 by 26", [node("a", "", "10.1.0.0/26")])

    for spoilt in (
        Unreadable("a", "spoilt", uid=NodeUid("uid-a")),
        Unreadable("a", "spoilt"),
        Unreadable("items[0]", "spoilt"),
    ):
        assert ledger.relist([spoilt], 0) == ()
        assert usage(ledger).used == 1
    assert ledger.observe(unreadable("a"), 0) == ()
    assert told(ledger.relist([], 0)) == ["freed: a 10.1.0.0/26"]


def test_57_only_what_cannot_be_told_from_the_missing_keeps_them() -> None:
    nodes = [node("a", "", "10.1.0.0/26"), node("b", "", "10.1.0.64/26")]
    ledger = ledger_of("10.1.0.0/24 by 26", nodes)

    assert told(ledger.relist([Unreadable("a", "spoilt")], 0)) == ["freed: b 10.1.0.64/26"]
    another = Unreadable("c", "spoilt", uid=NodeUid("uid-c"))
    assert told(ledger.relist([another], 0)) == ["freed: a 10.1.0.0/26"]


def test_58_one_end_does_not_wait_for_another() -> None:
    nodes = [node(name, "", f"10.1.0.{i}/26") for i, name in ((0, "a"), (64, "b"))]
    ledger = ledger_of("10.1.0.0/24 by 26", nodes)

    assert ledger.gone(NodeUid("nobody"), 0) == ()
    assert [told(ledger.gone(one.uid, 0)) for one in nodes] == [
        ["freed: a 10.1.0.0/26"],
        ["freed: b 10.1.0.64/26"],
    ]


def test_60_the_same_block_is_written_again_where_the_record_was_lost() -> None:
    ledger = ledger_of("10.1.0.0/16 by 24, fd00::/48 by 64")
    fill(ledger, 3)
    served = land(ledger, node("a"))

    ledger.observe(replace(served, pod_cidrs=()), 0)
    (grant,) = ledger.grant(0).granted

    assert grant.pod_cidrs == served.pod_cidrs
    assert grant.pool == "default"
    ledger.answered(grant, "applied", 0)
    assert ledger.observe(served, 0) == ()
    assert ledger.grant(0).granted == ()


def test_61_first_pool_full_then_the_second() -> None:
    pools = one_pool("small", "10.1.0.0/23 by 24"), one_pool("large", "10.2.0.0/16 by 24")
    ledger = ledger_of(plan(*pools))

    assert fill(ledger, 3) == ["10.1.0.0/24", "10.1.1.0/24", "10.2.0.0/24"]


def test_62_nothing_is_given_before_all_nodes_were_counted() -> None:
    ledger = Ledger(plan(one_pool("default", "10.1.0.0/16 by 24")))
    ledger.observe(node("a"), 0)

    assert ledger.grant(0).granted == ()
    ledger.relist([node("a"), node("b", "", "10.1.0.0/24")], 0)
    assert given(ledger) == ["a 10.1.1.0/24"]
