"""Which default routes count when one of them is away?"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from podroute.agent.ways_out import PATIENCE, WaysOut
from podroute.bridge.seen import DefaultRoute, Host
from tests.workers import LOOPBACK, UPLINK, fresh

V4, V6 = DefaultRoute(2, 4), DefaultRoute(2, 6, by_ra=True)
OTHER = DefaultRoute(7, 4)


def with_routes(*routes: DefaultRoute) -> Host:
    return replace(fresh(), default_routes=routes)


@pytest.mark.parametrize(
    ("now", "seconds", "counted"),
    [
        ((V4, V6), 1, (V4, V6)),
        ((), 1, (V4, V6)),
        ((), PATIENCE, ()),
        ((V6,), 1, (V6, V4)),
        ((OTHER, V6), 1, (OTHER, V6)),  # another is in its place
    ],
)
def test_a_route_that_is_away_for_a_moment_counts(
    now: Sequence[DefaultRoute], seconds: float, counted: Sequence[DefaultRoute]
) -> None:
    moments = iter([100.0, 100.0 + seconds])
    ways = WaysOut(lambda: next(moments))
    ways.kept(with_routes(V4, V6))

    assert ways.kept(with_routes(*now)).default_routes == tuple(counted)


def test_a_moment_begins_with_the_last_look_that_has_found_it() -> None:
    moments = iter([0.0, PATIENCE, PATIENCE + 1, 2 * PATIENCE - 1, 2 * PATIENCE])
    ways = WaysOut(lambda: next(moments))
    looks = [(V4,), (V4,), (), (), ()]

    assert [ways.kept(with_routes(*now)).default_routes for now in looks] == [
        (V4,),
        (V4,),
        (V4,),
        (V4,),
        (),
    ]


def test_a_link_that_is_gone_leads_nowhere() -> None:
    ways = WaysOut()
    ways.kept(with_routes(V4))
    gone = replace(with_routes(), links=(LOOPBACK, replace(UPLINK, number=5)))

    assert ways.kept(gone).default_routes == ()
