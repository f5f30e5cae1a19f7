"""What VyOS's API answers is read as it is meant, or not at all."""

import pytest

from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.interface import InvalidOption, Question, parse_options
from podroute.providers.vyos.checks import checks, switches
from podroute.providers.vyos.settings import VyosOptions
from podroute.providers.vyos.translate import route_table
from podroute.providers.vyos.wire import Answers, answers_of, below, lines_of, reply_in
from tests.unit.vyos_nodes import DESTINATION, HOP, MARK, Tree, answers, statics

OPTIONS = VyosOptions("https://r", key_file="/k")
RED = VyosOptions("https://r", key_env="K", vrf="red", distance=7)
OURS: Tree = {"description": MARK, "next-hop": {HOP: {}}}


def table(node: Tree, options: VyosOptions = OPTIONS) -> RouteTable:
    return route_table(answers(node), options)


def read(node: Tree, options: VyosOptions = OPTIONS) -> InstalledRoute:
    return table(node, options).routes[0]


@pytest.mark.parametrize(
    ("node", "kind", "ownership", "preference", "deviation"),
    [
        (OURS, "unicast", "ours", 1, ""),
        ({**OURS, "description": f"{MARK} rack 7"}, "unicast", "ours", 1, ""),
        ({**OURS, "description": "uplink"}, "unicast", "foreign", 1, ""),
        ({"next-hop": {HOP: {}}}, "unicast", "foreign", 1, ""),
        (
            {**OURS, "next-hop": {HOP: {"distance": "9"}}},
            "unicast",
            "ours",
            9,
            "distance 9, not 1",
        ),
        (
            {**OURS, "next-hop": {HOP: {"interface": "eth0"}}},
            "unicast",
            "ours",
            1,
            f"with next-hop {HOP} interface eth0",
        ),
        (
            {**OURS, "next-hop": {HOP: {}, "10.240.0.31": {"distance": "3"}}},
            "multipath",
            "ours",
            1,
            f"next-hop {HOP} and next-hop 10.240.0.31, not one next hop",
        ),
        (
            {**OURS, "next-hop": {HOP: {}, "10.240.0.31": {"disable": {}}}},
            "unicast",
            "ours",
            1,
            "with next-hop 10.240.0.31 disable",
        ),
        (
            {**OURS, "next-hop": {HOP: {"disable": {}}}},
            "blackhole",
            "ours",
            1,
            f"nothing, not one next hop, with next-hop {HOP} disable",
        ),
        (
            {"description": MARK, "blackhole": {"tag": "7"}},
            "blackhole",
            "ours",
            1,
            "blackhole, not one next hop, with blackhole tag 7",
        ),
        ({"reject": {"distance": "200"}}, "blackhole", "foreign", 200, ""),
        ({"interface": {"eth1": {}}}, "link", "foreign", 1, ""),
        ({"dhcp-interface": "eth1"}, "link", "foreign", 1, ""),
    ],
)
def test_a_route_as_a_plan_sees_it(
    node: Tree, kind: str, ownership: str, preference: int, deviation: str
) -> None:
    found = read(node)

    assert (found.kind, found.ownership, found.preference, found.deviation) == (
        kind,
        ownership,
        preference,
        deviation,
    )
    assert (found.next_hop is None) == (kind != "unicast")


def test_the_distance_may_be_ours_or_another() -> None:
    assert read({**OURS, "next-hop": {HOP: {"distance": "7"}}}, RED).deviation == ""
    assert read(OURS, RED).deviation == "distance 1, not 7"
    assert table(OURS, RED).preferences == (7, 7)


@pytest.mark.parametrize(
    "node", [{}, {"description": "later"}, {"next-hop": {HOP: {"disable": {}}}}]
)
def test_what_leads_nowhere_is_nobodys_route(node: Tree) -> None:
    assert table(node).routes == ()


@pytest.mark.parametrize(
    ("node", "handle"),
    [
        (OURS, f"route {DESTINATION} next-hop {HOP}, description '{MARK}'"),
        (
            {"next-hop": {HOP: {"distance": "9"}, "10.240.0.31": {}}},
            f"route {DESTINATION} next-hop {HOP} distance 9, next-hop 10.240.0.31",
        ),
        (
            {"interface": {"eth0": {}}, "description": "a\x1b"},
            rf"route {DESTINATION} interface eth0, description 'a\x1b'",
        ),
    ],
)
def test_a_handle_is_all_that_is_known(node: Tree, handle: str) -> None:
    assert read(node).handle == handle


def test_ipv6_is_another_family_of_lines() -> None:
    said: Tree = {"route6": {"fd00:10:200::/64": {"next-hop": {"fd00:10:240::30": {}}}}}
    (found,) = route_table(answers_of(said, {}, ""), OPTIONS).routes

    assert found.handle == "route6 fd00:10:200::/64 next-hop fd00:10:240::30"


INTERFACES: Tree = {
    "ethernet": {
        "eth0": {
            "address": ["10.240.0.1/24", "fd00:10:240::1/64"],
            "vif": {"7": {"address": "10.7.0.1/24", "vrf": "red"}, "8": {}},
        },
        "eth1": {"address": "10.9.0.1/24", "disable": {}},
        "eth2": {"vif-s": {"1": {"vif-c": {"2": {"address": "10.2.0.1/24"}}}}},
    },
    "loopback": {"lo": {"address": "10.0.0.1/32"}},
    "wireguard": {"wg0": {"private-key": "k", "peer": {"a": {"address": "192.0.2.1"}}}},
}


@pytest.mark.parametrize(
    ("vrf", "links", "own"),
    [
        (
            "",
            ["10.240.0.0/24", "fd00:10:240::/64", "10.2.0.0/24"],
            {"10.240.0.1", "fd00:10:240::1", "10.2.0.1", "10.0.0.1"},
        ),
        ("red", ["10.7.0.0/24"], {"10.7.0.1"}),
    ],
)
def test_where_next_hops_can_be(vrf: str, links: list[str], own: set[str]) -> None:
    found = answers_of({}, INTERFACES, vrf)

    assert [str(one) for one in found.links or ()] == links
    assert {str(one) for one in found.own} == own


def test_where_a_server_says_the_address_a_next_hop_can_be_anywhere() -> None:
    interfaces: Tree = {"ethernet": {"eth0": {"address": ["dhcp", "10.9.0.1/24"]}}}
    found = answers_of({}, interfaces, "")

    assert found.links is None
    assert {str(one) for one in found.own} == {"10.9.0.1"}


@pytest.mark.parametrize("said", [None, [], "x", {"route": []}, {"route": {"x/1": {}}}])
def test_what_cannot_be_read_is_no_empty_table(said: object) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|is not a CIDR"):
        answers_of(said, {}, "")


@pytest.mark.parametrize(
    ("content", "empty", "told"),
    [
        (b'{"success":true,"data":{},"error":null}', False, ""),
        (
            b'{"success":false,"error":"Configuration under specified path is empty\\n"}',
            True,
            "Configuration under specified path is empty",
        ),
        (b'{"success":false,"error":"a &lt;b&gt;"}', False, "a <b>"),
    ],
)
def test_an_answer(content: bytes, told: str, *, empty: bool) -> None:
    assert (reply_in(content).is_empty, reply_in(content).told) == (empty, told)


def test_what_is_no_answer_is_told() -> None:
    with pytest.raises(ValueError, match="the answer is none of VyOS's API"):
        reply_in(b"<html>")


def test_a_tree_is_lines_and_has_places() -> None:
    assert list(lines_of({"a": {"b": {}, "c": ["d", "e"]}})) == [
        ("a", "b"),
        ("a", "c", "d"),
        ("a", "c", "e"),
    ]
    assert below({"a": {"b": "c"}}, ("a", "b")) == "c"
    assert below({"a": {}}, ("a", "b", "c")) == {}
    assert answers_of(statics({}), {}, "").entries[0].lines == ()
    assert answers_of({}, {}, "") == Answers((), (), frozenset())


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (OPTIONS, ["system ip disable-forwarding", "system ipv6 disable-forwarding"]),
        (RED, ["vrf name red ip disable-forwarding", "vrf name red ipv6 disable-forwarding"]),
    ],
)
def test_whether_it_forwards(options: VyosOptions, lines: list[str]) -> None:
    off = tuple(switches(options).values())
    pools = (read(OURS).destination,)
    (check,) = checks(Question((), pools), off, options)
    (passed,) = checks(Question((), pools), off[1:], options)

    assert [" ".join(line) for line in off] == lines
    assert [one.fix for one in check.problems] == [f"delete {lines[0]}"]
    assert passed.problems == ()


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"distance": "0"}, "distance 0 is not between 1 and 254"),
        ({"vrf": "a b"}, "vrf 'a b' is not the name of a VRF"),
        ({"vrf": "a/b"}, "is not the name of a VRF"),
        ({"key-env": "V"}, "one of them only"),
        ({"key": "x"}, "unknown provider option 'key'"),
    ],
)
def test_bad_options_are_refused(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(VyosOptions, {"url": "https://r", "key-file": "/k", **texts})


def nested(depth: int) -> object:
    node: object = {}
    for _ in range(depth):
        node = {"next-hop": node}
    return node


def test_what_is_nested_too_deeply_cannot_be_read() -> None:
    """Neither as an answer, nor where the answer could still be read."""
    with pytest.raises(ValueError, match=r"the answer is none of VyOS's API: .*recursion"):
        reply_in(b'{"success":true,"data":' + b"[" * 100_000)
    with pytest.raises(ValueError, match=r"the configuration cannot be read: .*recursion"):
        answers_of({"route": {DESTINATION: nested(5_000)}}, {}, "")
