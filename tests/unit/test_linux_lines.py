"""commands: what a person types for a change."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest

from podroute.host.rtnetlink import KernelRoute, new_route
from podroute.model.cidr import parse_cidr
from podroute.model.route import InstalledRoute
from podroute.providers.linux.changes import commands
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route

V4 = IPv4Network("10.200.0.0/24")
V6 = IPv6Network("fd00:10:200::/64")
HOP = IPv4Address("10.240.0.30")
HOP6 = IPv6Address("fd00:10:240::30")
MAIN = LinuxOptions()
OTHER = LinuxOptions(table=1000, protocol=77, metric=50)


def ours(destination: str, words: str, preference: int = 0) -> InstalledRoute:
    """A route of ours with the handle that a read gives it."""
    hop = HOP if "." in destination else HOP6
    return InstalledRoute(parse_cidr(destination), hop, "ours", words, preference=preference)


def entries(*read: InstalledRoute) -> dict[str, bytes]:
    """What a read has shown."""
    return {
        one.handle: new_route(
            KernelRoute(one.destination, one.next_hop, 200, one.preference, device=7)
        ).body
        for one in read
    }


OLD = ours(str(V4), "10.200.0.0/24 via 10.240.0.30 dev eth0 proto 200 metric 0")
OLD_50 = ours(str(V4), "10.200.0.0/24 via 10.240.0.30 dev eth0 proto 200 metric 50", 50)
OLD_TOS = replace(
    ours(str(V4), "10.200.0.0/24 via 10.240.0.30 dev eth0 proto 200 tos 0x10 metric 0"),
    partial=True,
)
OLD_6 = ours(str(V6), "fd00:10:200::/64 via fd00:10:240::30 dev eth0 proto 200 metric 1024", 1024)
NEW = route("10.200.0.0/24", "10.240.0.31")
NEW_6 = route("fd00:10:200::/64", "fd00:10:240::31")


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (Create(NEW), ("add 10.200.0.0/24 via 10.240.0.31 proto 200",)),
        (Create(NEW_6), ("add fd00:10:200::/64 via fd00:10:240::31 proto 200",)),
        (
            Replace(OLD, NEW),
            (
                "add 10.200.0.0/24 via 10.240.0.31 proto 200 metric 1",
                f"del {OLD.handle}",
                "add 10.200.0.0/24 via 10.240.0.31 proto 200",
                "del 10.200.0.0/24 via 10.240.0.31 proto 200 metric 1",
            ),
        ),
        (
            Adopt(OLD_6, NEW_6),
            (
                "add fd00:10:200::/64 via fd00:10:240::31 proto 200 metric 1023",
                f"del {OLD_6.handle}",
                "add fd00:10:200::/64 via fd00:10:240::31 proto 200",
                "del fd00:10:200::/64 via fd00:10:240::31 proto 200 metric 1023",
            ),
        ),
        (
            Replace(OLD_50, NEW),
            ("add 10.200.0.0/24 via 10.240.0.31 proto 200", f"del {OLD_50.handle}"),
        ),
        (
            Replace(OLD_TOS, NEW),
            ("add 10.200.0.0/24 via 10.240.0.31 proto 200", f"del {OLD_TOS.handle}"),
        ),
        (Adopt(OLD_50, route(str(V4), str(HOP)), written=True), (f"del {OLD_50.handle}",)),
        (Delete(OLD), (f"del {OLD.handle}",)),
        (Delete(OLD_6), (f"del {OLD_6.handle}",)),
        (
            Delete(ours(str(V4), "10.200.0.0/24 dev $(reboot) proto 200")),
            ("del 10.200.0.0/24 dev '$(reboot)' proto 200",),
        ),
    ],
)
def test_the_lines_to_type(change: Change, lines: tuple[str, ...]) -> None:
    verb = "ip -6 route" if ":" in lines[0] else "ip route"

    known = () if isinstance(change, Create) else (change.installed,)
    assert commands([change], entries(*known), {}, MAIN) == (
        " && ".join(f"{verb} {line}" for line in lines),
    )


def test_what_must_never_be_asked_ends_the_line() -> None:
    theirs = replace(OLD, ownership="foreign")

    assert commands([Delete(theirs)], {}, {}, MAIN) == (f"false '{OLD.handle} is not ours'",)


def test_a_metric_that_another_has_is_not_taken_meanwhile() -> None:
    other = replace(OLD, ownership="foreign", preference=1, handle=f"{OLD.handle} other")

    (line,) = commands([Replace(OLD, NEW)], entries(OLD), {V4: [OLD, other]}, MAIN)

    assert line.startswith("ip route add 10.200.0.0/24 via 10.240.0.31 proto 200 metric 2 && ")


def test_options_are_named_where_they_are_not_the_default() -> None:
    assert commands([Create(NEW)], {}, {}, OTHER) == (
        "ip route add 10.200.0.0/24 via 10.240.0.31 proto 77 metric 50 table 1000",
    )


def test_what_has_gone_needs_no_line() -> None:
    gone, missing = commands([Delete(OLD), Replace(OLD, NEW)], {}, {}, MAIN)

    assert (gone, missing) == ("true", f"false '{OLD.handle} is no longer there'")
