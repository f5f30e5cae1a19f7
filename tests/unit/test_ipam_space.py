"""Depths, Space, Stock and settle at their edges: one number, one address, one row further."""

import pytest

from podroute.claims.contest import Claim, settle
from podroute.ipam.depths import Depths
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.ipam.space import Space
from podroute.ipam.stock import Holding, reserved_whole
from podroute.model.cidr import bounds, parse_cidr
from tests.builders import node, pool, route

SEED = pool("10.200.0.0/16", 24)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]])
def test_neighbours_with_one_count_are_one_range(order: list[int]) -> None:
    depths = Depths()
    for number in order:
        depths.add(range(number, number + 1))

    assert list(depths.ranges()) == [range(3)]


@pytest.mark.parametrize(
    ("cidr", "inside"),
    [
        ("10.200.0.0/16", True),
        ("10.200.255.255/32", True),
        ("10.200.0.0/32", True),
        ("10.201.0.0/32", False),
        ("10.199.255.255/32", False),
        ("10.200.0.0/15", False),
        ("::/0", False),
    ],
)
def test_a_space_ends_with_its_last_address(cidr: str, *, inside: bool) -> None:
    assert Space(SEED, (), 0).covers(bounds(parse_cidr(cidr))) is inside


def test_what_is_loose_keeps_nobody_out() -> None:
    block, part, loose = (
        bounds(parse_cidr(cidr)) for cidr in ("10.200.1.0/24", "10.200.2.0/25", "10.200.8.0/21")
    )

    assert list(Holding(((block, "block"), (part, "part"), (loose, "loose"))).firm()) == [
        block,
        part,
    ]


@pytest.mark.parametrize(
    ("claim", "faults", "given"),
    [
        ("fd00:10:200::/48", ["wrong size"], "fd00:10:200::/112"),
        ("fd00::/16", ["out of range"], "fd00:10:200::/112"),
        ("fd00:10:200::/49", ["wrong size"], "fd00:10:200:8000::/112"),
        ("fd00:10:200::/112", [], "fd00:10:200::1:0/112"),
    ],
)
def test_a_claim_may_touch_more_blocks_than_a_machine_word_counts(
    claim: str, faults: list[str], given: str
) -> None:
    ledger = Ledger(AddressPlan((Pool("wide", (pool("fd00:10:200::/48", 112),)),)))
    ledger.relist([node("a", "", claim), node("b")], 0)
    (grant,) = ledger.grant(0).granted
    (usage,) = ledger.usage(0)

    assert grant.pod_cidrs == (parse_cidr(given),)
    assert usage.families[0].size == 1 << 64
    assert [one.fault for one in ledger.findings()] == faults
    ledger.gone(node("a").uid, 1)
    assert ledger.findings() == ()


@pytest.mark.parametrize(
    ("draining", "fault"),
    [(False, "pool 'a': all of 10.200.0.0/16 is reserved by 10.0.0.0/8"), (True, "")],
)
def test_a_pool_without_a_block_is_a_fault_unless_it_only_drains(
    fault: str, *, draining: bool
) -> None:
    pools = (Pool("a", (SEED,), draining=draining), Pool("b", (pool("172.16.0.0/16", 24),)))

    assert reserved_whole(AddressPlan(pools, (parse_cidr("10.0.0.0/8"),))) == fault


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("10.200.1.0/32", "10.200.1.0/24"),
        ("10.200.1.255/32", "10.200.1.0/24"),
        ("10.200.1.0/24", "10.200.1.255/32"),
        ("10.200.1.0/24", "10.200.1.0/32"),
    ],
)
def test_one_shared_address_is_an_overlap(first: str, second: str) -> None:
    older, younger = (
        Claim(route(cidr, "10.240.0.30"), bounds(parse_cidr(cidr)), incumbent=False)
        for cidr in (first, second)
    )

    assert settle([older, younger]) == ((older,), ((younger, older.route),))
