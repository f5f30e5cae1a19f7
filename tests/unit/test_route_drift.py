"""What was as wished, and is no more by somebody else's hand."""

from dataclasses import replace

import pytest

from podroute.model.cidr import bounds, parse_address, parse_cidr
from podroute.routing.drift import Drift
from podroute.routing.facts import Strayed
from podroute.routing.states import RouteState, State

LINE = RouteState(
    "a", parse_cidr("10.200.0.0/24"), parse_address("10.240.0.30"), "InSync", owner="ours"
)
BLOCK = bounds(parse_cidr("10.200.0.0/24"))


def in_sync(*stirred: RouteState) -> Drift:
    drift = Drift()
    drift.note([BLOCK], [LINE])
    drift.stir(bounds(one.destination) for one in stirred if one.destination)
    return drift


@pytest.mark.parametrize(
    ("state", "is_told"),
    [
        ("Missing", True),
        ("WrongNextHop", True),
        ("Blackhole", True),
        ("InSync", False),
        ("Blocked", False),
        ("Stale", False),
    ],
)
def test_what_is_astray_after_a_stir_is_told(state: State, *, is_told: bool) -> None:
    line = replace(LINE, state=state)

    assert [*in_sync(LINE).strayed([line])] == ([Strayed(line)] if is_told else [])


def test_neither_without_a_stir_nor_where_it_was_not_in_sync() -> None:
    missing = replace(LINE, state="Missing")
    stirred = Drift()
    stirred.stir([BLOCK])

    assert [*in_sync().strayed([missing])] == []
    assert [*stirred.strayed([missing])] == []


def test_what_is_astray_is_told_once() -> None:
    missing = replace(LINE, state="Missing")
    drift = in_sync(LINE)
    drift.note([BLOCK], [missing])

    drift.stir([BLOCK])

    assert [*drift.strayed([missing])] == []
