"""Behaviours 46 to 49 and 54: races over blocks, after Calico's affinities.

What is a race over etcd there is an order of calls here, and every order is tried: the ledger has
one owner.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Final

import pytest

from podroute.ipam.facts import Fact, Grant
from podroute.ipam.ledger import Ledger
from podroute.model.cidr import Cidr
from podroute.model.node import NodeUid
from tests.builders import node
from tests.unit.ledgers import fill, given, ledger_of, told, usage, waiting

SCARCE: Final = "10.1.0.0/20 by 24, fd00::/48 by 64"


def settle_one(ledger: Ledger, under_way: list[Grant], dice: Random) -> Grant | None:
    """Any patch under way is answered, and if it was applied, seen."""
    grant = under_way.pop(dice.randrange(len(under_way)))
    outcome = dice.choice(("applied", "unknown"))
    ledger.answered(grant, "applied" if outcome == "applied" else "unknown", 0)
    if outcome == "unknown":
        assert ledger.again(grant)
        under_way.append(grant)
        return None
    assert ledger.observe(replace(node(grant.node), pod_cidrs=grant.pod_cidrs), 0) == ()
    return grant


@pytest.mark.parametrize("seed", range(20))
def test_46_32_owners_race_for_16_blocks(seed: int) -> None:
    """16 are owned, each by one; of the other family there is enough, and nobody has that alone."""
    dice = Random(seed)
    ledger = ledger_of(SCARCE)
    coming = [node(f"n{number:02}") for number in dice.sample(range(32), 32)]
    under_way: list[Grant] = []
    owned: dict[str, tuple[Cidr, ...]] = {}

    while coming or under_way:
        if coming:
            ledger.observe(coming.pop(), 0)
        under_way += ledger.grant(0, dice.randrange(3)).granted
        if under_way and (grant := settle_one(ledger, under_way, dice)):
            owned[grant.node] = grant.pod_cidrs

    assert len(owned) == len(waiting(ledger)) == 16
    assert {len(cidrs) for cidrs in owned.values()} == {2}
    assert len({cidr for cidrs in owned.values() for cidr in cidrs}) == 32
    for family in (0, 1):
        figures = usage(ledger, family=family)
        assert (figures.used, figures.pending) == (16, 0)
    assert given(ledger) == []


ITSELF: Final = [
    order
    for order in permutations(("seen without", "listed without", "seen with", "answered"))
    if order.index("seen with") > max(order.index("seen without"), order.index("listed without"))
]


@pytest.mark.parametrize("order", ITSELF, ids=", ".join)
def test_47_one_owner_racing_with_itself(order: tuple[str, ...]) -> None:
    """It may be sent the same again, and never more."""
    ledger = ledger_of(SCARCE, [node("a")])
    (grant,) = ledger.grant(0).granted
    served = replace(node("a"), pod_cidrs=grant.pod_cidrs)
    steps: dict[str, Callable[[], tuple[Fact, ...] | None]] = {
        "seen without": lambda: ledger.observe(node("a"), 0),
        "listed without": lambda: ledger.relist([node("a")], 0),
        "seen with": lambda: ledger.observe(served, 0),
        "answered": lambda: ledger.answered(grant, "applied", 0),
    }

    for step in order:
        assert steps[step]() in {(), None}
        for again in ledger.grant(0).granted:
            assert again.pod_cidrs == grant.pod_cidrs
            ledger.answered(again, "applied", 0)

    assert (usage(ledger).used, usage(ledger).pending, usage(ledger).free) == (1, 0, 15)


LEAVING: Final = sorted(set(permutations("aabb")))


@pytest.mark.parametrize("leaving", LEAVING, ids="".join)
def test_48_two_nodes_claim_one_block_and_leave_twice(leaving: tuple[str, ...]) -> None:
    ledger = ledger_of("10.1.0.0/24 by 26", [node("a", "", "10.1.0.0/26")])
    facts = ledger.observe(node("b", "", "10.1.0.0/26"), 0)
    assert told(facts) == [
        "foreign at birth: b 10.1.0.0/26",
        "duplicate: b 10.1.0.0/26, a 10.1.0.0/26",
    ]

    gone: set[str] = set()
    freed: list[str] = []
    for name in leaving:
        freed += told(ledger.gone(NodeUid(f"uid-{name}"), 0))
        gone.add(name)
        assert usage(ledger).used == (0 if gone == {"a", "b"} else 1)

    assert [one.split()[-1] for one in freed] == ["10.1.0.0/26"]
    assert len(set(fill(ledger, 4))) == 4


@pytest.mark.parametrize("leaving", list(permutations("abcd")), ids="".join)
def test_48_many_race_for_one_block_and_leave(leaving: tuple[str, ...]) -> None:
    """One wins at a time; whoever leaves, the block is somebody's, or free once."""
    ledger = ledger_of("10.1.0.0/24 by 24", [node(name) for name in "abcd"])
    for left, name in enumerate(leaving, 1):
        for grant in ledger.grant(0).granted:
            ledger.answered(grant, "applied", 0)
            ledger.observe(replace(node(grant.node), pod_cidrs=grant.pod_cidrs), 0)
        assert (usage(ledger).used, len(waiting(ledger))) == (1, 4 - left)
        ledger.gone(NodeUid(f"uid-{name}"), 0)
        assert ledger.gone(NodeUid(f"uid-{name}"), 0) == ()

    assert (usage(ledger).used, usage(ledger).free) == (0, 1)


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_49_54_a_release_frees_nothing_that_another_one_has(first: str, second: str) -> None:
    """Who waits for the block is not served while anybody has it."""
    holders = [node("a", "", "10.1.0.0/24"), node("b", "", "10.1.0.0/24")]
    ledger = ledger_of("10.1.0.0/24 by 24", [*holders, node("c")])

    assert ledger.gone(NodeUid(f"uid-{first}"), 0) == ()
    assert given(ledger) == []
    assert waiting(ledger) == ["c default"]
    assert usage(ledger).used == 1

    assert told(ledger.gone(NodeUid(f"uid-{second}"), 0)) == [f"freed: {second} 10.1.0.0/24"]
    assert given(ledger) == ["c 10.1.0.0/24"]


@pytest.mark.parametrize("outcome", ["", "unknown"])
def test_49_54_a_release_frees_nothing_that_a_patch_may_give(outcome: str) -> None:
    """The patch of one is under way with it, or in doubt, while another has it and ends."""
    ledger = ledger_of("10.1.0.0/24 by 24", [node("a"), node("c")])
    (grant,) = ledger.grant(0, 1).granted
    ledger.observe(node("b", "", "10.1.0.0/24"), 0)
    if outcome:
        ledger.answered(grant, "unknown", 0)

    ledger.gone(NodeUid("uid-b"), 0)

    assert waiting(ledger) == ["c default"]
    assert (usage(ledger).used, usage(ledger).pending, usage(ledger).free) == (0, 1, 0)
