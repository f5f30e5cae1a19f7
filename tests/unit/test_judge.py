"""judge_claims: one row for each thing that can be wrong with a Node's word."""

import pytest

from podroute.claims.judge import judge_claims
from podroute.claims.rules import ClaimRules
from podroute.model.node import Node
from podroute.model.route import InstalledRoute
from tests.builders import SEED_RULES, installed, node, roster, route, rules, table

A = node("a", "10.240.0.30", "10.200.0.0/24", created="2026-01-01T00:00:00Z")
B = node("b", "10.240.0.31", "10.200.1.0/24", created="2026-01-02T00:00:00Z")


def claimant(ips: str, *cidrs: str, created: str = "2026-01-03T00:00:00Z") -> Node:
    return node("z", ips, *cidrs, created=created)


def test_good_claims_become_routes_by_destination() -> None:
    both = node("c", "10.240.0.32 fd00:10:240::32", "10.200.2.0/24", "fd00:10:200:2::/64")

    judged = judge_claims(roster(B, both, A), table(), SEED_RULES)

    assert judged.believed == (
        route("10.200.0.0/24", "10.240.0.30", "a"),
        route("10.200.1.0/24", "10.240.0.31", "b"),
        route("10.200.2.0/24", "10.240.0.32", "c"),
        route("fd00:10:200:2::/64", "fd00:10:240::32", "c"),
    )
    assert judged.rejected == ()
    assert judged.waiting == ()


def test_a_node_without_a_pod_cidr_waits() -> None:
    judged = judge_claims(roster(A, claimant("10.240.0.39")), table(), SEED_RULES)

    assert judged.waiting == ("z",)


def test_the_first_usable_address_is_the_next_hop() -> None:
    several = claimant(
        "127.0.0.1 fd00:10:240::1 10.240.0.30 10.240.0.40 10.240.0.39", "10.200.9.0/24"
    )

    judged = judge_claims(roster(A, several), table(), SEED_RULES)

    assert judged.believed[1] == route("10.200.9.0/24", "10.240.0.40", "z")


def test_an_installed_next_hop_stays_while_the_node_still_shows_it() -> None:
    several = claimant("10.240.0.40 10.240.0.39", "10.200.9.0/24")
    present = table(installed("10.200.9.0/24", "10.240.0.39"))

    judged = judge_claims(roster(several), present, SEED_RULES)

    assert judged.believed == (route("10.200.9.0/24", "10.240.0.39", "z"),)


@pytest.mark.parametrize(
    ("present", "winner"),
    [
        pytest.param([], "a", id="nothing installed: the older keeps it"),
        pytest.param([installed("10.200.0.0/24", "10.240.0.39")], "z", id="the incumbent keeps it"),
        pytest.param(
            [installed("10.200.0.0/24", "10.240.0.39", "foreign")],
            "a",
            id="a foreign route makes no incumbent",
        ),
        pytest.param(
            [
                installed("10.200.0.0/24", "10.240.0.39", preference=50),
                installed("10.200.0.0/24", "10.240.0.30", preference=9),
            ],
            "a",
            id="of two installed the one in use counts",
        ),
        pytest.param(
            [
                installed("10.200.0.0/24", "10.240.0.39", preference=9),
                installed("10.200.0.0/24", "10.240.0.30", preference=50),
            ],
            "z",
            id="in any order",
        ),
    ],
)
def test_one_block_has_one_owner(present: list[InstalledRoute], winner: str) -> None:
    thief = claimant("10.240.0.39", "10.200.0.0/24")
    loser = "z" if winner == "a" else "a"

    judged = judge_claims(roster(A, thief), table(*present), SEED_RULES)

    assert [one.node for one in judged.believed] == [winner]
    assert [(one.node, one.holder, one.reason) for one in judged.rejected] == [
        (loser, winner, f"10.200.0.0/24 overlaps 10.200.0.0/24 of {winner}")
    ]
    assert judged.rejected[0].next_hop in {*A.internal_ips, *thief.internal_ips}


@pytest.mark.parametrize(
    ("present", "winner"),
    [
        pytest.param([], "a", id="nothing installed: the older keeps it"),
        pytest.param([installed("10.200.9.0/24", "10.240.0.30")], "z", id="its route leads there"),
        pytest.param(
            [
                installed("10.200.9.0/24", "10.240.0.30"),
                installed("10.200.0.0/24", "10.240.0.30"),
            ],
            "a",
            id="both routes lead there: the older keeps it",
        ),
        pytest.param(
            [installed("10.200.9.0/24", "10.240.0.77")], "a", id="its route leads elsewhere"
        ),
    ],
)
def test_one_address_has_one_owner(present: list[InstalledRoute], winner: str) -> None:
    double = claimant("10.240.0.30", "10.200.9.0/24")
    loser = "z" if winner == "a" else "a"

    judged = judge_claims(roster(double, A), table(*present), SEED_RULES)

    assert [one.node for one in judged.believed] == [winner]
    assert [(one.node, one.next_hop, one.holder, one.reason) for one in judged.rejected] == [
        (loser, None, winner, f"10.240.0.30 is the InternalIP of {winner}")
    ]


def test_without_a_plan_the_oldest_of_nested_claims_stands() -> None:
    wide = claimant("10.240.0.39", "10.200.0.0/16", created="2026-01-01T12:00:00Z")

    judged = judge_claims(roster(A, wide), table(), rules())

    assert [one.node for one in judged.believed] == ["a"]
    assert [(one.node, one.holder) for one in judged.rejected] == [("z", "a")]


def test_without_a_plan_an_old_wide_claim_keeps_out_what_is_inside() -> None:
    wide = claimant("10.240.0.39", "10.200.0.0/16", created="2025-01-01T00:00:00Z")

    judged = judge_claims(roster(A, B, wide), table(), rules())

    assert [one.node for one in judged.believed] == ["z"]
    assert [(one.node, one.holder, one.reason) for one in judged.rejected] == [
        ("a", "z", "10.200.0.0/24 overlaps 10.200.0.0/16 of z"),
        ("b", "z", "10.200.1.0/24 overlaps 10.200.0.0/16 of z"),
    ]


@pytest.mark.parametrize("where", ["10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24"])
def test_many_claims_in_one_nest_each_meet_their_own_neighbour(where: str) -> None:
    wide = node("w", "10.240.0.9", "10.200.0.0/16", created="2026-06-01T00:00:00Z")
    third = node("c", "10.240.0.32", "10.200.2.0/24", created="2026-01-02T06:00:00Z")
    late = node("late", "10.240.0.8", where, created="2026-07-01T00:00:00Z")
    owner = {"10.200.0.0/24": "a", "10.200.1.0/24": "b", "10.200.2.0/24": "c"}[where]

    judged = judge_claims(roster(wide, late, A, B, third), table(), rules())

    assert [one.node for one in judged.believed] == ["a", "b", "c"]
    assert [(one.node, one.holder) for one in judged.rejected] == [("w", "a"), ("late", owner)]


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(rules(*SEED_RULES.pools, reserved="10.200.0.0/24"), id="now reserved"),
        pytest.param(rules(SEED_RULES.pools[1]), id="now outside the pools"),
    ],
)
def test_an_incumbent_stays_through_a_change_of_the_plan(plan: ClaimRules) -> None:
    present = table(installed("10.200.0.0/24", "10.240.0.30"))

    judged = judge_claims(roster(A), present, plan)

    assert [one.node for one in judged.believed] == ["a"]


def test_an_incumbent_in_a_special_range_does_not_stay() -> None:
    present = table(installed("0.0.0.0/0", "10.240.0.39"))

    judged = judge_claims(roster(claimant("10.240.0.39", "0.0.0.0/0")), present, SEED_RULES)

    assert judged.believed == ()


def test_age_decides_by_creation_then_uid_then_name() -> None:
    young = node("a", "10.240.0.30", "10.200.0.0/24", uid="2", created="2026-02-01T00:00:00Z")
    old = node("b", "10.240.0.31", "10.200.0.0/24", uid="3", created="2026-01-01T00:00:00Z")
    undated = node("c", "10.240.0.32", "10.200.0.0/24", uid="1")

    judged = judge_claims(roster(undated, young, old), table(), SEED_RULES)

    assert [one.node for one in judged.believed] == ["b"]
    assert [one.node for one in judged.rejected] == ["a", "c"]


def test_nodes_of_one_age_are_told_apart_by_uid() -> None:
    one = node("b", "10.240.0.30", "10.200.0.0/24", uid="1")
    two = node("a", "10.240.0.31", "10.200.0.0/24", uid="2")

    assert [r.node for r in judge_claims(roster(two, one), table(), SEED_RULES).believed] == ["b"]


@pytest.mark.parametrize("third", ["1", "3", "5"])
def test_a_claim_inside_one_of_several_wider_ones_meets_that_one(third: str) -> None:
    wides = [
        node(f"w{i}", f"10.240.0.{i}", f"10.200.{i}.0/23", created=f"2026-01-0{i + 1}T00:00:00Z")
        for i in (0, 2, 4)
    ]
    around = node("around", "10.240.0.8", "10.200.0.0/16", created="2026-02-01T00:00:00Z")
    late = node("late", "10.240.0.9", f"10.200.{third}.0/24", created="2026-03-01T00:00:00Z")

    judged = judge_claims(roster(late, around, *wides), table(), rules())

    assert [one.node for one in judged.believed] == ["w0", "w2", "w4"]
    assert judged.rejected[1].holder == f"w{int(third) - 1}"


def test_equal_numbers_of_two_families_are_no_contest() -> None:
    four = node("four", "10.240.0.30", "10.200.0.0/24")
    six = node("six", "fd00::6", "::ac8:0/120")

    judged = judge_claims(roster(four, six), table(), rules())

    assert [one.node for one in judged.believed] == ["four", "six"]


@pytest.mark.parametrize("cidr", ["10.200.0.0/32", "fd00::7/128"])
def test_a_block_of_one_address_has_one_owner_too(cidr: str) -> None:
    ips = ("10.240.0.30 fd00::30", "10.240.0.31 fd00::31")
    nodes = [node(f"n{i}", ip, cidr) for i, ip in enumerate(ips)]

    assert [one.node for one in judge_claims(roster(*nodes), table(), rules()).believed] == ["n0"]
