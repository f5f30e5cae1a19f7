"""What the next leader is told about removals."""

import pytest

from podroute.routing.guardrails import LATELY
from podroute.routing.lately import MINUTE, spelled, understood

NOW = 100.0  # by the clock of the one who reads
AHEAD = 1_800_000_000.0 - NOW


def test_moments_of_one_minute_are_one_entry() -> None:
    passed = [(61.0, 1), (0.0, 2), (59.9, 3), (-1.0, 4)]

    assert spelled(passed, 600.0) == "540:4 600:5 660:1"
    assert spelled([], 600.0) == ""


def test_what_one_has_written_the_other_counts_to_the_end_of_its_minute() -> None:
    text = spelled([(NOW - 90, 2), (NOW - 30, 1)], AHEAD)

    assert understood(text, AHEAD, NOW) == [(NOW - MINUTE, 2), (NOW, 1)]


@pytest.mark.parametrize("behind", [0.0, 3600.0])
def test_where_the_other_clock_is_ahead_it_was_now(behind: float) -> None:
    text = spelled([(NOW + behind, 2)], AHEAD)

    assert understood(text, AHEAD, NOW) == [(NOW, 2)]


def test_what_is_older_than_ten_minutes_counts_no_more() -> None:
    text = spelled([(NOW - LATELY - MINUTE, 2), (NOW - LATELY, 3)], AHEAD)

    assert understood(text, AHEAD, NOW) == [(NOW - LATELY + MINUTE, 3)]


@pytest.mark.parametrize(
    "text", ["", "x", ":", "1800000000", "1800000000:", ":3", "-1:3", "1.5:3", "\u0663:1", "9" * 99]
)
def test_what_somebody_has_scribbled_there_is_passed_over(text: str) -> None:
    assert understood(f"{text} 1800000000:1", AHEAD, NOW) == [(NOW, 1)]
