"""What the next leader is told about removals."""

import pytest

from podroute.model.cidr import bounds, parse_cidr
from podroute.routing.guardrails import LATELY
from podroute.routing.lately import (
    NAMED,
    Lately,
    by_router,
    of_others,
    spelled,
    together,
    understood,
)

NOW = 100.0  # by the clock of the one who reads
AHEAD = 1_800_000_000.0 - NOW
BLOCK = bounds(parse_cidr("10.200.0.0/24"))
OTHER = bounds(parse_cidr("fd00:10:200::/64"))


def test_moments_of_one_minute_are_one_entry() -> None:
    done = ((61.5, 1), (1.5, 2), (59.9, 3), (-2.0, 4))

    assert spelled(Lately(done), 600.0) == "540:4 600:5 660:1"
    assert spelled(Lately(), 600.0) == ""


def test_what_may_still_be_under_way_is_named() -> None:
    lately = Lately(((1.5, 2),), {OTHER: 61.5, BLOCK: 2.0})

    text = spelled(lately, 600.0)

    assert text == "600:2 600@10.200.0.0/24 660@fd00:10:200::/64"
    assert understood(text, 600.0, 130.0) == Lately(((60.0, 2),), {BLOCK: 60.0, OTHER: 120.0})


def test_of_a_flood_only_the_first_are_named() -> None:
    blocks = {bounds(parse_cidr(f"10.{one // 256}.{one % 256}.0/24")): 2.0 for one in range(150)}

    text = spelled(Lately((), blocks), 600.0)

    assert text.startswith("600:50 600@10.0.0.0/24 ")
    assert text.count("@") == NAMED


def test_what_one_has_written_the_other_counts_to_the_end_of_its_minute() -> None:
    text = spelled(Lately(((NOW - 90, 2), (NOW - 30, 1))), AHEAD)

    assert understood(text, AHEAD, NOW) == Lately(((NOW - 60, 2), (NOW, 1)))


@pytest.mark.parametrize("behind", [2.0, 3600.0])
def test_where_the_other_clock_is_ahead_it_was_now(behind: float) -> None:
    text = spelled(Lately(((NOW + behind, 2),), {BLOCK: NOW + behind}), AHEAD)

    assert understood(text, AHEAD, NOW) == Lately(((NOW, 2),), {BLOCK: NOW})


@pytest.mark.parametrize("gone", [NOW - LATELY - 60, NOW - LATELY])
def test_what_is_older_than_ten_minutes_counts_no_more(gone: float) -> None:
    text = spelled(Lately(((gone, 2), (NOW - LATELY + 30, 3)), {BLOCK: gone}), AHEAD)

    assert understood(text, AHEAD, NOW) == Lately(((NOW - LATELY + 60, 3),))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        ":",
        "@",
        "1800000000",
        "1800000000:",
        ":3",
        "-1:3",
        "1.5:3",
        "\u0663:1",
        "9" * 99,
        "1800000000@",
        "1800000000@x",
        "1800000000@10.200.0.1/24",
        "x@10.200.0.0/24",
    ],
)
def test_what_somebody_has_scribbled_there_is_passed_over(text: str) -> None:
    assert understood(f"{text} 1800000000:1", AHEAD, NOW) == Lately(((NOW, 1),))


def test_of_several_routers_each_has_its_part() -> None:
    parts = {"left": "600:2 600@10.200.0.0/24", "right": "", "third": "660:1"}

    text = together(parts)

    assert text == "router=left 600:2 600@10.200.0.0/24 router=third 660:1"
    assert by_router(text) == {"": "", "left": parts["left"], "third": "660:1"}
    assert together({"left": "", "right": ""}) == ""
    assert by_router("") == {"": ""}


def test_what_was_let_through_at_a_router_that_is_left_out_counts_until_it_is_old() -> None:
    old = spelled(Lately(((NOW - LATELY - 60, 2),)), AHEAD)
    new = spelled(Lately(((NOW - 90, 3),), {BLOCK: NOW - 90}), AHEAD)
    text = together({"left": new, "right": new, "third": old})

    assert of_others(text, {"left"}, AHEAD, NOW) == {"right": new, "third": ""}
    assert of_others(text, {"left", "right", "third"}, AHEAD, NOW) == {}
    assert of_others(new, {"left"}, AHEAD, NOW) == {}
    assert of_others(f"{new} router=right {new}", (), AHEAD, NOW) == {
        "right": spelled(Lately(((NOW - 90, 6),), {BLOCK: NOW - 90}), AHEAD)
    }


def test_what_was_let_through_at_one_router_alone_counts_for_each_of_several() -> None:
    assert by_router("600:2 660:1")[""] == "600:2 660:1"
    assert by_router("600:2 router=left 660:1") == {"": "600:2", "left": "660:1"}


def test_one_router_alone_counts_what_was_let_through_at_several() -> None:
    text = together({"left": spelled(Lately(((NOW, 2),)), AHEAD), "right": ""})

    assert understood(text, AHEAD, NOW) == Lately(((NOW, 2),))
