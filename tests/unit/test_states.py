"""route_states: the word and the reason for each line of the table."""

from dataclasses import replace

import pytest

from podroute.model.node import Node
from podroute.model.route import InstalledRoute
from podroute.routing.proposal import propose
from podroute.routing.states import RouteState, route_states
from tests.builders import SEED_RULES, installed, node, roster, table

CIDR, HOP, OLD = "10.200.1.0/24", "10.240.0.31", "10.240.0.9"
WISH = node("w", HOP, CIDR)


def states(nodes: list[Node], *present: InstalledRoute) -> tuple[RouteState, ...]:
    seen = table(*present)
    return route_states(propose(roster(*nodes), seen, SEED_RULES), seen, SEED_RULES)


@pytest.mark.parametrize(
    ("present", "state", "reason", "owner"),
    [
        (None, "Missing", "no such route is installed", ""),
        (installed(CIDR, HOP), "InSync", "", "ours"),
        (
            installed(CIDR, HOP, "foreign"),
            "InSync",
            "10.200.1.0/24 via 10.240.0.31 foreign 0 is not ours",
            "foreign",
        ),
        (
            installed(CIDR, OLD),
            "WrongNextHop",
            "10.200.1.0/24 via 10.240.0.9 ours 0",
            "ours",
        ),
        (
            installed(CIDR, HOP, deviation="metric 50, not 0"),
            "WrongNextHop",
            "metric 50, not 0",
            "ours",
        ),
        (
            installed(CIDR, kind="blackhole"),
            "Blackhole",
            "10.200.1.0/24 via blackhole ours 0",
            "ours",
        ),
        (
            replace(installed(CIDR, HOP), warning="it does not run"),
            "Blackhole",
            "it does not run",
            "ours",
        ),
        (
            replace(installed(CIDR, HOP, "foreign"), warning="it does not run"),
            "Blackhole",
            "it does not run",
            "foreign",
        ),
        (
            replace(installed(CIDR, OLD), warning="it does not run"),
            "WrongNextHop",
            "10.200.1.0/24 via 10.240.0.9 ours 0",
            "ours",
        ),
        (
            installed(CIDR, OLD, "foreign"),
            "Blocked",
            "10.200.1.0/24 via 10.240.0.9 foreign 0 is not ours",
            "foreign",
        ),
    ],
)
def test_the_state_of_a_wish(
    present: InstalledRoute | None, state: str, reason: str, owner: str
) -> None:
    (line,) = states([WISH], *([present] if present else []))

    assert (line.node, line.destination, line.next_hop) == (
        "w",
        WISH.pod_cidrs[0],
        WISH.internal_ips[0],
    )
    assert (line.state, line.reason, line.owner) == (state, reason, owner)


def test_what_no_node_wishes() -> None:
    stale = installed("10.200.2.0/24", OLD)
    stray = installed("10.200.3.0/24", OLD, "foreign")
    elsewhere = installed("192.0.2.0/24", OLD, "foreign")

    lines = states([WISH], installed(CIDR, HOP), stale, stray, elsewhere)

    assert [
        (str(one.destination), one.node, one.state, one.reason, one.owner) for one in lines
    ] == [
        (CIDR, "w", "InSync", "", "ours"),
        ("10.200.2.0/24", "", "Stale", "no Node needs it", "ours"),
        ("10.200.3.0/24", "", "Foreign", stray.handle, "foreign"),
    ]


def test_a_second_route_of_ours_is_told_as_such() -> None:
    second = installed(CIDR, HOP, preference=50, deviation="metric 50, not 0")

    lines = states([WISH], installed(CIDR, HOP), second)

    assert [(one.node, one.state, one.reason) for one in lines] == [
        ("w", "InSync", ""),
        ("", "Stale", f"another route is enough: {second.handle}"),
    ]


def test_foreign_routes_to_one_destination_have_one_order() -> None:
    one = installed("10.200.3.0/24", OLD, "foreign")
    other = installed("10.200.3.0/24", "10.240.0.8", "foreign", preference=5)

    assert states([], one, other) == states([], other, one)


def test_a_narrower_foreign_route_is_told_with_the_node_it_harms() -> None:
    narrow = installed("10.200.1.128/25", OLD, "foreign")
    wider = installed("10.200.0.0/23", OLD, "foreign")

    lines = states([WISH], installed(CIDR, HOP), narrow, wider)

    assert [(str(one.destination), one.node, one.state, one.reason) for one in lines] == [
        ("10.200.0.0/23", "", "Foreign", wider.handle),
        (CIDR, "w", "InSync", ""),
        (
            "10.200.1.128/25",
            "w",
            "Foreign",
            f"takes traffic of w 10.200.1.0/24: {narrow.handle}",
        ),
    ]


def test_narrower_routes_of_both_families_are_told() -> None:
    both = node("w", "10.240.0.31 fd00:10:240::31", CIDR, "fd00:10:200:1::/64")
    narrow = installed("fd00:10:200:1:8000::/70", "fd00:10:240::9", "foreign")

    lines = states(
        [both], installed(CIDR, HOP), installed("fd00:10:200:1::/64", "fd00:10:240::31"), narrow
    )

    assert [(one.node, one.state) for one in lines] == [
        ("w", "InSync"),
        ("w", "InSync"),
        ("w", "Foreign"),
    ]


def test_our_own_narrower_route_is_stale_and_not_foreign() -> None:
    lines = states([WISH], installed(CIDR, HOP), installed("10.200.1.128/25", OLD))

    assert [one.state for one in lines] == ["InSync", "Stale"]


def test_a_rejected_claim_a_kept_route_and_a_node_that_waits() -> None:
    wide = node("wide", "10.240.0.33", "10.200.0.0/16")
    bare = node("bare", "", "10.200.7.0/24")
    fresh = node("fresh", "10.240.0.34")
    kept = installed("10.200.7.0/24", "10.240.0.37")

    lines = states([WISH, wide, bare, fresh], installed(CIDR, HOP), kept)

    assert [(one.node, str(one.destination), one.state, one.reason) for one in lines] == [
        (
            "wide",
            "10.200.0.0/16",
            "Blocked",
            "10.200.0.0/16 is not one /24 block of 10.200.0.0/16",
        ),
        ("w", CIDR, "InSync", ""),
        (
            "bare",
            "10.200.7.0/24",
            "Blocked",
            "bare shows no IPv4 InternalIP; the installed route stays",
        ),
        ("fresh", "None", "Pending", "no podCIDR yet"),
    ]
    assert [str(one.next_hop) for one in lines] == [
        "10.240.0.33",
        HOP,
        "10.240.0.37",
        "None",
    ]
    assert [one.owner for one in lines] == ["", "ours", "ours", ""]


def test_a_kept_route_without_a_claim_is_pending() -> None:
    (line, waiting) = states([node("bare", OLD)], installed(CIDR, OLD))

    assert (line.node, line.state, line.reason, line.owner) == (
        "bare",
        "Pending",
        "bare exists, though it no longer shows a claim that allows this",
        "ours",
    )
    assert (waiting.node, waiting.destination) == ("bare", None)


def test_a_kept_blackhole_is_called_so() -> None:
    (line,) = states([node("bare", "", CIDR)], installed(CIDR, kind="blackhole"))

    assert (line.state, line.reason) == (
        "Blackhole",
        "bare shows no IPv4 InternalIP; the installed route stays",
    )


ROUTERS = [
    pytest.param(
        {"own": "10.200.1.7"},
        "10.200.1.0/24 overlaps 10.200.1.7/32, where the router and the Nodes are",
        id="an address of the router inside the block",
    ),
    pytest.param(
        {"on_link": "10.240.0.0/24 10.200.1.128/25"},
        "10.200.1.0/24 overlaps 10.200.1.128/25, where the router and the Nodes are",
        id="a network of the router inside the block",
    ),
    pytest.param(
        {"own": HOP},
        "10.240.0.31 is the router's own address",
        id="the InternalIP is the router's",
    ),
    pytest.param(
        {"on_link": "10.241.0.0/24"},
        "10.240.0.31 is not on a link of the router that is up",
        id="the InternalIP is behind a gateway",
    ),
]


@pytest.mark.parametrize(("router", "reason"), ROUTERS)
def test_what_is_the_routers_blocks_a_claim_before_and_after_its_route_is_there(
    router: dict[str, str], reason: str
) -> None:
    on_link, own = router.get("on_link", ""), router.get("own", "")
    before = table(on_link=on_link, own=own)
    after = table(installed(CIDR, HOP), on_link=on_link, own=own)
    (missing,) = route_states(propose(roster(WISH), before, SEED_RULES), before, SEED_RULES)
    (there,) = route_states(propose(roster(WISH), after, SEED_RULES), after, SEED_RULES)

    assert (missing.state, missing.reason, missing.owner) == ("Blocked", reason, "")
    assert (there.state, there.reason, there.owner) == (
        "Blocked",
        f"{reason}; the installed route stays",
        "ours",
    )
    assert str(there.next_hop) == HOP


def test_without_a_provider_the_state_is_unknown() -> None:
    proposal = propose(roster(WISH), table(), SEED_RULES)

    assert route_states(proposal, None, SEED_RULES) == (
        RouteState("w", WISH.pod_cidrs[0], WISH.internal_ips[0], "Unknown", "no provider given"),
    )


def test_of_two_routes_of_ours_the_right_one_counts_and_the_other_is_stale() -> None:
    lines = states([WISH], installed(CIDR, HOP), installed(CIDR, OLD, preference=50))

    assert [(one.node, str(one.next_hop), one.state) for one in lines] == [
        ("w", HOP, "InSync"),
        ("", OLD, "Stale"),
    ]
