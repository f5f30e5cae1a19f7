"""Behaviours 1 to 10: the arithmetic of blocks.

The values are those of kubernetes 1.36, pkg/controller/nodeipam/ipam; each test names the one there
that it answers.
"""

from ipaddress import ip_interface

import pytest

from podroute.ipam.space import Space
from podroute.model.cidr import bounds, parse_cidr
from podroute.model.node import NodeUid
from podroute.model.pool import CidrPool
from tests.builders import node, pool
from tests.unit.ledgers import fill, given, ledger_of, one_pool, plan, usage, waiting


@pytest.mark.parametrize("only", ["127.123.234.0/30", "beef:1234::/30"])
def test_1_a_pool_of_one_block(only: str) -> None:
    """TestCIDRSetFullyAllocated."""
    ledger = ledger_of(f"{only} by 30", [node("a"), node("b")])

    (grant,) = ledger.grant(0).granted
    assert list(map(str, grant.pod_cidrs)) == [only]
    assert waiting(ledger) == ["b default"]
    ledger.answered(grant, "applied", 0)
    ledger.gone(NodeUid("uid-a"), 0)
    assert given(ledger) == [f"b {only}"]
    ledger.observe(node("c"), 0)
    assert waiting(ledger) == ["c default"]


INDEX_TO_BLOCK = [
    ("127.123.3.0/16", 24, 0, "127.123.0.0/24"),
    ("127.123.0.0/16", 24, 15, "127.123.15.0/24"),
    ("192.168.5.219/28", 32, 5, "192.168.5.213/32"),
    ("192.168.5.219/28", 29, 1, "192.168.5.216/29"),
    ("2001:db8:1234:3::/48", 64, 0, "2001:db8:1234::/64"),
    ("2001:db8:1234::/48", 64, 15, "2001:db8:1234:f::/64"),
    ("2001:db8:85a3::8a2e:0370:7334/50", 63, 6425, "2001:db8:85a3:3232::/63"),
    ("2001:0db8::/32", 48, 0, "2001:db8::/48"),
    ("2001:0db8::/32", 48, 15, "2001:db8:f::/48"),
    ("2001:0db8:85a3::8a2e:0370:7334/32", 48, 6425, "2001:db8:1919::/48"),
    ("2001:db8:1234:ff00::/56", 72, 0, "2001:db8:1234:ff00::/72"),
    ("2001:db8:1234:ff00::/56", 72, 15, "2001:db8:1234:ff00:f00::/72"),
    ("2001:db8:1234:ff00::0370:7334/56", 72, 6425, "2001:db8:1234:ff19:1900::/72"),
    ("2001:0db8:1234:0:1234::/80", 96, 0, "2001:db8:1234:0:1234::/96"),
    ("2001:0db8:1234:0:1234::/80", 96, 15, "2001:db8:1234:0:1234:f::/96"),
    ("2001:0db8:1234:ff00::0370:7334/80", 96, 6425, "2001:db8:1234:ff00:0:1919::/96"),
]


def host_bits_off(text: str, length: int) -> CidrPool:
    return CidrPool(ip_interface(text).network, length)


@pytest.mark.parametrize(("cluster", "length", "index", "block"), INDEX_TO_BLOCK)
def test_2_index_to_block(cluster: str, length: int, index: int, block: str) -> None:
    """TestIndexToCIDRBlock; host bits are cut off where the range is parsed, not here."""
    assert host_bits_off(cluster, length).block(index) == parse_cidr(block)


@pytest.mark.parametrize("cluster", ["127.123.234.0/16 by 24", "beef:1234::/16 by 24"])
def test_3_256_of_256_twice_in_the_same_order(cluster: str) -> None:
    """TestCIDRSet_RandomishAllocation."""
    text, length = cluster.split(" by ")
    family = host_bits_off(text, int(length))
    ledger = ledger_of(f"{family.cidr} by {length}")

    first = fill(ledger, 256)
    ledger.observe(node("surplus"), 0)
    assert waiting(ledger) == ["surplus default"]
    ledger.relist([], 0)
    second = fill(ledger, 256)

    assert len(set(first)) == 256
    assert second == first


@pytest.mark.parametrize("cluster", ["127.123.0.0/16 by 24", "beef::/16 by 24"])
def test_4_half_of_it_marked(cluster: str) -> None:
    """TestCIDRSet_AllocationOccupied."""
    ledger = ledger_of(cluster)
    blocks = fill(ledger, 256)
    holders = [node(f"h{i}", "", block) for i, block in enumerate([*blocks[128:], blocks[200]])]
    ledger.relist(holders, 0)

    assert sorted(fill(ledger, 128, "m")) == sorted(blocks[:128])
    ledger.observe(node("surplus"), 0)
    assert waiting(ledger) == ["surplus default"]


def test_5_marks_and_releases_count_blocks_not_calls() -> None:
    """TestDoubleOccupyRelease; what is wider than a block is held by an old, draining mask."""
    ledger = ledger_of(
        plan(
            one_pool("new", "10.42.0.0/16 by 24"),
            one_pool("old", "10.42.0.0/16 by 22", draining=True),
        )
    )
    steps = [
        ("a", "10.42.5.0/24", 1),
        ("b", "10.42.9.0/24", 2),
        ("c", "10.42.8.0/22", 5),
        ("d", "10.42.9.0/24", 5),
        ("b", "", 5),
        ("d", "", 5),
        ("c", "", 1),
    ]
    used: list[int] = []
    for name, block, _ in steps:
        if block:
            ledger.observe(node(name, "", block), 0)
        else:
            ledger.gone(NodeUid(f"uid-{name}"), 0)
        used.append(usage(ledger).used)

    assert used == [count for *_, count in steps]
    assert len(fill(ledger, 255)) == 255
    ledger.observe(node("surplus"), 0)
    assert waiting(ledger) == ["surplus new"]


BLOCK_TO_INDEX = [
    ("127.0.0.0/8", 16, "127.0.0.0/16", 0),
    ("be00::/8", 16, "be00::/16", 0),
    ("127.0.0.0/8", 16, "127.123.0.0/16", 123),
    ("be00::/8", 16, "beef::/16", 0xEF),
    ("127.0.0.0/8", 16, "127.168.0.0/16", 168),
    ("be00::/8", 16, "be68::/16", 0x68),
    ("127.0.0.0/8", 16, "127.224.0.0/16", 224),
    ("be00::/8", 16, "be24::/16", 0x24),
    ("192.168.0.0/16", 24, "192.168.12.0/24", 12),
    ("beef::/16", 24, "beef:1200::/24", 0x12),
    ("192.168.0.0/16", 24, "192.168.151.0/24", 151),
    ("beef::/16", 24, "beef:9700::/24", 0x97),
]


@pytest.mark.parametrize(("cluster", "length", "block", "index"), BLOCK_TO_INDEX)
def test_6_block_to_index(cluster: str, length: int, block: str, index: int) -> None:
    """TestGetBitforCIDR: a Node's podCIDR is found among the blocks, and it alone is left out."""
    holder = node("a", "", block)
    ledger = ledger_of(f"{cluster} by {length}", [holder])

    blocks = fill(ledger, 255)

    assert pool(cluster, length).block(index) == parse_cidr(block)
    assert len({*blocks, block}) == 256


@pytest.mark.parametrize(
    ("cluster", "outside"),
    [
        ("192.168.0.0/16 by 24", "127.168.224.0/24"),
        ("beef::/16 by 24", "2001:db00::/24"),
        ("192.168.0.0/16 by 24", "192.169.0.0/24"),
        ("192.168.0.0/16 by 24", "192.167.255.0/24"),
        ("192.168.0.0/16 by 24", "c0a8::/24"),
    ],
)
def test_6_outside_the_pool(cluster: str, outside: str) -> None:
    """TestGetBitforCIDR: upstream answers with an error, we with a finding; nothing is held."""
    ledger = ledger_of(cluster, [node("a", "", outside)])

    assert [finding.fault for finding in ledger.findings()] == ["out of range"]
    assert usage(ledger).used == 0


MARKS = [
    ("127.0.0.0/8", 16, "127.0.0.0/8", 0, 255),
    ("2001:beef:1200::/40", 48, "2001:beef:1200::/40", 0, 255),
    ("127.0.0.0/8", 16, "127.0.0.0/2", 0, 255),
    ("2001:beef:1200::/40", 48, "2001:beef:1234::/34", 0, 255),
    ("127.0.0.0/8", 16, "127.0.0.0/16", 0, 0),
    ("2001:beef:1200::/40", 48, "2001:beef:1200::/48", 0, 0),
    ("127.0.0.0/8", 32, "127.0.0.0/16", 0, 65535),
    ("2001:beef:1200::/48", 64, "2001:beef:1200::/48", 0, 65535),
    ("127.0.0.0/7", 16, "127.0.0.0/15", 256, 257),
    ("2001:beef:7f00::/39", 48, "2001:beef:7f00::/47", 256, 257),
    ("127.0.0.0/7", 15, "127.0.0.0/15", 128, 128),
    ("2001:beef:7f00::/39", 47, "2001:beef:7f00::/47", 128, 128),
    ("127.0.0.0/7", 18, "127.0.0.0/15", 1024, 1031),
    ("2001:beef:7f00::/39", 50, "2001:beef:7f00::/47", 1024, 1031),
]


@pytest.mark.parametrize(("cluster", "length", "reserved", "first", "last"), MARKS)
def test_7_a_range_marks_every_block_that_it_touches(
    cluster: str, length: int, reserved: str, first: int, last: int
) -> None:
    """TestOccupy, by a reserved range.

    A Node's own word does not mark so much (upstream it does): see the hostile claims.
    """
    family = host_bits_off(cluster, length)
    cidr = ip_interface(reserved).network
    ledger = ledger_of(f"{family.cidr} by {length}", reserved=str(cidr))

    assert Space(family, (), 0).numbers(bounds(cidr)) == range(first, last + 1)
    assert usage(ledger).reserved == last - first + 1
    assert usage(ledger).free == family.size() - (last - first + 1)


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ("127.0.0.0/8 by 32", ["127.0.0.0/32", "127.0.0.1/32"]),
        ("2001:beef:1234::/32 by 49", ["2001:beef::/49", "2001:beef:0:8000::/49"]),
        (
            "2001:beef:1234:3690::/60 by 64",
            ["2001:beef:1234:3690::/64", "2001:beef:1234:3691::/64"],
        ),
        ("2001:beef::/16 by 112", ["2001::/112", "2001::1:0/112"]),
    ],
)
def test_8_any_mask_difference(cluster: str, expected: list[str]) -> None:
    """TestCIDRSetv6 refuses IPv6 with more than 16 bits; here any difference works, on purpose."""
    text, length = cluster.split(" by ")
    family = host_bits_off(text, int(length))
    ledger = ledger_of(f"{family.cidr} by {length}")

    assert fill(ledger, 2) == expected


def test_9_gauges() -> None:
    """TestCidrSetMetrics: usage, allocations and releases, here of Nodes that come and go."""
    ledger = ledger_of("10.0.0.0/16 by 24")
    for number in range(1, 257):
        fill(ledger, 1, f"n{number}-")
        figures = usage(ledger)
        assert (figures.used, figures.size, figures.allocations) == (number, 256, number)
        assert figures.releases == 0

    ledger.relist([], 0)
    figures = usage(ledger)
    assert (figures.used, figures.free, figures.allocations, figures.releases) == (0, 256, 256, 256)

    fill(ledger, 256)
    figures = usage(ledger)
    assert (figures.used, figures.free, figures.allocations, figures.releases) == (256, 0, 512, 256)


def test_9_two_families_do_not_disturb_each_other() -> None:
    """TestCidrSetMetricsDual and Test_getMaxCIDRs."""
    ledger = ledger_of("10.0.0.0/16 by 24, 2001:db8::/48 by 64")
    ledger.relist([node("a", "", "10.0.0.0/24")], 0)

    fill(ledger, 3)

    assert [usage(ledger, family=one).size for one in (0, 1)] == [256, 65536]
    assert [usage(ledger, family=one).used for one in (0, 1)] == [4, 3]


def test_9_the_search_tells_how_many_blocks_it_passed() -> None:
    """TestCidrSetMetricsHistogram: a mark does not move the cursor."""
    ledger = ledger_of(
        "10.0.0.0/16 by 24", [node(f"h{i}", "", f"10.0.{i}.0/24") for i in range(128)]
    )
    ledger.observe(node("a"), 0)
    ledger.observe(node("b"), 0)

    assert [one.passed_over for one in ledger.grant(0).granted] == [(128,), (0,)]


@pytest.mark.parametrize(
    "service", ["10.0.255.0/24", "10.1.0.0/24", "10.1.255.0/24", "10.2.0.0/24"]
)
def test_10_no_block_touches_the_service_range(service: str) -> None:
    """TestOccupyServiceCIDR."""
    ledger = ledger_of("10.1.0.0/16 by 24", reserved=service)
    room = ledger.usage(0)[0].room

    blocks = fill(ledger, room)
    ledger.observe(node("surplus"), 0)

    assert waiting(ledger) == ["surplus default"]
    assert len(blocks) == (255 if service.startswith("10.1.") else 256)
    assert not any(parse_cidr(block).overlaps(parse_cidr(service)) for block in blocks)
