import re

import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.interface import RouteProvider
from podroute.providers.linux.provider import KIND
from podroute.testing.netns import Namespace

pytestmark = pytest.mark.netns


def one(table: RouteTable, destination: str) -> InstalledRoute:
    """The only route to ``destination``."""
    (found,) = [each for each in table.routes if each.destination == parse_cidr(destination)]
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "10.0.0.0/24 via 10.240.0.30 proto 200",
            ("10.240.0.30", "unicast", "ours", ""),
        ),
        (
            "10.0.0.0/24 via 10.240.0.30",
            ("10.240.0.30", "unicast", "foreign", ""),
        ),
        (
            "10.0.0.0/24 via 10.240.0.30 proto 200 metric 50",
            ("10.240.0.30", "unicast", "ours", "metric 50, not 0"),
        ),
        (
            "10.0.0.0/24 dev node0 proto 200",
            (None, "link", "ours", "link, not unicast"),
        ),
        (
            "blackhole 10.0.0.0/24 proto 200",
            (None, "blackhole", "ours", "blackhole, not unicast"),
        ),
        (
            "prohibit 10.0.0.0/24 proto 200",
            (None, "blackhole", "ours", "prohibit, not unicast"),
        ),
        (
            "unreachable 10.0.0.0/24",
            (None, "blackhole", "foreign", ""),
        ),
        (
            "throw 10.0.0.0/24",
            (None, "blackhole", "foreign", ""),
        ),
        (
            "10.0.0.0/24 proto 200 nexthop via 10.240.0.30 nexthop via 10.240.0.31 weight 3",
            (None, "multipath", "ours", "multipath, not unicast"),
        ),
        (
            "10.0.0.0/24 tos 0x10 via 10.240.0.30 proto 200",
            ("10.240.0.30", "unicast", "ours", "for tos 0x10 only"),
        ),
        (
            "10.0.0.0/24 via inet6 fd00:10:240::30 dev node0",
            ("fd00:10:240::30", "unicast", "foreign", ""),
        ),
        (
            "blackhole default",
            (None, "blackhole", "foreign", ""),
        ),
        (
            "default via 10.240.0.254",
            ("10.240.0.254", "unicast", "foreign", ""),
        ),
        (
            "fd00:1::/64 via fd00:10:240::30 proto 200",
            ("fd00:10:240::30", "unicast", "ours", ""),
        ),
        (
            "fd00:1::/64 via fd00:10:240::30 proto 200 metric 7",
            ("fd00:10:240::30", "unicast", "ours", "metric 7, not 1024"),
        ),
        (
            "blackhole fd00:1::/64",
            (None, "blackhole", "foreign", ""),
        ),
        (
            "fd00:1::/64 nexthop via fd00:10:240::30 nexthop via fd00:10:240::31",
            (None, "multipath", "foreign", ""),
        ),
    ],
)
async def test_what_the_kernel_holds_is_told_in_full(
    netns: Namespace, kernel: RouteProvider, line: str, expected: tuple[str | None, str, str, str]
) -> None:
    netns.ip("route", "add", *line.split())

    (destination,) = re.findall(r"default|\S+/\d+", line)
    found = one(await kernel.read(), destination.replace("default", "0.0.0.0/0"))

    hop = None if found.next_hop is None else str(found.next_hop)
    assert (hop, found.kind, found.ownership, found.deviation) == expected
    assert not netns.ip("route", "del", *found.handle.split())


async def test_the_handle_is_what_ip_route_would_say(
    netns: Namespace, kernel: RouteProvider
) -> None:
    netns.ip("route", "add", "10.200.0.0/24", "via", "10.240.0.30", "proto", "200")

    found = one(await kernel.read(), "10.200.0.0/24")

    assert found.handle == "10.200.0.0/24 via 10.240.0.30 dev node0 proto 200 metric 0"


async def test_a_second_look_says_the_same_until_something_has_changed(
    netns: Namespace, kernel: RouteProvider
) -> None:
    netns.ip("route", "add", "10.200.0.0/24", "via", "10.240.0.30", "proto", "200")
    first = await kernel.read()

    assert await kernel.read() == first
    netns.ip("link", "set", "node0", "name", "uplink")
    found = one(await kernel.read(), "10.200.0.0/24")
    assert found.handle == "10.200.0.0/24 via 10.240.0.30 dev uplink proto 200 metric 0"


async def test_next_hops_can_be_on_connected_networks_of_links_that_are_up(
    netns: Namespace, kernel: RouteProvider
) -> None:
    netns.ip(
        "-batch",
        "-",
        lines=[
            "address add 192.0.2.1/24 dev node1",
            "address add 127.9.0.1/16 dev lo",
            "link add dark type bridge",
            "address add 198.51.100.1/24 dev dark",
            "route add 10.1.0.0/16 dev node0 proto 200",
            "route add 10.2.0.0/16 via 10.240.0.9",
        ],
    )

    table = await kernel.read()

    assert table.on_link == tuple(
        map(parse_cidr, ("10.240.0.0/24", "192.0.2.0/24", "fd00:10:240::/64"))
    )
    assert table.own_addresses >= {
        parse_address(text)
        for text in ("10.240.0.1", "192.0.2.1", "127.9.0.1", "fd00:10:240::1", "::1")
    }


async def test_local_and_broadcast_entries_and_other_tables_are_left_out(
    netns: Namespace, kernel: RouteProvider
) -> None:
    netns.ip("route", "add", "10.3.0.0/24", "via", "10.240.0.30", "proto", "200", "table", "100")

    destinations = [str(each.destination) for each in (await kernel.read()).routes]

    assert destinations == ["10.240.0.0/24", "fd00:10:240::/64"]


async def test_another_table_is_read_alone_with_the_links_of_this_machine(
    netns: Namespace,
) -> None:
    netns.ip("route", "add", "10.3.0.0/24", "via", "10.240.0.30", "proto", "200", "table", "100")
    netns.ip("route", "add", "10.4.0.0/24", "via", "10.240.0.30", "proto", "200")

    with netns.entered():
        async with KIND.connect({"table": "100"}) as provider:
            table = await provider.read()

    assert [each.handle for each in table.routes] == [
        "10.3.0.0/24 via 10.240.0.30 dev node0 proto 200 metric 0 table 100"
    ]
    assert table.on_link == (parse_cidr("10.240.0.0/24"), parse_cidr("fd00:10:240::/64"))


async def test_a_table_that_does_not_exist_is_empty(netns: Namespace) -> None:
    with netns.entered():
        async with KIND.connect({"table": "4711"}) as provider:
            assert (await provider.read()).routes == ()


async def test_where_default_routes_lead_is_known_whatever_table_they_are_in(
    netns: Namespace, kernel: RouteProvider
) -> None:
    assert (await kernel.read()).gateways == frozenset()
    netns.ip(
        "-batch",
        "-",
        lines=[
            "route add default via 10.240.0.9 metric 7",
            "route add default metric 8 nexthop via 10.240.0.7 nexthop via 10.240.0.8",
            "route add default via fd00:10:240::9",
            "route add blackhole default metric 9",
            "route add 10.2.0.0/16 via 10.240.0.2",
        ],
    )

    known = frozenset(
        map(parse_address, ("10.240.0.7", "10.240.0.8", "10.240.0.9", "fd00:10:240::9"))
    )
    assert (await kernel.read()).gateways == known
    with netns.entered():
        async with KIND.connect({"table": "100"}) as another:
            assert (await another.read()).gateways == known
