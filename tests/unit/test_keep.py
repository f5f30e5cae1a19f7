"""kept_routes: what a living Node keeps, whatever becomes of its claim; one row for each mishap."""

import pytest

from podroute.claims.judge import judge_claims
from podroute.model.node import Node, NodeName, Unreadable
from podroute.model.route import InstalledRoute, Kind, RouteTable
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked, Create, Delete, Replace, Step, destination_of
from tests.builders import SEED_RULES, installed, node, roster, route, rules, table, unreadable

CIDR, HOP, OLD = "10.200.1.0/24", "10.240.0.31", "10.240.0.9"
WISH = node("w", HOP, CIDR)
A = node("a", "10.240.0.30", "10.200.0.0/24", created="2026-01-01T00:00:00Z")


def steps(*seen: Node | Unreadable | InstalledRoute) -> tuple[Step, ...]:
    nodes = [one for one in seen if not isinstance(one, InstalledRoute)]
    routes = [one for one in seen if isinstance(one, InstalledRoute)]
    return propose(roster(*nodes), table(*routes), SEED_RULES).steps


@pytest.mark.parametrize(
    ("living", "kept"),
    [
        pytest.param(node("n", "10.240.0.50", CIDR), False, id="moved to another address"),
        pytest.param(node("n", "", CIDR), True, id="lost its address"),
        pytest.param(node("n", "fd00:10:240::9", CIDR), True, id="lost its address of this family"),
        pytest.param(node("n", OLD), True, id="lost its podCIDR"),
        pytest.param(node("n", OLD, "10.200.3.0/24"), False, id="has another podCIDR"),
        pytest.param(node("n", ""), False, id="has neither"),
        pytest.param(unreadable("n", "", CIDR), True, id="unreadable, but it names the block"),
        pytest.param(unreadable("n", OLD), True, id="unreadable, but it names the address"),
        pytest.param(unreadable("n", OLD, "10.200.3.0/24"), False, id="unreadable, another block"),
        pytest.param(node("n", "10.240.0.50"), False, id="no podCIDR, another address"),
        pytest.param(unreadable("n", "10.240.0.50", CIDR), True, id="unreadable, it has moved"),
    ],
)
def test_a_route_stays_while_its_node_exists(living: Node | Unreadable, *, kept: bool) -> None:
    present = installed(CIDR, OLD)
    anchor = node("anchor", "10.240.0.44", "10.200.44.0/24")

    planned = steps(living, anchor, present, installed("10.200.44.0/24", "10.240.0.44"))
    touched = [s for s in planned if isinstance(s, Delete | Replace) and s.installed == present]

    assert (touched == []) is kept


def test_a_node_without_a_pod_cidr_keeps_the_routes_of_one_address_in_each_family() -> None:
    """Those of its first address that has any: whatever it shows beside that is not its own."""
    bare = node("n", "10.240.0.50 10.240.0.9 10.240.0.8 fd00:10:240::9 10.240.0.7 fd00:10:240::8")
    seen = [
        installed("10.200.7.0/24", "10.240.0.7"),
        installed("10.200.8.0/24", "10.240.0.8"),
        installed(CIDR, OLD),
        installed("fd00:10:200:8::/64", "fd00:10:240::8"),
        installed("fd00:10:200:9::/64", "fd00:10:240::9"),
    ]
    anchor = node("anchor", "10.240.0.44", "10.200.44.0/24")

    planned = steps(bare, anchor, *seen, installed("10.200.44.0/24", "10.240.0.44"))

    assert [s.installed for s in planned if isinstance(s, Delete)] == [seen[0], seen[1], seen[3]]


def test_a_route_stays_when_a_rule_turns_against_its_next_hop() -> None:
    strict = propose(
        roster(node("n", OLD, CIDR)),
        table(installed(CIDR, OLD)),
        type(SEED_RULES)(SEED_RULES.pools, (), node("x", "", "10.9.0.0/24").pod_cidrs),
    )

    assert [type(step) for step in strict.steps] == [Blocked]


def test_a_route_to_a_special_range_does_not_stay() -> None:
    bad = installed("0.0.0.0/0", OLD)

    assert Delete(bad) in steps(node("n", OLD, "0.0.0.0/0"), bad)


@pytest.mark.parametrize("kind", ["blackhole", "link", "multipath"])
def test_whatever_kind_of_route_stays_with_the_node_that_names_its_block(kind: Kind) -> None:
    present = installed(CIDR, kind=kind)

    assert [type(step) for step in steps(node("n", "", CIDR), present)] == [Blocked]
    assert steps(node("n", "10.240.0.50"), present) == (Delete(present),)


def test_of_two_routes_none_goes_before_one_is_wished() -> None:
    """A replacement that was cut short: which half works is not known."""
    both = [installed(CIDR, OLD), installed(CIDR, HOP, preference=50)]

    assert [type(step) for step in steps(node("n", "", CIDR), *both)] == [Blocked]
    assert steps(node("n", HOP, CIDR), *both) == (Delete(both[0], NodeName("n")),)


def test_what_is_found_behind_a_kept_route_is_still_planned() -> None:
    bare = node("n", "", CIDR)
    stale = installed("10.200.9.0/24", "10.240.0.77")
    blackhole = installed("10.200.0.0/24", kind="blackhole")

    planned = steps(bare, blackhole, installed(CIDR, OLD), stale)

    assert [step for step in planned if isinstance(step, Delete)] == [
        Delete(blackhole),
        Delete(stale),
    ]


ELDER = node("elder", "10.240.0.40", "10.200.40.0/24", created="2020-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        pytest.param("", "n shows no IPv4 InternalIP", id="none"),
        pytest.param(
            "10.200.9.9",
            "10.200.9.9 is inside the cluster CIDR: it belongs to a Pod",
            id="a Pod's",
        ),
        pytest.param(
            "127.0.0.1",
            "127.0.0.1 is in a range for special purposes: no Node can have it",
            id="loopback",
        ),
        pytest.param("10.240.0.1", "10.240.0.1 is the router's own address", id="the router's"),
        pytest.param(
            "10.240.0.255",
            "10.240.0.255 is the first or last address of a network: no Node can have it",
            id="broadcast",
        ),
        pytest.param(
            "10.240.9.9",
            "10.240.9.9 is not on a link of the router that is up",
            id="behind a gateway",
        ),
        pytest.param(
            "192.168.0.9",
            "192.168.0.9 is outside the node CIDRs 10.240.0.0/16",
            id="outside the node CIDRs",
        ),
        pytest.param("10.240.0.40", "10.240.0.40 is the InternalIP of elder", id="another Node's"),
    ],
)
def test_a_refused_address_costs_a_node_nothing(shown: str, reason: str) -> None:
    """Neither what it has installed, nor the Pods behind it."""
    present = (installed(CIDR, OLD), installed("10.200.40.0/24", "10.240.0.40"))
    strict = rules(*SEED_RULES.pools, node_cidrs="10.240.0.0/16")
    seen = table(*present, on_link="10.240.0.0/24", own="10.240.0.1")

    moved = propose(roster(node("n", shown, CIDR), ELDER), seen, strict)

    assert [(type(one), one.reason) for one in moved.steps if isinstance(one, Blocked)] == [
        (Blocked, reason)
    ]
    assert len(moved.steps) == 1


def test_a_usable_address_beside_refused_ones_replaces_the_route() -> None:
    moved = node("n", f"127.0.0.1 10.240.0.40 {HOP}", CIDR)

    assert steps(
        moved, ELDER, installed(CIDR, OLD), installed("10.200.40.0/24", "10.240.0.40")
    ) == (Replace(installed(CIDR, OLD), route(CIDR, HOP, "n")),)


def test_who_claims_a_nodes_new_address_first_cannot_take_its_route_away() -> None:
    hostile = node("hostile", HOP, "10.200.66.0/24", created="2020-01-01T00:00:00Z")

    planned = steps(WISH, hostile, installed(CIDR, OLD))

    assert [(type(step), destination_of(step)) for step in planned] == [
        (Blocked, WISH.pod_cidrs[0]),
        (Create, hostile.pod_cidrs[0]),
    ]


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(table(installed(CIDR, HOP), own="10.200.1.7"), id="its own address"),
        pytest.param(table(installed(CIDR, HOP), own=HOP), id="the Node's address is its own"),
        pytest.param(
            table(installed(CIDR, HOP), on_link="10.200.1.128/25 10.240.0.0/24"), id="a network"
        ),
        pytest.param(
            table(installed(CIDR, HOP, deviation="metric 50, not 0"), own="10.200.1.7"),
            id="its own address under a route in another form",
        ),
    ],
)
def test_a_route_over_what_is_the_routers_is_blocked_and_stays(seen: RouteTable) -> None:
    assert [type(step) for step in propose(roster(WISH), seen, SEED_RULES).steps] == [Blocked]


@pytest.mark.parametrize(
    "owner",
    [
        pytest.param(node("owner", "", "10.200.1.0/24"), id="it shows no address"),
        pytest.param(node("owner", "fd00:10:240::9", "10.200.1.0/24"), id="none of this family"),
        pytest.param(node("owner", "10.200.9.9 10.240.0.31", "10.200.1.0/24"), id="it is whole"),
        pytest.param(unreadable("owner", "", "10.200.1.0/24"), id="its address is unreadable"),
        pytest.param(node("owner", "127.0.0.1", "10.200.1.0/24"), id="its address is refused"),
        pytest.param(
            node("owner", "10.240.0.32", "10.200.1.0/24"), id="it shows the claimant's address"
        ),
    ],
)
@pytest.mark.parametrize("claim", ["10.200.1.0/24", "10.200.1.128/25"])
def test_a_living_nodes_block_is_not_handed_on_when_its_address_vanishes(
    owner: Node | Unreadable, claim: str
) -> None:
    """F14: the installed route stays, and the claimant is told whose it is."""
    present = table(installed("10.200.1.0/24", "10.240.0.31"))
    thief = node("thief", "10.240.0.32", claim, created="2020-01-01T00:00:00Z")

    judged = judge_claims(roster(owner, thief), present, rules())

    assert [one.node for one in judged.believed if one.node == "thief"] == []
    assert [(one.holder, one.reason) for one in judged.rejected if one.node == "thief"] == [
        ("owner", f"{claim} overlaps 10.200.1.0/24 of owner")
    ]


@pytest.mark.parametrize(
    "bystander",
    [
        pytest.param(node("bystander", "10.240.0.31"), id="it shows the address only"),
        pytest.param(node("bystander", "10.240.0.40", "10.200.1.0/24"), id="it has moved"),
    ],
)
def test_who_no_longer_stands_behind_a_route_guards_nothing(bystander: Node) -> None:
    present = table(installed("10.200.1.0/24", "10.240.0.31"))
    heir = node("heir", "10.240.0.32", "10.200.1.0/24", created="2020-01-01T00:00:00Z")

    judged = judge_claims(roster(bystander, heir), present, SEED_RULES)

    assert [one.node for one in judged.believed] == ["heir"]


def test_a_broken_claim_does_not_unseat_an_incumbent() -> None:
    """Not even where its own, wider route is installed too."""
    broken = node("broken", "127.0.0.1", "10.200.0.0/23", created="2020-01-01T00:00:00Z")
    present = table(
        installed("10.200.0.0/24", "10.240.0.30"), installed("10.200.0.0/23", "10.9.9.9")
    )

    judged = judge_claims(roster(broken, A), present, rules())

    assert [one.node for one in judged.believed] == ["a"]
    assert [one.node for one in judged.rejected] == ["broken"]
    assert [(str(one.installed.destination), one.node) for one in judged.kept] == [
        ("10.200.0.0/23", "broken")
    ]


def test_a_route_is_kept_for_its_owner_and_not_for_who_lost_against_it() -> None:
    present = table(installed("10.200.1.0/24", "10.240.0.9"))
    claimants = node("a-thief", "10.240.0.32", "10.200.1.0/24"), node("owner", "", "10.200.1.0/24")

    judged = judge_claims(roster(*claimants), present, SEED_RULES)

    assert [(one.node, one.holder) for one in judged.rejected] == [
        ("owner", "address plan"),
        ("a-thief", "owner"),
    ]
    assert [one.node for one in judged.kept] == ["owner"]


def test_kept_routes_come_by_destination_the_one_in_use_first() -> None:
    kept = [
        installed("10.200.0.0/24", "10.240.0.9"),
        installed("10.200.1.0/24", "10.240.0.9", preference=1),
        installed("10.200.1.0/24", "10.240.0.8", preference=5),
    ]
    bare = node("n", "", "10.200.0.0/24", "10.200.1.0/24")

    judged = judge_claims(roster(bare), table(*reversed(kept)), SEED_RULES)

    assert [one.installed for one in judged.kept] == kept


def test_the_first_of_several_broken_claimants_holds_the_block() -> None:
    blocks = ("10.200.1.0/24", "10.200.2.0/24")
    present = table(*(installed(block, "10.240.0.9") for block in blocks))
    old = node("z-old", "", "10.200.1.0/24", created="2026-01-01T00:00:00Z")
    young = node("a-young", "", "10.200.1.0/24", created="2026-01-02T00:00:00Z")
    spoilt = [unreadable(name, "", "10.200.2.0/24") for name in ("u2", "u1")]
    thief = node("thief", "10.240.0.39", *blocks)

    judged = judge_claims(roster(young, old, thief, *spoilt), present, SEED_RULES)

    assert [one.holder for one in judged.rejected if one.node == "thief"] == ["z-old", "u1"]
