"""What who only looks can tell of a route that is another than before."""

import pytest

from podroute.controllers.witnessed import witnessed
from podroute.model.route import Ownership
from podroute.observe.board import RouteRecord
from podroute.routing.states import State

CIDR = "10.200.0.0/24"
HANDLE = f"{CIDR} via 10.240.0.99 dev eth0"


def line(
    state: State, owner: Ownership | None = "ours", hop: str = "10.240.0.30", reason: str = ""
) -> RouteRecord:
    return RouteRecord("a", ("10.240.0.30",), CIDR, hop, state, owner, reason)


MISSING = line("Missing", None, reason="no such route is installed")
IN_SYNC = line("InSync")
ASTRAY = line("WrongNextHop", reason=HANDLE)
STALE = line("Stale", reason="no Node needs it")
THEIRS = line("InSync", "foreign", reason=f"{HANDLE} is not ours")
STRAY = line("Foreign", "foreign", "10.240.0.99", HANDLE)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ([], [MISSING], ""),
        ([MISSING], [MISSING], ""),
        ([MISSING], [IN_SYNC], "created a: via 10.240.0.30"),
        ([], [IN_SYNC], "created a: via 10.240.0.30"),
        ([MISSING], [THEIRS], f"created a: via 10.240.0.30: {HANDLE} is not ours"),
        ([], [STRAY], f"foreign a: Foreign: {HANDLE}"),
        ([], [STALE], "drift a: Stale: no Node needs it"),
        ([MISSING], [ASTRAY], f"drift a: WrongNextHop: {HANDLE}"),
        ([STALE], [], "deleted a: was via 10.240.0.30"),
        ([ASTRAY], [MISSING], f"deleted a: was {HANDLE}"),
        ([line("Blackhole", hop="", reason="blackhole")], [], "deleted a: was blackhole"),
        ([ASTRAY], [IN_SYNC], f"replaced a: via 10.240.0.30, was {HANDLE}"),
        (
            [line("InSync", hop="10.240.0.9")],
            [IN_SYNC],
            "replaced a: via 10.240.0.30, was via 10.240.0.9",
        ),
        (
            [line("Blocked", "foreign", reason=f"{HANDLE} is not ours")],
            [IN_SYNC],
            f"replaced a: via 10.240.0.30, was {HANDLE} is not ours",
        ),
        ([THEIRS], [IN_SYNC], "adopted a: via 10.240.0.30"),
        ([IN_SYNC], [IN_SYNC, STALE], ""),
        ([STALE, IN_SYNC], [IN_SYNC], ""),
        ([STALE], [IN_SYNC], ""),
        ([line("Pending", reason="the Node has no InternalIP")], [IN_SYNC], ""),
        ([IN_SYNC], [ASTRAY], ""),
    ],
)
def test_it_is_told_in_the_words_of_the_timeline(
    before: list[RouteRecord], now: list[RouteRecord], told: str
) -> None:
    notice = witnessed(CIDR, before, now)

    assert (f"{notice.kind} {notice.node}: {notice.words}" if notice else "") == told
