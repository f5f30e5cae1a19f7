"""What RouterOS's REST API answers is read as it is meant, or not at all."""

import json

import pytest

from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.interface import InvalidOption, Question, parse_options
from podroute.providers.routeros.checks import checks
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.translate import is_idle, route_table
from podroute.providers.routeros.wire import (
    Answers,
    addresses_in,
    answers_of,
    forwarding_in,
    routes_in,
)
from tests.unit.routeros_items import CONNECTED, DESTINATION, HOLE, MARK, OURS, Fields, answers

OPTIONS = RouterosOptions("https://r", password_file="/p")  # noqa: S106 -- the file's name
FAR = RouterosOptions("https://r", password_env="P", distance=50, routing_table="pods")  # noqa: S106


def table(*items: Fields, options: RouterosOptions = OPTIONS) -> RouteTable:
    return route_table(answers(*items, table=options.routing_table), options)


def read(item: Fields) -> InstalledRoute:
    return table(item).routes[0]


@pytest.mark.parametrize(
    ("item", "kind", "ownership", "preference", "deviation"),
    [
        (OURS, "unicast", "ours", 1, ""),
        ({**OURS, "comment": f"{MARK} rack 7"}, "unicast", "ours", 1, ""),
        ({**OURS, "active": "false"}, "unicast", "ours", 1, "configured, but not active"),
        ({**OURS, "active": "false", "gateway": "10.250.0.9"}, "unicast", "ours", 1, ""),
        ({**OURS, "disabled": "true"}, "unicast", "ours", 1, "with disabled true"),
        (
            {**OURS, "disabled": "true", "active": "false"},
            "unicast",
            "ours",
            1,
            "with disabled true",
        ),
        ({**OURS, "distance": "9"}, "unicast", "ours", 9, "distance 9, not 1"),
        ({**OURS, "gateway": "ether1"}, "link", "ours", 1, "through ether1"),
        (
            {**OURS, "gateway": "10.240.0.30%ether1"},
            "unicast",
            "ours",
            1,
            "through 10.240.0.30%ether1",
        ),
        ({**OURS, "gateway": "10.240.0.30@red"}, "unicast", "ours", 1, "through 10.240.0.30@red"),
        (
            {**OURS, "gateway": "10.240.0.30%a,10.240.0.31"},
            "multipath",
            "ours",
            1,
            "through 10.240.0.30%a,10.240.0.31",
        ),
        (
            {**OURS, "check-gateway": "ping", "scope": "40", "target-scope": "11"},
            "unicast",
            "ours",
            1,
            "with check-gateway ping, with scope 40, with target-scope 11",
        ),
        ({**OURS, "check-gateway": "none", "pref-src": ""}, "unicast", "ours", 1, ""),
        (HOLE, "blackhole", "ours", 1, "blackhole, not unicast"),
        ({**HOLE, "blackhole": ""}, "blackhole", "ours", 1, "blackhole, not unicast"),
        ({**OURS, "blackhole": "false"}, "unicast", "ours", 1, ""),
        ({**OURS, "comment": ""}, "unicast", "foreign", 1, ""),
        ({**OURS, "comment": "podroute cluster=b"}, "unicast", "foreign", 1, ""),
        ({**OURS, "comment": "", "check-gateway": "ping"}, "unicast", "foreign", 1, ""),
        ({**OURS, "dynamic": "true"}, "unicast", "foreign", 1, ""),
    ],
)
def test_a_route_as_a_plan_sees_it(
    item: Fields, kind: str, ownership: str, preference: int, deviation: str
) -> None:
    found = read(item)

    assert (found.kind, found.ownership, found.preference, found.deviation) == (
        kind,
        ownership,
        preference,
        deviation,
    )
    assert is_idle(found) == deviation.endswith("not active")
    assert (found.next_hop is None) == (kind != "unicast")


BEFORE = f"/ip/route *1 {DESTINATION} gateway=10.240.0.30 distance=1"


@pytest.mark.parametrize(
    ("item", "handle"),
    [
        (OURS, f"{BEFORE} comment={MARK}"),
        (HOLE, f"/ip/route *1 {DESTINATION} blackhole distance=1 comment={MARK}"),
        (
            {**OURS, "comment": "a\nb\x1b", "pref-src": "10.0.0.1"},
            rf"{BEFORE} pref-src=10.0.0.1 comment=a\nb\x1b",
        ),
        (
            {"dst-address": "fd00:10:200::/64@red", "gateway": "ether1", "dynamic": "true"},
            "/ipv6/route dynamic fd00:10:200::/64 gateway=ether1 distance=1",
        ),
    ],
)
def test_a_handle_is_all_that_is_known(item: Fields, handle: str) -> None:
    assert table(item).routes[0].handle == handle


def test_what_others_have_switched_off_leads_nowhere() -> None:
    off = {**OURS, "comment": "by hand", "disabled": "yes"}

    assert [one.preference for one in table(off).routes] == [0]


def test_only_the_routing_table_that_is_kept_is_seen() -> None:
    items = ({**OURS, "routing-table": "pods"}, OURS, {**CONNECTED, "dst-address": "fe80::%e/64"})

    assert [one.preference for one in table(*items, options=FAR).routes] == [1]
    assert table(*items, options=FAR).preferences == (50, 50)
    assert len(table(*items).routes) == 2


@pytest.mark.parametrize(
    ("links", "on_link"),
    [
        (({**CONNECTED, "active": "false"},), ["10.240.0.0/24"]),
        (({**CONNECTED, "routing-table": "pods", "dst-address": "10.9.0.0/24"},), ["10.9.0.0/24"]),
    ],
)
def test_next_hops_are_on_links_of_the_table_or_of_main(
    links: tuple[Fields, ...], on_link: list[str]
) -> None:
    found = table(*links, options=FAR).on_link

    assert [str(one) for one in found or ()] == on_link


def test_the_router_is_no_next_hop() -> None:
    said = [
        {"address": "10.240.0.1/24", "disabled": "false"},
        {"address": "10.9.0.1/24", "disabled": "true"},
        {"address": "fd00::1/64"},
    ]
    found = answers_of([], addresses_in(json.dumps(said).encode()), "main")

    assert {str(one) for one in found.own} == {"10.240.0.1", "fd00::1"}
    assert found == Answers((), (), found.own)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'[{"gateway":"a"}]', b'[{".id":1}]'])
def test_what_is_no_answer_is_no_empty_table(content: bytes) -> None:
    with pytest.raises(ValueError, match="the answer is none of RouterOS's REST API"):
        routes_in(content)


def test_settings_that_say_nothing_are_no_settings() -> None:
    with pytest.raises(ValueError, match="the answer is empty"):
        forwarding_in(b" []")


def test_a_destination_that_cannot_be_read_is_no_route_less() -> None:
    with pytest.raises(ValueError, match="is not a CIDR"):
        table({"dst-address": "x/24"})


@pytest.mark.parametrize(
    ("v4", "v6", "subjects"),
    [
        ({"ip-forward": "true"}, {"forward": "yes", "disable-ipv6": "no"}, []),
        ([{"ip-forward": "false"}], {"forward": "true"}, ["IPv4 forwarding"]),
        ({"ip-forward": "yes"}, {"forward": "false"}, ["IPv6 forwarding"]),
        ({"ip-forward": "yes"}, {"disable-ipv6": "true"}, ["IPv6 forwarding"]),
    ],
)
def test_whether_it_forwards(v4: object, v6: object, subjects: list[str]) -> None:
    said = {4: forwarding_in(json.dumps(v4).encode()), 6: forwarding_in(json.dumps(v6).encode())}
    pools = tuple(one.destination for one in table(OURS, {"dst-address": "fd00::/64"}).routes)

    (check,) = checks(Question((), pools), said)
    (fewer,) = checks(Question((), pools[:1]), said)

    assert [one.subject for one in check.problems] == subjects
    assert [one.subject for one in fewer.problems] == [one for one in subjects if "4" in one]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"distance": "255"}, "distance 255 is not between 1 and 254"),
        ({"user": "a:b"}, "user 'a:b' is no name that podroute takes"),
        ({"user": "a\r\nb"}, "is no name that podroute takes"),
        ({"routing-table": "a b"}, "routing-table 'a b' is no name"),
        ({"rate": "0"}, "rate 0.0 is not above 0 and up to 1000 changes a second"),
        ({"password-env": "V"}, "one of them only"),
        ({"password": "x"}, "unknown provider option 'password'"),
    ],
)
def test_bad_options_are_refused(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(RouterosOptions, {"url": "https://r", "password-file": "/p", **texts})


def test_what_is_nested_too_deeply_is_no_answer() -> None:
    with pytest.raises(ValueError, match=r"the answer is none of RouterOS.s REST API: .*recursion"):
        routes_in(b'[{".id":"*1","more":' + b"[" * 100_000)
