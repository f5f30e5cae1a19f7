"""Times as Kubernetes' flags take them, in both directions."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podroute.config.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("15s", 15), ("10m", 600), ("1m30s", 90), ("2h", 7200), ("500ms", 0.5)],
)
def test_the_short_form(text: str, seconds: float) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text
    assert parse_duration(text) == timedelta(seconds=seconds)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=365)))
def test_what_is_written_is_read_as_the_same(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration
