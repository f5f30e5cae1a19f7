"""route_states: several routes lead to one destination, and ours belong at preference 100."""

import pytest

from podroute.model.route import InstalledRoute
from podroute.routing.proposal import propose
from podroute.routing.states import State, route_states
from tests.builders import SEED_RULES, node, roster, table
from tests.unit.several import CIDR, DROPPED, HOLE, HOP, OLD, PLACE, ours, some, theirs


@pytest.mark.parametrize(
    ("present", "state", "reason"),
    [
        ([ours(HOP)], "InSync", ""),
        ([ours(HOP), ours(OLD, 150)], "InSync", ""),
        ([ours(HOP), ours(OLD, 9)], "WrongNextHop", f"{ours(OLD, 9).handle} is before it"),
        ([ours(HOP), DROPPED], "Blackhole", f"{DROPPED.handle} is before it"),
        ([ours(HOP), HOLE], "Blackhole", f"{HOLE.handle} is before it"),
        ([theirs(HOP), ours(OLD, 9)], "WrongNextHop", f"{ours(OLD, 9).handle} is before it"),
        ([theirs(HOP), ours(HOP, 9)], "InSync", f"{theirs(HOP).handle} is not ours"),
        ([ours(HOP), some("ours", OLD)], "InSync", ""),
    ],
)
def test_the_state_is_what_the_traffic_does(
    present: list[InstalledRoute], state: State, reason: str
) -> None:
    seen = table(*present, preference=PLACE)
    proposal = propose(roster(node("w", HOP, CIDR)), seen, SEED_RULES)

    (line,) = (one for one in route_states(proposal, seen, SEED_RULES) if one.node == "w")

    assert (line.state, line.reason) == (state, reason)
    assert line.owner == ("foreign" if "is not ours" in reason else "ours")


def test_a_foreign_route_for_some_packets_is_told_beside_ours() -> None:
    present = table(ours(HOP), some("foreign", OLD), preference=PLACE)
    proposal = propose(roster(node("w", HOP, CIDR)), present, SEED_RULES)

    lines = route_states(proposal, present, SEED_RULES)

    assert [(one.state, one.owner) for one in lines] == [("Foreign", "foreign"), ("InSync", "ours")]
    assert lines[0].reason == f"takes traffic of w {CIDR}: {some('foreign', OLD).handle}"
