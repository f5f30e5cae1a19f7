"""NetworkUnavailable where somebody else writes it too."""

from dataclasses import replace

import pytest

from podroute.routing.conditions import AVAILABLE, Conditions
from tests.unit.test_route_condition_writes import NOT, show, told


def test_two_who_write_different_things_do_so_more_and_more_seldom() -> None:
    """Two routers, two controllers, two Leases: each sees what the other has written at once."""
    wishes = {AVAILABLE: Conditions("own"), NOT: Conditions("own")}
    for wish, conditions in wishes.items():
        conditions.wish(show(None), wish)
    moments: list[float] = []
    for tick in range(20 * 600):
        now = tick / 20
        for wish, conditions in wishes.items():
            for write in conditions.take(9, now):
                assert write.condition == wish
                moments.append(now)
                conditions.answered(write, done=True, until=now, now=now)
                for one in wishes.values():
                    one.shown(show(wish))

    assert len([one for one in moments if one < 10]) <= 12
    assert len([one for one in moments if one >= 300]) <= 12


def test_another_wish_is_written_at_once_after_that() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)
    for now in (1.0, 2.0, 3.0, 5.0):
        (write,) = conditions.take(9, now)
        conditions.answered(write, done=True, until=now, now=now)
        conditions.shown(show(AVAILABLE))
        conditions.shown(show(NOT))
    assert told(conditions, 5.1) == []
    assert conditions.next_moment() > 5.1

    other = replace(NOT, message="other words")
    conditions.wish(show(NOT), None)
    conditions.wish(show(NOT), other)

    assert told(conditions, 5.2) == [other]


def test_what_is_changed_now_and_then_is_put_right_at_once() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)
    for now in (100.0, 200.0, 300.0, 400.0):
        (write,) = conditions.take(9, now)
        conditions.answered(write, done=True, until=now, now=now)
        conditions.shown(show(AVAILABLE))
        conditions.shown(show(NOT))
        assert conditions.next_moment() == 0.0


@pytest.mark.parametrize(("gap", "rests"), [(60.0, True), (60.25, False)])
def test_more_than_a_minute_later_it_is_said_as_for_the_first_time(
    gap: float, *, rests: bool
) -> None:
    """Somebody else says the contrary after each time."""
    conditions = Conditions("own", longest=60.0)
    conditions.wish(show(None), AVAILABLE)
    for now in (0.0, gap):
        (write,) = conditions.take(1, now)
        conditions.answered(write, done=True, until=0.0, now=now)
        conditions.shown(show(AVAILABLE))
        conditions.shown(show(NOT))

    assert told(conditions, gap) == ([] if rests else [AVAILABLE])
