"""Nodes that claim what they please: a kubelet may create its own Node with any podCIDR."""

from dataclasses import replace

import pytest

from podroute.ipam.audit import Finding
from podroute.kube.nodes import Metadata, NodeObject, Spec, parse_node
from podroute.model.node import Node, NodeName, NodeUid, Unreadable
from tests.builders import node, unreadable
from tests.unit.ledgers import fill, given, land, ledger_of, one_pool, plan, told, usage, waiting

CLUSTER = "10.200.0.0/21 by 24, fd00:10:200::/61 by 64"
VICTIM = node("victim", "", "10.200.1.0/24", "fd00:10:200:1::/64")

CLAIMS = {
    "H1": ["10.200.0.0/21"],
    "H2": ["0.0.0.0/0"],
    "H3": ["::/0"],
    "H4": ["10.200.1.0/24"],
    "H5": ["10.200.1.0/25"],
    "H6": ["10.200.0.0/23"],
    "H7": ["10.32.0.0/24"],
    "H8": ["10.240.0.0/24"],
    "H9": ["10.240.0.30/32"],
    "H11": ["169.254.169.254/32"],
    "H12": ["127.0.0.0/8"],
    "H13": ["224.0.0.0/4"],
    "H14": ["192.168.0.0/24"],
    "H15": ["fd00:10:200:7::/64"],
    "H16": ["10.200.1.0/24", "10.200.1.0/24"],
    "H17": ["10.200.5.7/24"],
    "H18": ["::ffff:10.200.1.0/120"],
    "H28, two at once": ["10.200.6.0/24", "fd00:10:200:6::/64"],
    "/22 and ::/1": ["10.200.0.0/22", "::/1"],
}
HOSTILE = [pytest.param(claims, id=name) for name, claims in CLAIMS.items()]


def evil(*claims: str) -> Node | Unreadable:
    """As the API server shows it."""
    return parse_node(NodeObject(Metadata("evil", "uid-evil"), Spec(claims[0], list(claims))))


@pytest.mark.parametrize("claims", HOSTILE)
def test_it_uses_up_one_block_of_a_family_at_most_and_stops_nobody(claims: list[str]) -> None:
    ledger = ledger_of(CLUSTER, [VICTIM, evil(*claims)])

    blocks = fill(ledger, 6)

    assert len(set(blocks)) == 12
    assert not {"10.200.1.0/24", "fd00:10:200:1::/64"} & set(blocks)


@pytest.mark.parametrize("claims", HOSTILE)
def test_it_can_free_nothing_but_its_own(claims: list[str]) -> None:
    ledger = ledger_of(CLUSTER, [VICTIM])
    before = ledger.usage(0)[0].room
    ledger.observe(evil(*claims), 0)
    ledger.gone(NodeUid("uid-evil"), 0)

    blocks = fill(ledger, before)
    ledger.observe(node("surplus"), 0)

    assert not {"10.200.1.0/24", "fd00:10:200:1::/64"} & set(blocks)
    assert waiting(ledger) == ["surplus default"]


VICTIMS = "victim 10.200.1.0/24"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("10.200.0.0/21", ["wrong size: evil {}", "overlap: {v}, evil {}"]),
        ("0.0.0.0/0", ["reserved: evil {}", "out of range: evil {}", "overlap: {v}, evil {}"]),
        ("10.200.1.0/24", ["duplicate: {v}, evil {}"]),
        ("10.200.1.0/25", ["wrong size: evil {}", "overlap: evil {}, {v}"]),
        ("10.200.0.0/23", ["wrong size: evil {}", "overlap: {v}, evil {}"]),
        ("10.32.0.0/24", ["reserved: evil {}", "out of range: evil {}"]),
        ("192.168.0.0/24", ["out of range: evil {}"]),
        ("fd00:10:200:6::/64", []),
    ],
)
def test_it_is_told(claim: str, expected: list[str]) -> None:
    ledger = ledger_of(CLUSTER, [VICTIM], reserved="10.32.0.0/24")

    facts = told(ledger.observe(evil(claim), 0))

    assert facts == [
        f"foreign at birth: evil {claim}",
        *(one.format(claim, v=VICTIMS) for one in expected),
    ]
    assert set(facts[1:]) <= set(told(ledger.findings()))


def test_what_it_touches_is_given_last() -> None:
    """It may be the remains of an old mask."""
    ledger = ledger_of("10.200.0.0/21 by 24", [evil("10.200.0.0/22")])

    assert fill(ledger, 8) == [f"10.200.{i}.0/24" for i in (4, 5, 6, 7, 0, 1, 2, 3)]


def test_what_several_touch_is_given_last() -> None:
    wide = [
        node("w", "", "10.200.0.0/23"),
        node("x", "", "10.200.0.0/22"),
        node("y", "", "0.0.0.0/1"),
    ]
    ledger = ledger_of("10.200.0.0/21 by 24", wide)
    ledger.gone(NodeUid("uid-x"), 0)

    assert fill(ledger, 8) == [f"10.200.{i}.0/24" for i in (2, 3, 4, 5, 6, 7, 0, 1)]


def test_a_claim_over_a_whole_pool_says_nothing_about_its_blocks() -> None:
    ledger = ledger_of("10.200.0.0/22 by 24", [evil("10.200.0.0/22")])
    ledger.gone(NodeUid("uid-evil"), 0)
    ledger.observe(node("half", "", "10.200.0.0/23"), 0)

    assert fill(ledger, 4) == [f"10.200.{i}.0/24" for i in (2, 3, 0, 1)]


def test_among_touched_blocks_too_a_freed_one_is_given_last() -> None:
    halves = [node("w", "", "10.200.0.0/23"), node("x", "", "10.200.2.0/23")]
    ledger = ledger_of("10.200.0.0/22 by 24", halves)
    fill(ledger, 3)
    ledger.gone(NodeUid("uid-n0"), 0)

    assert fill(ledger, 2, "m") == ["10.200.3.0/24", "10.200.0.0/24"]
    ledger.gone(NodeUid("uid-n2"), 0)
    assert fill(ledger, 1, "o") == ["10.200.2.0/24"]
    ledger.gone(NodeUid("uid-m1"), 0)
    assert fill(ledger, 1, "p") == ["10.200.0.0/24"]


def test_an_untouched_block_of_another_pool_comes_before_a_touched_one() -> None:
    pools = one_pool("first", "10.200.0.0/23 by 24"), one_pool("second", "10.201.0.0/22 by 24")
    wide = [node("w", "", "10.200.0.0/23"), node("x", "", "10.201.0.0/23")]
    ledger = ledger_of(plan(*pools), wide)

    assert fill(ledger, 6) == [
        "10.200.0.0/24",
        "10.200.1.0/24",
        "10.201.2.0/24",
        "10.201.3.0/24",
        "10.201.0.0/24",
        "10.201.1.0/24",
    ]


def test_one_family_that_is_touched_is_enough_for_another_pool_to_come_first() -> None:
    pools = (
        one_pool("first", "10.200.0.0/24 by 24", "fd00::/62 by 64"),
        one_pool("second", "10.201.0.0/23 by 24", "fd01::/62 by 64"),
    )
    wide = node("w", "", "fd00::/63")
    ledger = ledger_of(plan(*pools), [wide, node("h", "", "fd00:0:0:2::/64", "fd00:0:0:3::/64")])

    assert fill(ledger, 1) == ["10.201.0.0/24", "fd01::/64"]
    assert ledger.usage(0)[0].room == 1


def test_the_victim_and_the_thief_hold_one_block_until_both_are_gone() -> None:
    """H4 and H5."""
    for claim in ("10.200.1.0/24", "10.200.1.0/25"):
        ledger = ledger_of("10.200.0.0/22 by 24", [node("victim", "", "10.200.1.0/24")])
        ledger.observe(evil(claim), 0)

        assert ledger.gone(NodeUid("uid-victim"), 0) == ()
        assert usage(ledger).used == 1
        assert told(ledger.gone(NodeUid("uid-evil"), 0)) == [f"freed: evil {claim}"]
        assert usage(ledger).used == 0


def test_29_a_node_that_flips_its_addresses_ten_times_a_second() -> None:
    ledger = ledger_of(CLUSTER)
    served = land(ledger, node("a"))
    before = ledger.usage(0)

    for number in range(100):
        shown = node("a", f"10.240.0.{number % 2}")
        assert ledger.observe(replace(served, internal_ips=shown.internal_ips), number / 10) == ()
        spoilt = Unreadable("a", "bad address", (), served.pod_cidrs, served.uid)
        assert ledger.observe(spoilt, number / 10) == ()

    assert ledger.usage(10) == before


def test_30_a_finalizer_that_never_goes() -> None:
    ledger = ledger_of("10.200.0.0/24 by 24")
    served = land(ledger, node("a"))
    for _ in range(3):
        ledger.observe(replace(served, deleting=True), 1e6)

    ledger.observe(node("b"), 1e6)
    assert waiting(ledger, 1e6) == ["b default"]


def test_31_names_that_mean_something_elsewhere() -> None:
    names = ["true", "null", "0x10", "10.0.0.1", "n" * 253, "n" * 63 + "a", "n" * 63 + "b"]
    ledger = ledger_of("10.200.0.0/16 by 24", [node(name) for name in names])

    assert sorted(line.split()[0] for line in given(ledger)) == sorted(names)


def test_32_500_nodes_that_claim_whatever() -> None:
    claims = ["10.200.0.0/16", "10.200.0.0/25", "10.200.128.0/17", "0.0.0.0/0", "10.200.0.0/24"]
    horde = [node(f"evil{i:03}", "", claims[i % len(claims)]) for i in range(500)]
    ledger = ledger_of("10.200.0.0/16 by 24", horde)

    assert len(set(fill(ledger, 255))) == 255
    assert ledger.findings()
    for one in horde:
        assert not any(isinstance(fact, Finding) for fact in ledger.gone(one.uid, 0))
    assert usage(ledger).used == 255


def test_a_node_with_two_of_a_family_holds_what_it_shows() -> None:
    """The API server refuses it; from a file it may come."""
    ledger = ledger_of(
        "10.200.0.0/22 by 24", [unreadable("a", "", "10.200.0.0/24", "10.200.2.0/24")]
    )

    assert fill(ledger, 2) == ["10.200.1.0/24", "10.200.3.0/24"]


def test_an_unreadable_node_gets_nothing() -> None:
    ledger = ledger_of("10.200.0.0/22 by 24", [Unreadable("a", "spoilt", uid=NodeUid("uid-a"))])
    assert ledger.grant(0).granted == ()
    assert waiting(ledger) == []

    ledger.observe(node("a"), 0)
    assert given(ledger) == ["a 10.200.0.0/24"]


def test_a_node_that_becomes_unreadable_while_it_waits() -> None:
    ledger = ledger_of("10.200.0.0/24 by 24", [node("a"), node("b")])
    ledger.grant(0)

    ledger.observe(Unreadable("b", "spoilt", uid=NodeUid("uid-b")), 0)

    assert waiting(ledger) == []


def test_labels_of_a_node_that_cannot_be_read_stay_what_they_were() -> None:
    pool = replace(one_pool("p", "10.200.0.0/20 by 24"), align_by="rack", align_blocks=4)
    ledger = ledger_of(plan(pool))
    served = land(ledger, Node(NodeName("a"), (), (), NodeUid("uid-a"), labels=(("rack", "1"),)))
    ledger.observe(Unreadable("a", "spoilt", (), served.pod_cidrs, served.uid), 0)

    neighbour = Node(NodeName("b"), (), (), NodeUid("uid-b"), labels=(("rack", "1"),))

    assert [str(one) for one in land(ledger, neighbour).pod_cidrs] == ["10.200.1.0/24"]
