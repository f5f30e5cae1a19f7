"""Address plans: what is a good one, and a change of it while Nodes live."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from podroute.ipam.pools import AddressPlan, Pool, label_keys
from podroute.model.node import NodeUid
from podroute.model.selector import parse_selector
from tests.builders import node
from tests.unit.ledgers import (
    families,
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

V4 = families("10.1.0.0/16 by 24")


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Pool("", V4), "pool '' has no name"),
        (lambda: Pool("p", ()), "pool 'p' has no CIDR"),
        (lambda: Pool("p", V4 * 2), "pool 'p' has two CIDRs of one family"),
        (lambda: Pool("p", V4, align_blocks=0), "pool 'p' cannot be aligned in chunks of 0"),
        (lambda: Pool("p", V4, align_blocks=-4), "chunks of -4"),
        (lambda: Pool("p", V4, align_blocks=12), "chunks of 12: that is no power of two"),
        (lambda: plan(quarantine=-1), "a quarantine of -1 seconds"),
        (lambda: plan(quarantine=float("nan")), "a quarantine of nan seconds"),
        (lambda: plan(quarantine=float("inf")), "a quarantine of inf seconds"),
        (lambda: plan(Pool("p", V4), one_pool("p", "10.2.0.0/16 by 24")), "have the name 'p'"),
        (
            lambda: plan(Pool("p", V4), one_pool("q", "fd00::/48 by 64", "10.1.4.0/22 by 24")),
            "pools 'p' and 'q' overlap in 10.1.0.0/16 and 10.1.4.0/22",
        ),
    ],
)
def test_what_is_no_plan(make: Callable[[], AddressPlan | Pool], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        make()


def test_pools_may_overlap_where_one_drains() -> None:
    old = Pool("old", families("10.1.0.0/16 by 20"), draining=True)

    assert plan(old, Pool("new", V4), replace(old, name="older")).pools[1].families == V4
    assert Pool("p", V4, align_blocks=1).align_blocks == 1


def test_the_labels_that_a_plan_asks_for() -> None:
    pools = (
        Pool("p", V4, parse_selector("gpu,zone in (a,b)")),
        Pool("q", families("10.2.0.0/16 by 24"), align_by="rack"),
    )

    assert label_keys(plan(*pools)) == {"gpu", "zone", "rack"}
    assert label_keys(plan()) == frozenset()


def test_no_pool_at_all() -> None:
    ledger = ledger_of(plan(), [node("a", "", "10.1.0.0/24"), node("b")])

    assert waiting(ledger) == ["b "]
    assert told(ledger.findings()) == ["out of range: a 10.1.0.0/24"]
    assert ledger.usage(0) == ()


OLD = one_pool("old", "10.1.0.0/16 by 20", draining=True)
NEW = one_pool("new", "10.1.0.0/16 by 24")


def test_a_wider_mask_drains_over_the_same_range() -> None:
    """A /20 of the old mask holds the 16 /24 that it touches."""
    ledger = ledger_of(plan(NEW, OLD), [node("a", "", "10.1.0.0/20")])

    assert ledger.findings() == ()
    assert usage(ledger).used == 16
    assert fill(ledger, 1) == ["10.1.16.0/24"]
    ledger.gone(NodeUid("uid-a"), 0)
    assert usage(ledger).used == 1


def test_a_longer_mask_drains_over_the_same_range() -> None:
    """Two /24 of the old mask hold the one /20 that they are in."""
    old, new = replace(NEW, draining=True), replace(OLD, draining=False)
    nodes = [node("a", "", "10.1.0.0/24"), node("b", "", "10.1.5.0/24")]
    ledger = ledger_of(plan(new, old), nodes)

    assert usage(ledger).used == 1
    assert fill(ledger, 1) == ["10.1.16.0/20"]
    ledger.gone(NodeUid("uid-a"), 0)
    assert usage(ledger).used == 2
    ledger.gone(NodeUid("uid-b"), 0)
    assert usage(ledger).used == 1


def test_the_mask_changes_while_nodes_live() -> None:
    ledger = ledger_of(plan(replace(OLD, draining=False)))
    assert fill(ledger, 2) == ["10.1.0.0/20", "10.1.16.0/20"]

    with pytest.raises(ValueError, match="n0, n1 would lose their blocks"):
        ledger.update(plan(NEW), 0)
    with pytest.raises(ValueError, match="n0, n1 would lose their blocks"):
        ledger.update(plan(one_pool("wide", "10.1.0.0/16 by 18")), 0)
    ledger.update(plan(NEW, OLD), 0)

    assert fill(ledger, 1, "m") == ["10.1.32.0/24"]
    assert ledger.findings() == ()


def test_a_refusal_names_five_nodes_and_counts_the_others() -> None:
    ledger = ledger_of(plan(NEW))
    fill(ledger, 5)
    with pytest.raises(ValueError, match=r"^n0, n1, n2, n3, n4 would lose their blocks: keep the"):
        ledger.update(plan(), 0)

    fill(ledger, 1, "o")
    with pytest.raises(ValueError, match=r"^n0, n1, n2, n3, n4 and 1 more would lose"):
        ledger.update(plan(), 0)


def test_what_no_pool_held_does_not_hinder_a_change() -> None:
    odd = [node("wide", "", "10.1.0.0/23"), node("outside", "", "192.168.0.0/24")]
    ledger = ledger_of(plan(NEW), odd)

    ledger.update(plan(one_pool("other", "10.2.0.0/16 by 24")), 0)

    assert fill(ledger, 1) == ["10.2.0.0/24"]


def test_part_of_a_block_must_be_held_by_the_new_plan_too() -> None:
    ledger = ledger_of(plan(NEW), [node("part", "", "10.1.0.0/25")])

    with pytest.raises(ValueError, match="part would lose"):
        ledger.update(plan(one_pool("other", "10.2.0.0/16 by 24")), 0)
    ledger.update(plan(replace(NEW, name="same")), 0)
    ledger.update(plan(one_pool("longer", "10.1.0.0/16 by 25")), 0)
    ledger.update(plan(NEW, one_pool("longer", "10.1.0.0/16 by 25", draining=True)), 0)

    assert usage(ledger).used == 1


def test_a_change_keeps_the_cursor_the_quarantine_and_the_figures() -> None:
    ledger = ledger_of(plan(NEW, quarantine=60))
    fill(ledger, 3)
    ledger.gone(NodeUid("uid-n2"), 0)

    ledger.update(plan(NEW, one_pool("more", "10.2.0.0/16 by 24"), quarantine=5), 0)

    figures = usage(ledger, 59)
    assert (figures.used, figures.quarantined) == (2, 1)
    assert (figures.allocations, figures.releases) == (3, 1)
    assert fill(ledger, 1, "m") == ["10.1.3.0/24"]
    assert usage(ledger, 60).quarantined == 0


def test_a_pool_that_is_added_serves_who_waits() -> None:
    small = one_pool("small", "10.1.0.0/24 by 24")
    ledger = ledger_of(plan(small), [node("a"), node("b")])
    assert given(ledger) == ["a 10.1.0.0/24"]
    assert waiting(ledger) == ["b small"]

    ledger.update(plan(small, one_pool("more", "10.2.0.0/16 by 24")), 0)

    assert given(ledger) == ["b 10.2.0.0/24"]


def test_a_range_that_is_reserved_later_is_kept_from_others_and_reported() -> None:
    ledger = ledger_of(plan(NEW))
    fill(ledger, 1)

    ledger.update(plan(NEW, reserved="10.1.0.0/23"), 0)

    assert told(ledger.findings()) == ["reserved: n0 10.1.0.0/24"]
    assert fill(ledger, 1, "m") == ["10.1.2.0/24"]
    facts = ledger.observe(node("x", "", "10.1.1.0/24"), 0)
    assert told(facts) == ["foreign at birth: x 10.1.1.0/24", "reserved: x 10.1.1.0/24"]


def test_a_lost_record_in_a_draining_pool_is_written_again() -> None:
    """It is its own block still."""
    ledger = ledger_of(plan(NEW))
    served = land(ledger, node("a"))
    ledger.update(plan(replace(NEW, draining=True), one_pool("more", "10.2.0.0/16 by 24")), 0)

    ledger.relist([replace(served, pod_cidrs=())], 0)

    assert given(ledger) == ["a 10.1.0.0/24"]


def test_quarantine_ends_in_the_order_of_its_moments() -> None:
    ledger = ledger_of(plan(one_pool("p", "10.1.0.0/23 by 24"), quarantine=60))
    fill(ledger, 2)
    ledger.gone(NodeUid("uid-n0"), 0)
    ledger.update(plan(one_pool("p", "10.1.0.0/23 by 24"), quarantine=5), 10)
    ledger.gone(NodeUid("uid-n1"), 10)
    ledger.observe(node("a"), 10)
    ledger.observe(node("b"), 10)

    assert given(ledger, 14.9) == []
    assert given(ledger, 15) == ["a 10.1.1.0/24"]
    assert given(ledger, 59.9) == []
    assert given(ledger, 60) == ["b 10.1.0.0/24"]


def test_a_block_that_is_claimed_while_it_rests_is_held() -> None:
    ledger = ledger_of(plan(one_pool("p", "10.1.0.0/24 by 24"), quarantine=60))
    fill(ledger, 1)
    ledger.gone(NodeUid("uid-n0"), 0)
    ledger.observe(node("thief", "", "10.1.0.0/24"), 30)
    ledger.observe(node("a"), 60)

    assert given(ledger, 60) == []
    ledger.gone(NodeUid("uid-thief"), 60)
    assert given(ledger, 119) == []
    assert given(ledger, 120) == ["a 10.1.0.0/24"]
