"""Which calls carry out a change: a table for each thing that can be in the way."""

from dataclasses import replace

import pytest

from podroute.model.cidr import Cidr, parse_address
from podroute.model.route import InstalledRoute
from podroute.providers.aws.answers import RouteRecord, TableRecord
from podroute.providers.aws.changes import (
    Work,
    bench,
    contradicted,
    fitting,
    prepared,
)
from podroute.providers.aws.marks import mark_of
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.translate import Seen, route_table
from podroute.providers.aws.typed import line, tags_of
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from podroute.testing.builders import installed, route
from tests.unit.aws_benches import at, planned, told
from tests.unit.aws_tables import DESTINATION, A, interface, record, seen, table

MINE = record()
MOVED = record(interface="eni-1")
HOLE = record(state="blackhole")
VPN = RouteRecord(A, gateway_id="vgw-1", origin="CreateRoute")
PROPAGATED = RouteRecord(A, network_interface_id="eni-0", origin="EnableVgwRoutePropagation")
WISH = route(A, "10.240.0.30", "worker0")
ELSEWHERE = route(A, "10.240.0.31", "worker1")
GONE = installed(A, "10.240.0.99")


def shown(look: Seen, ownership: str = "ours") -> InstalledRoute:
    """The only one of those."""
    (one,) = [one for one in route_table(look).routes if one.ownership == ownership]
    return one


T1, T2 = "rtb-1", "rtb-2"
WHERE = "--route-table-id rtb-1 --destination-cidr-block 10.200.0.0/24"


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([table(T1, [])], "create rtb-1, +1, -0"),
        ([table(T1, [MINE], [MINE])], "+0, -0"),
        ([table(T1, [MINE])], "pointless: 10.200.0.0/24 to i-0 in rtb-1 is in the way"),
        ([table(T1, [MOVED])], "pointless: 10.200.0.0/24 to i-1 by eni-1 in rtb-1 is in the way"),
        ([table(T1, [HOLE], [MINE])], "pointless: 10.200.0.0/24 to i-0 in rtb-1 is in the way"),
        ([table(T1, [VPN])], "pointless: 10.200.0.0/24 to vgw-1 in rtb-1 is in the way"),
        ([table(T1, []), table(T2, [])], "create rtb-1, create rtb-2, +2, -0"),
        ([table(T1, [MINE]), table(T2, [])], "create rtb-2, +1, -0"),
        (
            [table(T1, [VPN]), table(T2, [])],
            "pointless: 10.200.0.0/24 to vgw-1 in rtb-1 is in the way",
        ),
    ],
)
def test_a_creation_takes_nobodys_place(tables: list[TableRecord], expected: str) -> None:
    assert planned(Create(WISH), at(*tables)) == expected


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([table(T1, [MOVED], [MOVED])], "replace rtb-1, +1, -1"),
        ([table(T1, [HOLE], [MINE])], "replace rtb-1, +1, -0"),
        (
            [table(T1, [MOVED], [MOVED]), table(T2, [])],
            "replace rtb-1, create rtb-2, +2, -1",
        ),
        ([table(T1, [MINE], [MINE]), table(T2, [])], "create rtb-2, +1, -0"),
        ([table(T1, [MOVED], [MOVED]), table(T2, [MINE])], "replace rtb-1, +1, -1"),
        (
            [table(T1, [MINE], [MINE]), table(T2, [VPN])],
            "pointless: 10.200.0.0/24 to vgw-1 in rtb-2 is in the way",
        ),
    ],
)
def test_a_replacement_changes_what_is_not_as_wished(
    tables: list[TableRecord], expected: str
) -> None:
    place = at(*tables)
    assert planned(Replace(shown(place.seen), WISH), place) == expected


@pytest.mark.parametrize(
    ("change", "tables", "expected"),
    [
        (Replace(GONE, WISH), [table(T1, [MINE], [MINE])], "done"),
        (
            Replace(GONE, WISH),
            [table(T1, [MOVED], [MOVED])],
            "pointless: 10.200.0.0/24 via 10.240.0.99 is no longer there",
        ),
        (Delete(GONE), [table(T1, [MINE])], "done"),
        (
            Delete(GONE),
            [table(T1, [MINE], [MINE])],
            f"pointless: {GONE.handle} is no longer there, but 10.200.0.0/24 to i-0 in rtb-1",
        ),
        (
            Delete(installed(A, "10.240.0.99", "foreign")),
            [table(T1, [])],
            "pointless: 10.200.0.0/24 via 10.240.0.99 is not ours",
        ),
        (
            Replace(installed(A, "10.240.0.99", "foreign"), WISH),
            [table(T1, [])],
            "pointless: 10.200.0.0/24 via 10.240.0.99 is not ours",
        ),
    ],
)
def test_what_has_changed_since_is_not_touched(
    change: Change, tables: list[TableRecord], expected: str
) -> None:
    assert planned(change, at(*tables)) == expected


def test_a_removal_names_every_table_where_it_is_ours() -> None:
    place = at(table(T1, [MINE], [MINE]), table(T2, [MINE]))
    assert planned(Delete(shown(place.seen)), place) == "delete rtb-1, +0, -1"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (MINE, "+1, -0"),
        (MOVED, "pointless: 10.200.0.0/24 to i-1 by eni-1 in rtb-1 is in the way"),
    ],
)
def test_an_adoption_is_a_mark(found: RouteRecord, expected: str) -> None:
    place = at(table(T1, [found]))
    assert planned(Adopt(shown(place.seen, "foreign"), WISH), place) == expected


def test_the_mark_names_the_route_and_its_interface() -> None:
    place = at(table(T1, [MINE]))
    work = prepared(Adopt(shown(place.seen, "foreign"), WISH), place)
    assert isinstance(work, Work)
    assert work.added == ((T1, mark_of(DESTINATION, "eni-0")),)


def test_what_a_gateway_propagates_cannot_become_ours() -> None:
    place = at(table(T1, [PROPAGATED]))
    said = planned(Adopt(shown(place.seen, "foreign"), WISH), place)
    assert (
        said == f"pointless: {A} to i-0 (propagated) in rtb-1 is not written by anybody: it stays"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Create(route(A, "10.240.0.66", "w")), "no instance in vpc-1 has the address 10.240.0.66"),
        (Replace(GONE, route(A, "10.240.0.66", "w")), "is no longer there"),
    ],
)
def test_a_next_hop_is_an_instances(change: Change, expected: str) -> None:
    assert expected in planned(change, at(table(T1, [])))


def test_a_replacement_by_an_unknown_instance_changes_nothing() -> None:
    place = at(table(T1, [MINE], [MINE]))
    wish = route(A, "10.240.0.66", "w")
    assert "no instance" in planned(Replace(shown(place.seen), wish), place)


def test_what_has_no_room_fails_before_anything_is_done() -> None:
    look = seen(table(T1, [record("10.200.7.0/24")]), table(T2, []), limit=3)
    known = {interface(0).addresses[0]: interface(0)}
    changes = [Create(route(f"10.200.{n}.0/24", "10.240.0.30")) for n in range(2)]
    works = [prepared(one, bench(look, known)) for one in changes]
    done = Done(changes[0])

    other, kept, refused = fitting([done, *works], look)

    assert told(kept) == "create rtb-1, create rtb-2, +2, -0"
    reason = told(refused)
    assert reason.startswith("pointless: rtb-1 has no room: its quota is 3 IPv4 routes")
    assert isinstance(refused, Failed)
    assert refused.step is changes[1]
    assert other is done
    assert all(isinstance(one, Work) for one in fitting(works, seen(table(T1, []))))


def test_each_ip_version_has_its_own_room_to_the_last_place() -> None:
    look = seen(table(T1, [record("10.200.7.0/24")]), limit=4)
    four, six = interface(0).addresses
    known = {four: interface(0), six: interface(0)}
    destinations = ["10.200.0.0/24", "10.200.1.0/24", "fd00:10:200::/64", "fd00:10:200:1::/64"]
    hops = [four, four, six, six]
    wishes = zip(destinations, map(str, hops), strict=True)
    works = [prepared(Create(route(*one)), bench(look, known)) for one in wishes]

    assert [*fitting(works, look)] == works


def test_lines_to_type_are_the_calls_in_their_order() -> None:
    options = AwsOptions(
        profile="lab",
        region="eu-central-1",
        endpoint="https://ec2.example.com",
        match_node="name-tag",
        disable_source_dest_check=True,
    )
    place = at(table(T1, [MOVED], [MOVED]), options=options, checked=True)
    tags = tags_of(place.seen)
    first = line(prepared(Replace(shown(place.seen), WISH), place), tags, options)
    chosen = "--profile lab --region eu-central-1 --endpoint-url https://ec2.example.com"
    aws = f"aws {chosen} ec2 "
    parts = [part.removeprefix(aws) for part in first.split(" && ")]
    assert [part.split()[0] for part in parts] == [
        "create-tags",
        "modify-network-interface-attribute",
        "replace-route",
        "create-tags",
    ]
    assert parts[2] == f"replace-route {WHERE} --instance-id i-0"


def test_lines_for_what_is_done_or_cannot_be_done() -> None:
    place = at(table(T1, [MINE], [MINE]))
    tags = tags_of(place.seen)
    options = AwsOptions()
    assert line(Done(Create(WISH)), tags, options) == "true"
    assert line(prepared(Create(WISH), place), tags, options) == "true"
    assert line(Failed(Create(WISH), "it's so", "pointless"), tags, options) == (
        "false 'it'\"'\"'s so'"
    )
    six = prepared(Create(route("fd00:10:200::/64", "fd00:10:240::31")), place)
    assert line(six, tags, options).endswith(
        "aws ec2 create-route --route-table-id rtb-1 --destination-ipv6-cidr-block "
        "fd00:10:200::/64 --network-interface-id eni-1"
    )
    removal = line(prepared(Delete(shown(place.seen)), place), tags, options)
    assert removal.startswith(f"aws ec2 delete-route {WHERE} && ")
    assert parse_address("10.240.0.30") in place.targets


@pytest.mark.parametrize(
    ("options", "node", "expected"),
    [
        (AwsOptions(), "anybody", "create rtb-1, +1, -0"),
        (AwsOptions(match_node="name-tag"), "worker0", "create rtb-1, +1, -0"),
        (AwsOptions(match_node="name-tag"), "thief", "which is 'worker0', not thief"),
        (AwsOptions(match_node="private-dns-name"), "ip-0.internal", "create rtb-1, +1, -0"),
        (AwsOptions(match_node="private-dns-name"), "worker0", "'ip-0.internal', not worker0"),
    ],
)
def test_a_node_must_be_called_like_its_instance_if_told_so(
    options: AwsOptions, node: str, expected: str
) -> None:
    change = Create(route(A, "10.240.0.30", node))
    assert expected in planned(change, at(table(T1, []), options=options))


def test_an_instance_that_does_not_run_gets_no_route() -> None:
    stopped = replace(interface(0), running=False)
    place = bench(seen(table(T1, [])), dict.fromkeys(stopped.addresses, stopped))
    assert planned(Create(WISH), place) == "worth it: i-0 of worker0 is not running"


@pytest.mark.parametrize(
    ("tables", "before", "late"),
    [
        ([table(T1, [MINE])], {(T1, DESTINATION): "eni-0"}, True),
        ([table(T1, [MINE])], {(T1, DESTINATION): "eni-1"}, False),
        ([table(T1, [])], {(T1, DESTINATION): ""}, True),
        ([table(T1, [MINE]), table(T2, [])], {(T2, DESTINATION): ""}, True),
        ([table(T1, [MINE])], {}, False),
    ],
)
def test_an_answer_that_shows_what_was_before_is_late(
    tables: list[TableRecord],
    before: dict[tuple[str, Cidr], str],
    late: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    assert contradicted(Create(WISH), seen(*tables), before) is late


def test_a_mark_that_is_not_in_the_tags_needs_no_line_to_go() -> None:
    place = at(table(T1, [MINE], [MINE]))
    work = prepared(Delete(shown(place.seen)), place)
    assert line(work, {T1: {}}, AwsOptions()) == f"aws ec2 delete-route {WHERE}"
