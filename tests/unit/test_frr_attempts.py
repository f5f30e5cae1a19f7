"""What goes to FRRouting in one transaction, and what is tried again."""

import pytest

from podroute.providers.frr.changes import Attempt, attempts, script, sent_again

OURS = "ip route 10.200.0.0/24 10.240.0.30 tag 200"


@pytest.mark.parametrize(
    ("lost", "left", "told", "again"),
    [
        (0, [], "", []),
        (0, [2, 3, 4], "no", [([2, 3, 4], 0)]),
        (0, [1, 2, 3, 4], "no", [([1, 2], 0), ([3, 4], 0)]),
        (0, [1, 2, 3, 4], "", [([1, 2], 0), ([3, 4], 0)]),
    ],
)
def test_what_is_sent_again(
    lost: int, left: list[int], told: str, again: list[tuple[list[int], int]]
) -> None:
    assert list(sent_again(Attempt([1, 2, 3, 4], lost), left, told)) == again


def test_one_alone_is_sent_again_where_nothing_is_said_of_it() -> None:
    assert sent_again(Attempt([4]), [4], "no") == ()
    assert sent_again(Attempt([4], 2), [4], "") == (([4], 3),)
    assert sent_again(Attempt([4], 3), [4], "") == ()


def test_mgmtd_gets_a_part_at_a_time() -> None:
    assert attempts([], {"zebra"}) == []
    assert attempts(range(1200), {"zebra", "staticd"}) == [(range(1200), 0)]
    parts = [one.places for one in attempts(range(1200), {"zebra", "mgmtd", "staticd"})]
    assert parts == [range(500), range(500, 1000), range(1000, 1200)]


def test_only_mgmtd_reads_lines_where_it_runs() -> None:
    """And whatever it refuses of them is forgotten."""
    assert script([OURS], {"zebra", "staticd"}) == (("-f", "/dev/stdin"), [OURS], "")
    words, lines, lock = script([OURS], {"zebra", "mgmtd", "staticd"})

    assert words == ("-d", "mgmtd", "-f", "/dev/stdin")
    assert lines == (OURS, "mgmt commit apply", "mgmt commit abort")
    assert lock == "configure terminal file-lock"
