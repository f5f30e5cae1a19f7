"""Pace: how much is asked of a router, and how that changes when it asks for less."""

import pytest

from podroute.controllers.pace import Pace
from podroute.providers.interface import Limits


def test_as_many_calls_at_once_as_it_takes() -> None:
    pace = Pace(Limits(at_once=3, batch=50))

    assert [pace.room(calls, 0) for calls in range(5)] == [50, 50, 50, 0, 0]
    assert pace.next_moment(7) == 7


@pytest.mark.parametrize(("asked", "calls"), [(None, 3), (2, 2), (9, 3)])
def test_an_operator_can_ask_for_fewer_and_not_for_more(asked: int | None, calls: int) -> None:
    pace = Pace(Limits(at_once=3), asked)

    assert pace.room(calls - 1, 0) > 0
    assert pace.room(calls, 0) == 0


def test_a_burst_and_then_the_rate() -> None:
    pace = Pace(Limits(at_once=9, batch=4, rate=2.0, burst=6))

    sent: list[int] = []
    for now in (100, 100, 100, 101, 101.5, 200):
        sent.append(pace.room(0, now))
        pace.spend(sent[-1])

    assert sent == [4, 2, 0, 2, 1, 4]
    assert pace.room(0, 200) == 2


def test_once_the_burst_is_used_up_changes_are_gathered() -> None:
    pace = Pace(Limits(batch=9, rate=2.0, burst=20, gather=3.0))

    sent: list[int] = []
    for now in (100, 100, 100, 101, 102.5, 103, 103):
        sent.append(pace.room(0, now))
        pace.spend(sent[-1])

    assert sent == [9, 9, 2, 0, 0, 6, 0]
    assert pace.next_moment(103) == 106
    assert pace.room(0, 105.5) == 0
    assert pace.room(0, 106) == 6
    pace.spend(3)
    assert (pace.room(0, 106), pace.next_moment(106)) == (3, 106)


@pytest.mark.parametrize(("batch", "burst", "waits"), [(4, 9, 4), (9, 3, 3), (9, 9, 6)])
def test_no_more_is_gathered_than_a_call_or_a_burst_can_carry(
    batch: int, burst: int, waits: float
) -> None:
    pace = Pace(Limits(batch=batch, rate=1.0, burst=burst, gather=6.0))
    while room := pace.room(0, 0):
        pace.spend(room)

    assert pace.next_moment(0) == waits


def test_a_router_that_asks_for_less_makes_nobody_gather_for_longer() -> None:
    pace = Pace(Limits(batch=99, rate=4.0, burst=40, gather=5.0))
    pace.room(0, 0)
    pace.spend(40)
    pace.slower(0, 0)

    assert pace.next_moment(1) == 5
    assert pace.room(0, 5) == 10


def test_the_next_moment_is_when_one_change_more_is_allowed() -> None:
    pace = Pace(Limits(rate=2.0, burst=1))
    assert pace.room(0, 10) == 1
    pace.spend(1)

    assert pace.next_moment(10) == 10.5
    assert pace.next_moment(10.25) == 10.5
    assert pace.room(0, 10.5) == 1
    assert pace.next_moment(11) == 11


def test_a_clock_that_stands_still_earns_nothing() -> None:
    pace = Pace(Limits(rate=1.0, burst=1))
    pace.room(0, 10)
    pace.spend(1)

    assert [pace.room(0, 10), pace.room(0, 10)] == [0, 0]


def test_a_router_that_asks_for_less_is_left_alone_for_as_long_as_it_says() -> None:
    pace = Pace(Limits())

    assert pace.slower(5, 100) == 5
    assert pace.room(0, 104.9) == 0
    assert pace.next_moment(101) == 105
    assert pace.room(0, 105) == 500


def test_one_that_does_not_say_how_long_for_a_second() -> None:
    pace = Pace(Limits())

    assert pace.slower(0, 100) == 1
    assert pace.slower(30, 100) == 30
    assert pace.slower(2, 101) == 29


def test_it_gets_half_as_many_calls_each_time_but_never_none() -> None:
    pace = Pace(Limits(at_once=8))

    allowed: list[int] = []
    for number in range(10):
        pace.slower(0, number * 10)
        now = number * 10 + 9
        allowed.append(next(calls for calls in range(9) if not pace.room(calls, now)))

    assert allowed == [4, 2, 1, 1, 1, 1, 1, 1, 1, 1]


def test_calls_that_were_under_way_together_slow_it_once() -> None:
    pace = Pace(Limits(at_once=8))

    for _ in range(5):
        pace.slower(0, 0.5)

    assert (pace.room(3, 9), pace.room(4, 9)) == (500, 0)


def test_a_second_later_it_is_another_word() -> None:
    pace = Pace(Limits(at_once=8))

    for now in (0.5, 1.5):
        pace.slower(0, now)

    assert (pace.room(1, 9), pace.room(2, 9)) == (500, 0)


def test_the_rate_is_halved_too() -> None:
    pace = Pace(Limits(rate=4.0, burst=4, batch=9))
    pace.room(0, 0)
    pace.spend(4)
    pace.slower(1, 0)

    assert pace.room(0, 1) == 2


def test_with_each_call_that_is_answered_it_is_faster_again() -> None:
    pace = Pace(Limits(at_once=32))
    pace.slower(0, 0)

    allowed: list[int] = []
    for _ in range(18):
        allowed.append(next(calls for calls in range(99) if not pace.room(calls, 9)))
        pace.answered()

    assert allowed == [*range(16, 33), 32]


def test_however_slow_it_was_it_gets_back() -> None:
    pace = Pace(Limits(at_once=64))
    for number in range(50):
        pace.slower(0, number * 2)
    assert (pace.room(0, 999), pace.room(1, 999)) == (500, 0)

    for _ in range(32):
        pace.answered()

    assert (pace.room(63, 999), pace.room(64, 999)) == (500, 0)
