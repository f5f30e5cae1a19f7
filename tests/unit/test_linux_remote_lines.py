"""What a person types for a router elsewhere is what the kernel's provider prints there."""

import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.linux.lines import remote_lines
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route

OPTIONS = LinuxOptions(metric=50)
WISH = route("10.200.0.0/24", "10.240.0.31")


def read(handle: str, ownership: str = "ours") -> InstalledRoute:
    return InstalledRoute(
        parse_cidr("10.200.0.0/24"),
        parse_address("10.240.0.30"),
        "ours" if ownership == "ours" else "foreign",
        handle,
        preference=50,
    )


OURS = read("10.200.0.0/24 via 10.240.0.30 dev eth0 proto 200 metric 50")
FOREIGN = read("10.200.0.0/24 via 10.240.0.30 dev eth0 proto 4 metric 50", "foreign")
NOBODYS = read("10.200.0.0/24 via 10.240.0.30 dev eth0 metric 50", "foreign")
GONE = read("10.200.0.0/24 via 10.240.0.39 dev eth0 proto 200 metric 50")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Create(WISH), "ip route add 10.200.0.0/24 via 10.240.0.31 proto 200 metric 50"),
        (Delete(OURS), f"ip route del {OURS.handle}"),
        (
            Replace(OURS, WISH),
            (
                "ip route add 10.200.0.0/24 via 10.240.0.31 proto 200 metric 49 && "
                f"ip route del {OURS.handle} && "
                "ip route add 10.200.0.0/24 via 10.240.0.31 proto 200 metric 50 && "
                "ip route del 10.200.0.0/24 via 10.240.0.31 proto 200 metric 49"
            ),
        ),
        (Adopt(FOREIGN, WISH, written=True), f"ip route del {FOREIGN.handle}"),
    ],
    ids=str,
)
def test_a_line_is_behind_a_login(change: Change, line: str) -> None:
    table = RouteTable((OURS, FOREIGN))

    assert remote_lines([change], table, OPTIONS, ("ssh", "root@b")) == (f"ssh root@b '{line}'",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Delete(FOREIGN), "is not ours"),
        (Adopt(NOBODYS, WISH, written=True), "does not say whose it is"),
        (Replace(GONE, WISH), "is in the way"),
    ],
)
def test_what_may_not_be_fails(change: Change, why: str) -> None:
    table = RouteTable((OURS, FOREIGN, NOBODYS))
    (line,) = remote_lines([change], table, OPTIONS, ("ssh", "root@b"))

    assert line.startswith("ssh root@b 'false ")
    assert why in line
