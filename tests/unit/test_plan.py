"""propose: one row for each thing that can be true of a destination."""

import pytest

from podroute.model.node import Node, Unreadable
from podroute.model.route import InstalledRoute
from podroute.routing.proposal import propose
from podroute.routing.steps import Adopt, Blocked, Create, Delete, Replace, Step, destination_of
from tests.builders import SEED_RULES, installed, node, roster, route, table

CIDR, HOP, OLD = "10.200.1.0/24", "10.240.0.31", "10.240.0.9"
WISH = node("w", HOP, CIDR)
GONE = node("other", "10.240.0.40", "10.200.40.0/24")
GONE_ROUTE = installed("10.200.40.0/24", "10.240.0.40")


def steps(*seen: Node | Unreadable | InstalledRoute, adopt: bool = False) -> tuple[Step, ...]:
    nodes = [one for one in seen if not isinstance(one, InstalledRoute)]
    routes = [one for one in seen if isinstance(one, InstalledRoute)]
    return propose(roster(*nodes), table(*routes), SEED_RULES, adopt=adopt).steps


def blocked_by(holder: InstalledRoute) -> Blocked:
    wish = route(CIDR, HOP, "w")
    reason = f"{holder.handle} is not ours"
    return Blocked(
        wish.node,
        wish.destination,
        wish.next_hop,
        holder.handle,
        reason,
        "remove that route at the router",
    )


WISHED = route(CIDR, HOP, "w")


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param([], (Create(WISHED),), id="missing -> create"),
        pytest.param([installed(CIDR, HOP)], (), id="right -> leave"),
        pytest.param([installed(CIDR, HOP, "foreign")], (), id="foreign and right -> leave"),
        pytest.param(
            [installed(CIDR, OLD)],
            (Replace(installed(CIDR, OLD), WISHED),),
            id="ours, wrong next hop -> replace",
        ),
        pytest.param(
            [installed(CIDR, kind="blackhole")],
            (Replace(installed(CIDR, kind="blackhole"), WISHED),),
            id="ours, blackhole -> replace",
        ),
        pytest.param(
            [installed(CIDR, HOP, deviation="metric 50, not 0")],
            (Replace(installed(CIDR, HOP, deviation="metric 50, not 0"), WISHED),),
            id="ours, another form -> replace",
        ),
        pytest.param(
            [installed(CIDR, OLD, "foreign")],
            (blocked_by(installed(CIDR, OLD, "foreign")),),
            id="foreign, wrong next hop -> blocked",
        ),
        pytest.param(
            [installed("10.200.0.0/16", OLD), installed(CIDR, HOP)],
            (Delete(installed("10.200.0.0/16", OLD)),),
            id="ours, wider -> delete",
        ),
        pytest.param(
            [installed("10.200.1.0/25", OLD, "foreign"), installed(CIDR, HOP)],
            (),
            id="foreign, narrower -> leave",
        ),
        pytest.param(
            [GONE_ROUTE, installed(CIDR, HOP)], (Delete(GONE_ROUTE),), id="no Node -> delete"
        ),
        pytest.param(
            [installed("10.200.9.0/24", kind="blackhole"), installed(CIDR, HOP)],
            (Delete(installed("10.200.9.0/24", kind="blackhole")),),
            id="blackhole of ours -> delete",
        ),
        pytest.param(
            [installed("10.200.9.0/24", OLD, "foreign"), installed(CIDR, HOP)],
            (),
            id="foreign leftover -> leave",
        ),
    ],
)
def test_one_wish(present: list[InstalledRoute], expected: tuple[Step, ...]) -> None:
    assert steps(WISH, *present) == expected


def test_adoption_takes_over_only_what_is_as_wished() -> None:
    right = installed(CIDR, HOP, "foreign")
    stray = installed("10.200.9.0/24", OLD, "foreign")

    assert steps(WISH, right, stray, adopt=True) == (Adopt(right, WISHED),)
    assert steps(WISH, installed(CIDR, HOP), adopt=True) == ()


def test_a_rejected_claim_is_a_blocked_step_with_its_reason() -> None:
    wide = node("wide", "10.240.0.33", "10.200.0.0/16")

    planned = steps(WISH, wide, installed(CIDR, HOP))

    assert planned == (
        Blocked(
            wide.name,
            wide.pod_cidrs[0],
            wide.internal_ips[0],
            "address plan",
            "10.200.0.0/16 is not one /24 block of 10.200.0.0/16",
            "drain and delete the Node that is wrong, and let it register anew, or correct "
            "podroute's address plan (--cluster-cidr, --node-cidrs)",
        ),
    )


def test_removals_come_last_and_each_half_is_in_order_of_destination() -> None:
    planned = steps(
        node("b", "10.240.0.32", "10.200.2.0/24"),
        node("a", "fd00:10:240::31", "fd00:10:200::/64"),
        node("d", "10.240.0.34", "10.200.0.0/15"),
        WISH,
        installed("fd00:10:200:9::/64", "fd00:10:240::9"),
        installed("10.200.0.0/24", OLD),
        installed(CIDR, OLD),
    )

    assert [(type(step).__name__, str(destination_of(step))) for step in planned] == [
        ("Blocked", "10.200.0.0/15"),
        ("Replace", "10.200.1.0/24"),
        ("Create", "10.200.2.0/24"),
        ("Create", "fd00:10:200::/64"),
        ("Delete", "10.200.0.0/24"),
        ("Delete", "fd00:10:200:9::/64"),
    ]


def test_an_adopted_route_takes_its_place_in_the_order() -> None:
    planned = steps(
        WISH,
        node("a", "10.240.0.30", "10.200.0.0/24"),
        node("b", "10.240.0.32", "10.200.2.0/24"),
        installed(CIDR, HOP, "foreign"),
        adopt=True,
    )

    assert [type(step).__name__ for step in planned] == ["Create", "Adopt", "Create"]


def test_nothing_is_adopted_and_nothing_confirmed_unasked() -> None:
    seen = roster(node("anchor", "10.240.0.44", "10.200.44.0/24"))
    present = table(
        installed("10.200.44.0/24", "10.240.0.44", "foreign"),
        *(installed(f"10.200.{i}.0/24", OLD) for i in range(5)),
    )

    asked = propose(seen, present, SEED_RULES)
    given = propose(seen, present, SEED_RULES, confirmed=asked.verdict.confirmation)

    assert not any(isinstance(step, Adopt) for step in asked.steps)
    assert len(asked.verdict.held) == 5
    assert len(given.verdict.allowed) == 5
