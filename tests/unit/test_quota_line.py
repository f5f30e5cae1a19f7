"""What a plan says about the router's room."""

import pytest

from podroute.cli.show import quota_document, quota_line
from podroute.model.node import Roster
from podroute.model.route import Quota, RouteTable
from podroute.routing.proposal import Proposal, propose
from tests.builders import installed, node, rules

MOVED = [installed(f"10.200.{n}.0/24", f"10.240.0.{9 + n}") for n in range(2)]
NODES = [node(f"n{n}", f"10.240.0.{30 + n}", f"10.200.{n}.0/24") for n in range(2)]
GAP = (
    " It is full: where a route is replaced (2) the old one goes first, and for a moment there is "
    "none; raise the quota to avoid that."
)


def proposal(quota: Quota) -> Proposal:
    return propose(Roster.of(NODES), RouteTable(tuple(MOVED), quota=quota), rules())


@pytest.mark.parametrize(
    ("quota", "text"),
    [
        (Quota(2, 9, spare=1), "Quota: 2 of 9, then 2."),
        (Quota(2, 2, spare=1), f"Quota: 2 of 2, then 2.{GAP}"),
        (Quota(2, 2), "Quota: 2 of 2, then 2."),
        (Quota.by_version(2, 1, 9), "Quota: IPv4 2 of 9, then 2; IPv6 1 of 9, then 1."),
    ],
)
def test_used_limit_and_whether_replacements_leave_a_gap(quota: Quota, text: str) -> None:
    assert quota_line(proposal(quota), quota) == text


def test_the_same_for_programs() -> None:
    full = Quota(2, 2, spare=1)

    document = quota_document(proposal(full), full)

    assert document == {"limit": 2, "used": 2, "usedAfter": 2, "gaps": 2, "byVersion": None}
    assert quota_document(proposal(full), None) is None
