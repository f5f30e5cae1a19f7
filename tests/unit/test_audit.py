"""audit_pod_cidrs and pool_usage."""

import pytest

from podroute.ipam.audit import audit_pod_cidrs, pool_usage
from podroute.model.cidr import parse_cidr
from tests.builders import SEED_POOL, node, pool


def found(*claims: str, reserved: str = "") -> list[tuple[str, ...]]:
    nodes = [node(claim.split("=")[0], "", claim.split("=")[1]) for claim in claims]
    findings = audit_pod_cidrs(
        nodes, [SEED_POOL, pool("fd00::/48", 64)], [parse_cidr(one) for one in reserved.split()]
    )
    return [
        (one.fault, one.node, str(one.cidr), one.other or "", str(one.other_cidr or ""))
        for one in findings
    ]


def test_a_sound_cluster_has_no_findings() -> None:
    assert found("a=10.200.0.0/24", "b=10.200.1.0/24", "c=fd00::/64", reserved="10.32.0.0/24") == []


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("10.201.0.0/24", "out of range"),
        ("10.200.0.0/25", "wrong size"),
        ("10.0.0.0/8", "out of range"),
        ("fd00::/63", "wrong size"),
    ],
)
def test_a_pod_cidr_that_is_no_block(claim: str, fault: str) -> None:
    assert found(f"a={claim}") == [(fault, "a", claim, "", "")]


def test_a_pod_cidr_over_a_reserved_range() -> None:
    assert found("a=10.200.0.0/24", "b=10.200.1.0/24", reserved="10.200.1.0/28") == [
        ("reserved", "b", "10.200.1.0/24", "", "")
    ]


def test_duplicates_and_overlaps_name_both_nodes_once() -> None:
    assert found("b=10.200.0.0/24", "a=10.200.0.0/24", "c=10.200.2.0/23", "d=10.200.3.0/24") == [
        ("wrong size", "c", "10.200.2.0/23", "", ""),
        ("duplicate", "b", "10.200.0.0/24", "a", "10.200.0.0/24"),
        ("overlap", "d", "10.200.3.0/24", "c", "10.200.2.0/23"),
    ]


@pytest.mark.parametrize(
    ("claims", "withheld", "used", "free"),
    [
        ("", "", 0, 256),
        ("10.200.0.0/24 10.200.1.0/24", "", 2, 254),
        ("10.200.0.0/24 10.200.0.0/24", "", 1, 255),
        ("10.201.0.0/24", "", 0, 256),
        ("", "10.200.0.0/17", 0, 128),
        ("10.200.0.0/24", "10.200.0.0/17", 1, 128),
        ("10.200.200.0/24", "10.200.0.0/17", 1, 127),
        ("", "10.200.0.0/17 10.200.64.0/18", 0, 128),
        ("", "10.200.64.0/18 10.200.0.0/24", 0, 191),
        ("", "10.200.0.0/24 10.200.2.0/24", 0, 254),
        ("", "10.0.0.0/8", 0, 0),
        ("", "192.0.2.0/24 fd00::/8", 0, 256),
    ],
)
def test_usage_counts_blocks(claims: str, withheld: str, used: int, free: int) -> None:
    nodes = [node(f"n{i}", "", claim) for i, claim in enumerate(claims.split())]

    (usage,) = pool_usage(nodes, [SEED_POOL], [parse_cidr(one) for one in withheld.split()])

    assert (usage.pool, usage.used, usage.free) == (SEED_POOL, used, free)
