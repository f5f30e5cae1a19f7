"""Laws of what is told about Nodes on the same addresses, over any claims."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import combinations, permutations

from hypothesis import given
from hypothesis import strategies as st

from podroute.ipam.audit import CROWD, Claim, Finding, place
from podroute.ipam.claimants import Claimants
from podroute.ipam.conflicts import Conflicts, nested
from podroute.ipam.facts import Fact
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.model.cidr import Cidr, contains, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid
from tests.builders import pool

V4, V6 = pool("10.200.0.0/20", 24), pool("fd00:10:200::/60", 64)
PLANS = st.sampled_from(
    [
        AddressPlan((Pool("p", (V4, V6)),)),
        AddressPlan((Pool("p", (V4,)), Pool("old", (pool("10.200.0.0/20", 22),), draining=True))),
    ]
)
SMALL = [
    *(f"10.200.{number}.0/24" for number in range(4)),
    *("10.200.1.0/25", "10.200.1.128/25", "10.200.1.0/26", "10.200.0.0/23", "10.200.0.0/22"),
    *(
        "10.200.1.0/31",
        "10.200.1.0/32",
        "10.200.0.0/20",
        "10.200.0.0/16",
        "0.0.0.0/0",
        "192.168.0.0/16",
        "192.168.1.0/24",
    ),
    *("fd00:10:200:1::/64", "fd00:10:200:1:8000::/65", "fd00:10:200::/60", "::/0"),
]
MANY = [f"10.200.{number}.0/24" for number in range(CROWD + 2)]


def claims_of(choices: Sequence[str], size: int, nodes: int) -> st.SearchStrategy[list[Claim]]:
    pairs = st.tuples(st.integers(0, nodes), st.sampled_from(choices))
    return st.lists(pairs, unique=True, max_size=size).map(
        lambda pairs: [
            Claim(NodeName(f"n{node}"), NodeUid(f"uid-{node}"), parse_cidr(cidr))
            for node, cidr in pairs
        ]
    )


FEW = claims_of(SMALL, 14, 8)
CLAIMS = FEW | st.tuples(FEW, claims_of(MANY, 30, 40)).map(
    lambda both: list(dict.fromkeys((*both[0], *both[1])))
)


def nodes_of(claims: Iterable[Claim]) -> list[Node]:
    nodes: dict[NodeUid, Node] = {}
    for claim in claims:
        node = nodes.get(claim.uid, Node(claim.node, (), (), claim.uid))
        nodes[claim.uid] = replace(node, pod_cidrs=(*node.pod_cidrs, claim.cidr))
    return list(nodes.values())


def told_in_a_list(plan: AddressPlan, claims: Iterable[Claim]) -> tuple[Finding, ...]:
    ledger = Ledger(plan)
    ledger.relist(nodes_of(claims), 0)
    return ledger.findings()


def with_another(findings: Iterable[Fact]) -> list[Finding]:
    return [one for one in findings if isinstance(one, Finding) and one.other]


def is_in_a_block(cidr: Cidr, plan: AddressPlan) -> bool:
    return any(
        contains(family.cidr, cidr) and cidr.prefixlen >= family.block_prefix
        for one in plan.pools
        for family in one.families
    )


def others_inside(claim: Claim, claims: Collection[Claim]) -> list[Claim]:
    return [
        one
        for one in sorted(claims, key=place)
        if one.uid != claim.uid and one.cidr != claim.cidr and contains(claim.cidr, one.cidr)
    ]


@given(CLAIMS, PLANS)
def test_equal_claims_are_duplicates_whatever_lies_around(
    claims: list[Claim], plan: AddressPlan
) -> None:
    findings = told_in_a_list(plan, claims)
    duplicates = {claim for one in findings if one.fault == "duplicate" for claim in one.concerns()}

    for one, other in combinations(claims, 2):
        if one.cidr == other.cidr:
            assert {one, other} <= duplicates


@given(CLAIMS, PLANS)
def test_what_overlaps_in_a_block_is_told_whatever_lies_around(
    claims: list[Claim], plan: AddressPlan
) -> None:
    findings = with_another(told_in_a_list(plan, claims))
    narrower = {one.claim for one in findings if not one.more}

    for wide, narrow in permutations(claims, 2):
        if narrow in others_inside(wide, claims) and is_in_a_block(wide.cidr, plan):
            assert narrow in narrower


@given(CLAIMS, PLANS)
def test_a_loose_claim_is_told_with_a_few_and_alone_with_many(
    claims: list[Claim], plan: AddressPlan
) -> None:
    findings = with_another(told_in_a_list(plan, claims))
    firm = {claim for claim in claims if is_in_a_block(claim.cidr, plan)}

    for claim in claims:
        inside = others_inside(claim, claims)
        crowds = [one for one in findings if one.claim == claim and one.more]
        if claim in firm or len(inside) <= CROWD:
            assert crowds == []
        else:
            assert crowds == [Finding("overlap", claim, inside[0], len(inside) - 1)]
            assert not any(
                one.other == claim and one.fault == "overlap" and not one.more for one in findings
            )


@given(CLAIMS, PLANS)
def test_every_finding_with_another_is_true_and_there_are_two_for_a_claim_at_most(
    claims: list[Claim], plan: AddressPlan
) -> None:
    findings = with_another(told_in_a_list(plan, claims))

    assert max(Counter(one.claim for one in findings).values(), default=0) <= 2
    assert len(set(findings)) == len(findings)
    for one in findings:
        assert one.other is not None
        assert one.claim.uid != one.other.uid
        assert (one.claim.cidr == one.other.cidr) == (one.fault == "duplicate")
        outer, inner = (one.claim, one.other) if one.more else (one.other, one.claim)
        assert contains(outer.cidr, inner.cidr)


@given(CLAIMS, PLANS)
def test_what_one_node_is_told_is_what_a_list_says_of_it(
    claims: list[Claim], plan: AddressPlan
) -> None:
    """Of any one that joins the others."""
    nodes = nodes_of(claims)
    whole = told_in_a_list(plan, claims)

    for node in nodes:
        ledger = Ledger(plan)
        ledger.relist([one for one in nodes if one is not node], 0)
        facts = ledger.observe(node, 0)

        expected = [one for one in whole if node.uid in {claim.uid for claim in one.concerns()}]
        told = [one for one in facts if isinstance(one, Finding)]
        assert Counter(told) == Counter(expected)


@given(CLAIMS, PLANS, st.sampled_from(["0.0.0.0/0", "::/0"]), st.sampled_from(["evil", "zzz"]))
def test_one_more_that_claims_everything_changes_little_for_the_others(
    claims: list[Claim], plan: AddressPlan, everything: str, name: str
) -> None:
    before = [claim for claim in claims if claim.cidr.prefixlen]
    evil = Claim(NodeName(name), NodeUid("uid-evil"), parse_cidr(everything))

    changed = Counter(told_in_a_list(plan, [*before, evil]))
    former = Counter(told_in_a_list(plan, before))

    assert not former - changed
    assert sum(1 for one in changed - former if one.claim != evil) <= CROWD
    assert not any(one.other == evil for one in former)


@given(CLAIMS)
def test_the_nearest_around_is_the_same_in_a_sweep_and_for_one(claims: list[Claim]) -> None:
    claimants = Claimants()
    for claim in claims:
        claimants.add(claim)
    for claim in claims[::3]:
        claimants.remove(claim)
    left = sorted(
        (claim for number, claim in enumerate(claims) if number % 3),
        key=place,
    )

    assert list(claimants) == left
    assert list(nested(left)) == [
        (claim, claimants.equals(claim)[0], claimants.around(claim)) for claim in left
    ]
    for claim in left:
        others = [one for one in left if one.uid != claim.uid]
        around = [one for one in others if claim in others_inside(one, left)]
        inside = others_inside(claim, left)
        equal = [one for one in left if one.cidr == claim.cidr]
        number = equal.index(claim)
        neighbours = [None, *equal, None]
        assert claimants.equals(claim) == (neighbours[number], neighbours[number + 2])
        nearest = max(around, key=lambda one: one.cidr.prefixlen, default=None)
        assert claimants.around(claim) == nearest
        assert list(claimants.inside(claim)) == inside
        assert claimants.count_inside(claim) == len(inside)
        assert claimants.is_shared(claim) == bool(inside or len(equal) > 1)


@given(CLAIMS, st.sets(st.integers(0, 128)))
def test_a_sweep_says_what_is_said_of_each(claims: list[Claim], loose: set[int]) -> None:
    claimants = Claimants()
    for claim in claims:
        claimants.add(claim)
    conflicts = Conflicts(claimants, lambda claim: claim.cidr.prefixlen in loose)
    whole = list(conflicts.all())

    for claim in claims:
        expected = [one for one in whole if claim in one.concerns()]
        assert Counter(conflicts.of(claim)) == Counter(expected)
