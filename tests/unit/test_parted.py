"""Of several routers one leads to a Node's Pods, and another back."""

import pytest

from podroute.model.cidr import parse_cidr
from podroute.routing.parted import Side, parted

A, B, C, SIX = "10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24", "fd00:10:200::/64"
ALL = f"{A} {B} {C} {SIX}"


def side(router: str, led: str, wished: str = ALL) -> Side:
    """Blocks are separated by spaces."""
    return Side(router, set(map(parse_cidr, wished.split())), set(map(parse_cidr, led.split())))


@pytest.mark.parametrize(
    ("sides", "told"),
    [
        ([], []),
        ([side("left", ALL), side("right", ALL)], []),
        ([side("left", ALL), side("right", "")], []),
        ([side("left", A), side("right", "")], []),
        ([side("left", ""), side("right", B)], []),
        ([side("left", A), side("right", B)], [f"left > {B} > right"]),
        ([side("left", A), side("right", SIX)], []),
        (
            [side("left", A), side("right", f"{C} {B}")],
            [f"left > {B} > right", f"left > {C} > right"],
        ),
        ([side("left", f"{A} {C}"), side("right", f"{C} {B}")], [f"left > {B} > right"]),
        ([side("left", A, f"{A} {C}"), side("right", B, f"{B} {C}")], []),
        (
            [side("left", A), side("right", B), side("third", A), side("fourth", B)],
            [f"left third > {B} > right fourth"],
        ),
        ([side("left", A), side("right", B), side("third", f"{A} {B}")], []),
    ],
)
def test_it_is_told_where_a_router_should_lead_both_ways(
    sides: list[Side], told: list[str]
) -> None:
    found = parted(parse_cidr(A), sides)

    ways = [f"{' '.join(one.there)} > {one.other} > {' '.join(one.back)}" for one in found]
    assert ways == told
