"""Laws of the pace: whoever waits for the next moment may send then."""

from hypothesis import given
from hypothesis import strategies as st

from podroute.controllers.pace import Pace
from podroute.providers.interface import Limits

rates = st.floats(0.1, 1000, allow_nan=False)
moments = st.floats(0, 1e8, allow_nan=False)


@given(rates, moments, st.integers(1, 50), st.floats(0, 3), st.integers(0, 6))
def test_at_the_next_moment_there_is_room(
    rate: float, now: float, burst: int, gather: float, throttled: int
) -> None:
    pace = Pace(Limits(batch=10, rate=rate, burst=burst, gather=gather))
    for second in range(throttled):
        pace.slower(0, now + second)
    now = max(now, pace.next_moment(now + throttled))
    for _ in range(3):
        while room := pace.room(0, now):
            pace.spend(room)
        then = pace.next_moment(now)

        assert then > now
        now = then
        assert pace.room(0, now) > 0
