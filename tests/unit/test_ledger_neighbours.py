"""Nodes of one rack get their blocks side by side, so that one route can stand for many."""

from dataclasses import replace

import pytest

from podroute.ipam.ledger import Ledger
from podroute.model.node import Node, NodeUid
from tests.builders import node
from tests.unit.ledgers import land, ledger_of, one_pool, plan, waiting


def in_rack(rack: str, number: int) -> Node:
    return replace(node(f"{rack}{number}"), labels=(("rack", rack),))


def racks(cluster: str = "10.1.0.0/20 by 24", chunk: int = 4, quarantine: float = 0.0) -> Ledger:
    pool = replace(one_pool("p", cluster), align_by="rack", align_blocks=chunk)
    return ledger_of(plan(pool, quarantine=quarantine))


def join(ledger: Ledger, *names: str, now: float = 0.0) -> list[int]:
    """Each name is a rack and a number; the third byte of the blocks."""
    served = [land(ledger, in_rack(name[0], int(name[1:])), now) for name in names]
    return [thirds(one) for one in served]


def thirds(served: Node) -> int:
    return int(str(served.pod_cidrs[0]).split(".")[2])


def leave(ledger: Ledger, *names: str, now: float = 0.0) -> None:
    for name in names:
        ledger.gone(NodeUid(f"uid-{name}"), now)


def test_each_rack_has_chunks_of_its_own() -> None:
    joined = join(racks(), "a1", "b1", "a2", "b2", "c1", "a3", "a4", "b3", "a5", "b4")

    assert joined == [0, 4, 1, 5, 8, 2, 3, 6, 12, 7]


def test_without_an_unused_chunk_any_free_block_will_do() -> None:
    ledger = racks("10.1.0.0/21 by 24")

    assert join(ledger, "a1", "b1", "c1", "c2", "c3") == [0, 4, 5, 6, 7]
    assert join(ledger, "c4", "a2", "c5") == [1, 2, 3]
    ledger.observe(in_rack("a", 3), 0)
    assert waiting(ledger) == ["a3 p"]


def test_a_hole_is_filled_by_its_own_rack() -> None:
    ledger = racks()
    join(ledger, "a1", "a2", "a3", "a4", "b1", "a5")
    leave(ledger, "a2")

    assert join(ledger, "b2", "a6", "a7") == [5, 1, 9]


def test_a_chunk_that_its_rack_has_left_is_anybodys() -> None:
    ledger = racks("10.1.0.0/21 by 24")
    join(ledger, "a1", "a2", "b1")
    leave(ledger, "a1", "a2")

    assert join(ledger, "c1", "a3", "b2", "c2") == [0, 1, 5, 2]


def test_a_rack_that_has_left_a_shared_chunk_has_no_claim_to_it() -> None:
    ledger = racks("10.1.0.0/21 by 24")
    assert join(ledger, "a1", "a2", "b1", "c1") == [0, 1, 4, 5]
    leave(ledger, "c1")

    assert join(ledger, "c2") == [6]


def test_one_of_two_nodes_leaves_and_the_rack_stays() -> None:
    ledger = racks()
    join(ledger, "a1", "a2", "b1")
    leave(ledger, "a1")

    assert join(ledger, "a3", "b2") == [0, 5]


def test_a_hole_is_filled_when_its_quarantine_is_over() -> None:
    ledger = racks(quarantine=60)
    join(ledger, "a1", "a2", "a3", "a4")
    leave(ledger, "a2")

    assert join(ledger, "a5", now=59) == [4]
    assert join(ledger, "a6", now=60) == [1]


def test_nodes_without_the_label_are_a_rack_too() -> None:
    ledger = racks()
    plain = [land(ledger, node(name)) for name in "xy"]

    assert [thirds(one) for one in plain] == [0, 1]
    assert join(ledger, "a1") == [4]


def test_a_node_that_moves_to_another_rack_takes_its_block_along() -> None:
    ledger = racks()
    join(ledger, "a1", "a2", "b1")
    moved = replace(in_rack("a", 2), labels=(("rack", "c"),))

    ledger.observe(replace(moved, pod_cidrs=node("x", "", "10.1.1.0/24").pod_cidrs), 0)

    assert join(ledger, "c1", "a3") == [2, 3]


def test_a_node_that_moves_while_its_patch_is_under_way() -> None:
    ledger = racks()
    ledger.observe(in_rack("a", 1), 0)
    (grant,) = ledger.grant(0).granted
    ledger.observe(replace(in_rack("a", 1), labels=(("rack", "b"),)), 0)
    ledger.answered(grant, "applied", 0)

    assert join(ledger, "b2", "a2") == [1, 4]


def test_who_shares_a_chunk_has_it_on_its_own_account() -> None:
    ledger = racks("10.1.0.0/21 by 24")
    assert join(ledger, "a1", "b1", "c1") == [0, 4, 5]
    leave(ledger, "c1")
    assert join(ledger, "b2") == [5]
    leave(ledger, "b1")

    assert join(ledger, "b3") == [4]


def test_a_rack_that_leaves_one_chunk_has_its_others() -> None:
    ledger = racks()
    assert join(ledger, "a1", "a2", "a3", "a4", "a5") == [0, 1, 2, 3, 4]
    leave(ledger, "a2", "a5")

    assert join(ledger, "a6") == [1]


def test_a_change_of_the_plan_keeps_racks_together() -> None:
    ledger = racks()
    assert join(ledger, "a1", "b1") == [0, 4]

    ledger.update(ledger.plan, 0)

    assert join(ledger, "a2", "b2") == [1, 5]


def test_a_chunk_is_aligned_wherever_the_search_stands() -> None:
    ledger = racks()
    join(ledger, "a1", "a2")
    leave(ledger, "a1", "a2")

    assert join(ledger, "b1") == [4]


def test_the_search_for_an_unused_chunk_goes_around() -> None:
    ledger = racks("10.1.0.0/21 by 24")
    join(ledger, "a1", "b1", "b2", "b3", "b4")
    leave(ledger, "a1")

    assert join(ledger, "c1") == [0]


def test_a_reserved_range_leaves_the_rest_of_its_chunk_for_the_end() -> None:
    pool = replace(one_pool("p", "10.1.0.0/21 by 24"), align_by="rack", align_blocks=4)
    ledger = ledger_of(plan(pool, reserved="10.1.0.0/24 fd00::/48 10.2.0.0/16"))

    assert join(ledger, "a1", "b1", "c1") == [4, 5, 6]


def test_a_chunk_may_be_larger_than_the_pool() -> None:
    assert join(racks("10.1.0.0/23 by 24", chunk=16), "a1", "b1") == [0, 1]


@pytest.mark.parametrize("claim", ["10.1.0.0/23", "10.1.0.0/20", "0.0.0.0/0"])
def test_a_disbelieved_claim_does_not_scatter_the_others(claim: str) -> None:
    ledger = racks()
    ledger.observe(node("evil", "", claim), 0)

    blocks = join(ledger, "a1", "b1", "a2", "b2")

    assert [number // 4 for number in blocks[:2]] == [number // 4 for number in blocks[2:]]
    assert len({number // 4 for number in blocks}) == 2


def test_blocks_of_an_old_mask_open_whole_chunks_when_they_go() -> None:
    new = replace(one_pool("p", "10.1.0.0/20 by 24"), align_by="rack", align_blocks=4)
    old = one_pool("old", "10.1.0.0/20 by 21", draining=True)
    holders = [node("h", "", "10.1.0.0/21"), node("i", "", "10.1.8.0/24")]
    ledger = ledger_of(plan(new, old), holders)
    assert join(ledger, "a1", "b1", "a2") == [12, 13, 14]

    leave(ledger, "h")

    assert join(ledger, "c1", "a3") == [0, 15]


def test_a_hole_that_an_old_mask_leaves_is_filled() -> None:
    """A Node of the rack sits in the chunk that a wide block has covered."""
    new = replace(one_pool("p", "10.1.0.0/21 by 24"), align_by="rack", align_blocks=4)
    old = one_pool("old", "10.1.0.0/21 by 21", draining=True)
    ledger = ledger_of(plan(new, old), [node("h", "", "10.1.0.0/21")])
    ledger.observe(replace(in_rack("a", 1), pod_cidrs=node("x", "", "10.1.4.0/24").pod_cidrs), 0)
    ledger.observe(in_rack("a", 2), 0)
    assert waiting(ledger) == ["a2 p"]

    leave(ledger, "h")

    assert [str(one.pod_cidrs[0]) for one in ledger.grant(0).granted] == ["10.1.5.0/24"]


def test_a_full_chunk_is_looked_at_again_when_a_wide_block_of_an_old_mask_goes() -> None:
    new = replace(one_pool("p", "10.1.0.0/20 by 24"), align_by="rack", align_blocks=4)
    old = one_pool("old", "10.1.0.0/20 by 21", draining=True)
    ledger = ledger_of(plan(new, old), [node("h", "", "10.1.0.0/21")])
    ledger.observe(replace(in_rack("a", 1), pod_cidrs=node("x", "", "10.1.4.0/24").pod_cidrs), 0)
    assert join(ledger, "a2", "b1") == [8, 12]

    leave(ledger, "h")

    assert join(ledger, "a3", "b2") == [5, 13]
