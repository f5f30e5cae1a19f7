"""What is done now and then."""

from podroute.agent.rarely import Rarely


def test_it_is_time_once_in_each_period() -> None:
    moments = iter([0.0, 9.9, 10.0, 10.1, 25.0, 34.9, 35.0])
    counts = Rarely(10, lambda: next(moments))

    assert [counts.is_time() for _ in range(7)] == [True, False, True, False, True, False, True]
