"""One table or several, ours or another's: what does a plan see?"""

from dataclasses import replace

import pytest
from msgspec import structs

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import Quota
from podroute.providers.aws.answers import Interface, RouteRecord, TableRecord
from podroute.providers.aws.marks import mark_of
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.translate import route_table
from tests.unit.aws_tables import DESTINATION, LOCAL, A, interface, record, seen, table

MINE = record()
MOVED = record(interface="eni-1")
HOLE = record(state="blackhole")
VPN = RouteRecord(A, gateway_id="vgw-1", origin="EnableVgwRoutePropagation")
UNKNOWN = record(interface="eni-9")


def replace_local(record: TableRecord, local: RouteRecord) -> TableRecord:
    """The same table, with ``local`` in the place of the usual one."""
    return structs.replace(record, routes=(local, *record.routes[1:]))


def lines(*tables: TableRecord, options: AwsOptions | None = None) -> list[str]:
    """Whose, where to, of what kind, and what is not as it should be."""
    routes = route_table(seen(*tables, options=options)).routes
    return [
        f"{one.ownership} {one.next_hop or one.kind}"
        f"{' partial' if one.partial else ''}{' incomplete' if one.incomplete else ''}"
        f"{f' ({one.deviation})' if one.deviation else ''}"
        for one in routes
    ]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([table("rtb-1", [MINE], [MINE])], ["ours 10.240.0.30"]),
        ([table("rtb-1", [MINE])], ["foreign 10.240.0.30"]),
        ([table("rtb-1", [MOVED], [MINE])], ["foreign 10.240.0.31"]),
        ([table("rtb-1", [HOLE], [MINE])], ["ours blackhole"]),
        ([table("rtb-1", [HOLE])], ["foreign blackhole"]),
        ([table("rtb-1", [VPN])], ["foreign link"]),
        ([table("rtb-1", [UNKNOWN])], ["foreign link"]),
        ([table("rtb-1", [UNKNOWN], [UNKNOWN])], ["ours link (eni-9 shows no IPv4 address)"]),
        ([table("rtb-1", [MINE], [MINE]), table("rtb-2", [MINE], [MINE])], ["ours 10.240.0.30"]),
        (
            [table("rtb-1", [MINE], [MINE]), table("rtb-2", [])],
            ["ours 10.240.0.30 incomplete (not in rtb-2)"],
        ),
        (
            [
                table("rtb-1", [MINE], [MINE]),
                table("rtb-2", []),
                table("rtb-3", [MOVED], [MOVED]),
            ],
            ["ours 10.240.0.30 (not in rtb-2, to i-1 in rtb-3)"],
        ),
        (
            [table("rtb-1", [MINE], [MINE]), table("rtb-2", [MOVED], [MOVED])],
            ["ours 10.240.0.30 (to i-1 in rtb-2)"],
        ),
        (
            [table("rtb-1", [MINE], [MINE]), table("rtb-2", [HOLE], [MINE])],
            ["ours 10.240.0.30 (blackhole in rtb-2)"],
        ),
        (
            [table("rtb-1", [MINE], [MINE]), table("rtb-2", [MINE])],
            ["ours 10.240.0.30", "foreign 10.240.0.30"],
        ),
        (
            [table("rtb-1", [MINE], [MINE]), table("rtb-2", [VPN])],
            ["ours 10.240.0.30 (to vgw-1 (propagated) in rtb-2)", "foreign link"],
        ),
        ([table("rtb-1", [MINE]), table("rtb-2", [])], ["foreign 10.240.0.30 partial"]),
        ([table("rtb-1", [VPN]), table("rtb-2", [])], ["foreign link"]),
        ([table("rtb-1", [MINE]), table("rtb-2", [MINE])], ["foreign 10.240.0.30"]),
        (
            [table("rtb-1", [MINE]), table("rtb-2", [MOVED])],
            ["foreign 10.240.0.30", "foreign 10.240.0.31"],
        ),
    ],
)
def test_several_tables_are_shown_as_one(tables: list[TableRecord], expected: list[str]) -> None:
    assert lines(*tables) == expected


def test_a_prefix_list_and_what_nobody_understands_are_left_out() -> None:
    strange = RouteRecord("", "", "pl-1", gateway_id="igw-1", origin="CreateRoute")
    assert lines(table("rtb-1", [strange, RouteRecord("nonsense")])) == []


def test_the_networks_of_the_vpc_are_where_next_hops_are() -> None:
    shown = route_table(seen(table("rtb-1", [MINE])))
    assert shown.on_link == (parse_cidr("10.240.0.0/16"),)
    assert route_table(seen(TableRecord("rtb-1"))).on_link is None


def test_they_are_so_where_somebody_has_put_a_firewall_before_them_in_one_table() -> None:
    led = RouteRecord("10.240.0.0/16", network_interface_id="eni-9", origin="CreateRouteTable")
    inspected = replace_local(table("rtb-1", [MINE]), led)
    shown = route_table(seen(inspected, table("rtb-2", [MINE])))
    assert shown.on_link == (parse_cidr("10.240.0.0/16"),)
    assert [str(one.destination) for one in shown.routes] == [A]


def test_only_who_switches_the_check_off_minds_that_it_is_on() -> None:
    mine = table("rtb-1", [MINE], [MINE])
    checked = (interface(0, checked=True),)
    told = AwsOptions(disable_source_dest_check=True)
    minded = route_table(seen(mine, options=told, interfaces=checked)).routes
    assert minded[0].deviation == "the source/dest check of eni-0 is on"
    assert route_table(seen(mine, interfaces=checked)).routes[0].deviation == ""


def test_an_interface_with_several_addresses_shows_the_one_that_was_asked_for() -> None:
    addresses = tuple(parse_address(f"10.240.0.{last}") for last in (30, 130))
    several = Interface("eni-0", "i-0", addresses, alone=False)
    look = seen(table("rtb-1", [MINE], [MINE]), interfaces=(several,))
    asked = replace(look, asked={("eni-0", 4): addresses[1]})
    gone = replace(look, asked={("eni-0", 4): parse_address("10.240.0.99")})
    shown = [route_table(one).routes[0] for one in (look, asked, gone)]
    assert [str(one.next_hop) for one in shown] == ["10.240.0.30", "10.240.0.130", "10.240.0.30"]
    assert shown[0].handle == f"{A} to i-0 by eni-0 in rtb-1"


def test_a_mark_that_was_just_written_counts_before_it_is_shown() -> None:
    look = seen(table("rtb-1", [MINE]))
    remembered = replace(look, remembered={"rtb-1": {mark_of(DESTINATION, "eni-0")}})
    assert route_table(remembered).routes[0].ownership == "ours"


def test_the_quota_is_told_where_least_room_is_left() -> None:
    six = [record(f"fd00:10:200:{at}::/64") for at in range(5)]
    first, second = table("rtb-1", [MINE, VPN]), table("rtb-2", six)
    assert route_table(seen(first, second, limit=50)).quota == Quota.by_version(2, 5, 50)
    assert route_table(seen(first, second)).quota is None
    assert LOCAL.destination == parse_cidr("10.240.0.0/16")


@pytest.mark.parametrize(
    ("route", "target"),
    [
        (RouteRecord(instance_id="i-1", network_interface_id="eni-1"), "i-1"),
        (RouteRecord(network_interface_id="eni-1"), "eni-1"),
        (RouteRecord(transit_gateway_id="tgw-1"), "tgw-1"),
        (RouteRecord(vpc_peering_connection_id="pcx-1"), "pcx-1"),
        (RouteRecord(nat_gateway_id="nat-1"), "nat-1"),
        (RouteRecord(), "a target of unknown kind"),
    ],
)
def test_every_target_has_a_name(route: RouteRecord, target: str) -> None:
    assert route.target == target
