"""A router lets nobody who asks from elsewhere do more than its own file says."""

import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute, Kind
from podroute.providers.linux.allowed import Allowed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route

ALLOWED = Allowed(
    (parse_cidr("10.200.0.0/16"), parse_cidr("fd00:10:200::/48")),
    (parse_cidr("10.240.0.0/24"), parse_cidr("fd00:10:240::/64")),
    "the file",
)
WISH = route("10.200.0.0/24", "10.240.0.30")
WISH_6 = route("fd00:10:200::/64", "fd00:10:240::30")
HIDDEN = "10.200.0.0/24 via 10.240.0.31 dev eth0 proto 200 metric 0"
OUTSIDE = "is outside of destinations in the file of the router"
NO_HOP = "is outside of next-hops in the file of the router"


def was(destination: str, handle: str, kind: Kind = "unicast") -> InstalledRoute:
    return InstalledRoute(
        parse_cidr(destination), parse_address("10.240.0.31"), "ours", handle, kind
    )


MINE = was("10.200.0.0/24", HIDDEN)
HOLE = was("10.200.0.0/24", "blackhole 10.200.0.0/24 proto 200 metric 0", "blackhole")


@pytest.mark.parametrize(
    "change",
    [
        Create(WISH),
        Create(WISH_6),
        Replace(MINE, WISH),
        Replace(HOLE, WISH),
        Adopt(MINE, WISH),
        Delete(MINE),
        Delete(HOLE),
    ],
    ids=str,
)
def test_what_is_within_is_done(change: Change) -> None:
    assert ALLOWED.objection(change) == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Create(route("0.0.0.0/0", "10.240.0.30")), f"0.0.0.0/0 {OUTSIDE}"),
        (Create(route("10.200.0.0/15", "10.240.0.30")), f"10.200.0.0/15 {OUTSIDE}"),
        (Create(route("::/0", "fd00:10:240::30")), f"::/0 {OUTSIDE}"),
        (Create(route("10.200.0.0/24", "10.241.0.30")), f"10.241.0.30 {NO_HOP}"),
        (Replace(MINE, route("10.200.0.0/24", "10.9.0.1")), f"10.9.0.1 {NO_HOP}"),
        (Adopt(MINE, route("10.200.0.0/24", "10.9.0.1")), f"10.9.0.1 {NO_HOP}"),
        (Delete(was("10.99.0.0/24", "10.99.0.0/24 via 10.240.0.31")), f"10.99.0.0/24 {OUTSIDE}"),
    ],
    ids=str,
)
def test_what_is_outside_is_refused_with_the_place_to_look(change: Change, why: str) -> None:
    assert ALLOWED.objection(change) == why


@pytest.mark.parametrize(
    "handle",
    [
        "0.0.0.0/0 via 10.240.0.1 dev eth0 proto 16 metric 0",
        "blackhole 0.0.0.0/0 proto 200 metric 0",
        "blackhole",
        "0.0.0.0/0 10.200.0.0/24",
        "",
    ],
)
def test_a_route_under_the_name_of_another_is_not_removed(handle: str) -> None:
    lie = was("10.200.0.0/24", handle)

    for change in (Delete(lie), Replace(lie, WISH), Adopt(lie, WISH, written=True)):
        assert ALLOWED.objection(change) == f"{handle} is no route to 10.200.0.0/24"


def test_a_replacement_removes_nothing_elsewhere() -> None:
    other = was("0.0.0.0/0", "0.0.0.0/0 via 10.240.0.31 dev eth0 proto 200 metric 0")

    assert ALLOWED.objection(Replace(other, WISH)).endswith("is no route to 10.200.0.0/24")
