"""RateLimit: so many at once, then so many a second, in the order of the calls."""

import asyncio
from time import monotonic

import pytest

from podroute.kube.rate_limit import UNLIMITED, RateLimit


class Clock:
    """It stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def immediate(rate: RateLimit, tries: int) -> int:
    """How many of so many calls need not wait."""
    calls = [asyncio.create_task(rate.turn()) for _ in range(tries)]
    await asyncio.sleep(0)
    done = sum(call.done() for call in calls)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    return done


@pytest.mark.parametrize(
    ("burst", "expected"),
    [(1, 1), (7, 7), (0, 1), (-3, 1)],
)
async def test_a_burst_goes_at_once(burst: int, expected: int) -> None:
    assert await immediate(RateLimit(1, burst, Clock()), 9) == expected


@pytest.mark.parametrize(
    ("pause", "expected"),
    [(0.0, 0), (0.49, 0), (0.51, 1), (1.01, 2), (2.01, 4), (3600, 4)],
)
async def test_a_pause_gives_turns_back_up_to_the_burst(pause: float, expected: int) -> None:
    clock = Clock()
    rate = RateLimit(2, 4, clock)
    for _ in range(4):
        await rate.turn()

    clock.now += pause

    assert await immediate(rate, 9) == expected


async def test_turns_come_in_the_order_of_the_calls_and_at_the_rate() -> None:
    qps, burst, calls = 200, 5, 25
    rate = RateLimit(qps, burst)
    order: list[int] = []
    began = monotonic()

    async def call(number: int) -> None:
        await rate.turn()
        order.append(number)

    await asyncio.gather(*map(call, range(calls)))

    assert order == list(range(calls))
    assert monotonic() - began >= (calls - burst) / qps


@pytest.mark.parametrize("rate", [UNLIMITED, RateLimit(0, 1), RateLimit(-1, 1)])
async def test_no_rate_is_no_limit(rate: RateLimit) -> None:
    assert await immediate(rate, 1000) == 1000
