"""Which lines carry out a change in FRRouting, and what has become of it?"""

import pytest

from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.frr.answers import Answers, Link, NextHop, RibRoute, statics_in
from podroute.providers.frr.changes import Statics, by_hand, judged, prepared
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.frr.translate import is_idle, line_for, route_table
from podroute.providers.interface import InvalidOption, parse_options
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route

MAIN = FrrOptions()
FAR = FrrOptions(distance=50, tag=7, vrf="red")
WISH = route("10.200.0.0/24", "10.240.0.30", "worker-0; reload")
WISH_6 = route("fd00:10:200::/64", "fd00:10:240::30")
OURS = "ip route 10.200.0.0/24 10.240.0.30 tag 200"
OLD = "ip route 10.200.0.0/24 10.240.0.31 tag 200"
THEIRS = "ip route 10.200.0.0/24 10.240.0.30"
HOLE = "ip route 10.200.0.0/24 blackhole tag 200"
LINKS = {
    "eth0": Link("up", ["10.240.0.1/24", "fd00:10:240::1/64", "fe80::1/64"]),
    "eth1": Link("down", ["10.241.0.1/24"]),
    "lo": Link("up", ["127.0.0.1/8", "::1/128"]),
}


def table(*lines: str, rib: tuple[RibRoute, ...] = (), options: FrrOptions = MAIN) -> RouteTable:
    return route_table(Answers(rib, LINKS, tuple(statics_in("\n".join(lines), options))), options)


def statics(*lines: str, options: FrrOptions = MAIN) -> Statics:
    return Statics(tuple(statics_in("\n".join(lines), options)))


def read(*lines: str, options: FrrOptions = MAIN) -> InstalledRoute:
    return table(*lines, options=options).routes[0]


@pytest.mark.parametrize(
    ("wish", "options", "line"),
    [
        (WISH, MAIN, OURS),
        (WISH_6, MAIN, "ipv6 route fd00:10:200::/64 fd00:10:240::30 tag 200"),
        (WISH, FAR, "ip route 10.200.0.0/24 10.240.0.30 tag 7 50 vrf red"),
    ],
)
def test_a_wish_is_a_line(wish: object, options: FrrOptions, line: str) -> None:
    chosen = WISH_6 if wish is WISH_6 else WISH

    assert line_for(chosen, options) == line
    assert prepared(Create(chosen), statics(options=options), options) == (line,)


@pytest.mark.parametrize(
    ("change", "there", "lines"),
    [
        (Create(WISH), ["ip route 10.200.0.0/24 10.240.0.99 50"], (OURS,)),
        (Create(WISH), ["ipv6 route fd00::/64 from fd01::/64 fd00:10:240::9"], (OURS,)),
        (Replace(read(OLD), WISH), [OLD], (OURS, f"no {OLD}")),
        (Replace(read(HOLE), WISH), [HOLE], (f"no {HOLE}", OURS)),
        (Replace(read(f"{OURS} 50"), WISH), [f"{OURS} 50"], (OURS, f"no {OURS} 50")),
        (
            Replace(read("ip route 10.200.0.0/24 10.240.0.30 eth0 tag 200"), WISH),
            ["ip route 10.200.0.0/24 10.240.0.30 eth0 tag 200"],
            (OURS, "no ip route 10.200.0.0/24 10.240.0.30 eth0 tag 200"),
        ),
        (Delete(read(OLD)), [OLD], (f"no {OLD}",)),
        (Adopt(read(THEIRS), WISH), [THEIRS], (OURS,)),
        (Adopt(read(f"{THEIRS} 9"), WISH), [f"{THEIRS} 9"], (OURS, f"no {THEIRS} 9")),
        (
            Adopt(read(f"{THEIRS} 9"), WISH, written=True),
            [f"{THEIRS} 9", OURS],
            (f"no {THEIRS} 9",),
        ),
    ],
    ids=str,
)
def test_the_lines_of_a_change(change: Change, there: list[str], lines: tuple[str, ...]) -> None:
    assert prepared(change, statics(*there), MAIN) == lines


NOT_STATIC = RibRoute("10.200.0.0/24", "ospf", 110, 20, [NextHop("10.240.0.30", "eth0")])
OSPF = table(rib=(NOT_STATIC,)).routes[0]


@pytest.mark.parametrize(
    ("change", "there", "why"),
    [
        (Create(WISH), [THEIRS], f"{THEIRS} is in the way"),
        (Create(WISH), [OLD], f"{OLD} is in the way"),
        (Create(WISH), [OURS, "ip route 10.200.0.0/24 eth1"], "eth1 is in the way"),
        (Replace(read(OLD), WISH), [OLD, "ip route 10.200.0.0/24 eth1"], "eth1 is in the way"),
        (Replace(read(THEIRS), WISH), [THEIRS], "is not ours"),
        (Delete(read(THEIRS)), [THEIRS], "is not ours"),
        (Replace(read(OLD), WISH), [], f"{OLD} is no longer there"),
        (
            Create(route("10.200.0.0/24", "fd00:10:240::30")),
            [],
            "fd00:10:240::30 is of another family than 10.200.0.0/24",
        ),
        (Delete(read(OLD)), [OURS], f"{OLD} is no longer there, but {OURS}"),
        (Adopt(read(THEIRS), WISH), [], f"{THEIRS} is no longer there"),
        (Adopt(OSPF, WISH), [], "is no static route: change it where it comes from"),
    ],
    ids=str,
)
def test_where_nothing_may_be_written(change: Change, there: list[str], why: str) -> None:
    outcome = prepared(change, statics(*there), MAIN)

    assert isinstance(outcome, Failed)
    assert (outcome.step, outcome.retry) == (change, "pointless")
    assert why in outcome.reason


@pytest.mark.parametrize(
    ("change", "there"),
    [
        (Create(WISH), [OURS]),
        (Replace(read(OURS), WISH), [OURS]),
        (Replace(read(OLD), WISH), [OURS]),
        (Delete(read(OLD)), []),
        (Delete(read(OLD)), [f"{OURS} 50", THEIRS]),
        (Adopt(read(THEIRS), WISH), [OURS]),
    ],
    ids=str,
)
def test_what_is_done_already_is_not_written(change: Change, there: list[str]) -> None:
    assert prepared(change, statics(*there), MAIN) == Done(change)


@pytest.mark.parametrize(
    ("change", "after", "done"),
    [
        (Create(WISH), [OURS], True),
        (Create(WISH), [], False),
        (Replace(read(OLD), WISH), [OURS], True),
        (Replace(read(OLD), WISH), [OURS, OLD], False),
        (Replace(read(OLD), WISH), [OLD], False),
        (Delete(read(OLD)), [], True),
        (Delete(read(OLD)), [OLD], False),
        (Adopt(read(THEIRS), WISH), [OURS], True),
    ],
    ids=str,
)
@pytest.mark.parametrize("told", ["", "% Configuration failed"])
def test_what_counts_is_what_is_there(
    change: Change, after: list[str], told: str, *, done: bool
) -> None:
    outcome = judged(change, statics(*after), MAIN, told)

    if done:
        assert outcome == Done(change)
    else:
        assert outcome == Failed(
            change, told or "FRRouting took it, but does not have it", "worth it"
        )


@pytest.mark.parametrize(
    ("change", "options", "line"),
    [
        (Create(WISH), MAIN, f"vtysh -c 'configure terminal' -c '{OURS}'"),
        (
            Create(WISH),
            FrrOptions(router="a@b", vtysh="sudo -n vtysh"),
            f"ssh a@b 'sudo -n vtysh -c '\"'\"'configure terminal'\"'\"' -c '\"'\"'{OURS}'\"'\"''",
        ),
        (Delete(read(OLD)), MAIN, "true"),
        (Delete(read(THEIRS)), MAIN, f"false '{THEIRS} is not ours'"),
    ],
    ids=str,
)
def test_what_a_person_types(change: Change, options: FrrOptions, line: str) -> None:
    assert by_hand(prepared(change, statics(), options), options) == line


def test_another_port_is_in_the_line() -> None:
    line = by_hand((OURS,), FrrOptions(router="a@b:2222"))

    assert line.startswith("ssh -p 2222 a@b 'vtysh ")


@pytest.mark.parametrize(
    ("line", "kind", "ownership", "preference", "deviation"),
    [
        (OURS, "unicast", "ours", 1, "configured, but not in the routing table"),
        (OURS.replace("240", "250"), "unicast", "ours", 1, ""),
        (f"{OURS.replace('240', '250')} 50", "unicast", "ours", 50, "distance 50, not 1"),
        (HOLE, "blackhole", "ours", 1, "blackhole, not unicast"),
        ("ip route 10.200.0.0/24 eth0 tag 200", "link", "ours", 1, "through eth0"),
        (THEIRS, "unicast", "foreign", 1, ""),
        ("ip route 10.200.0.0/24 eth0 9", "link", "foreign", 9, ""),
        (f"{THEIRS} nexthop-vrf red", "unicast", "foreign", 1, "with nexthop-vrf red"),
        (
            "ipv6 route fd00:10:200::/64 from fd01::/64 fd00:10:240::9",
            "unicast",
            "foreign",
            -1,
            "for packets from fd01::/64 only",
        ),
    ],
)
def test_a_static_route_as_a_plan_sees_it(
    line: str, kind: str, ownership: str, preference: int, deviation: str
) -> None:
    found = read(line)

    assert (found.kind, found.ownership, found.preference, found.deviation) == (
        kind,
        ownership,
        preference,
        deviation,
    )
    assert found.handle == line
    assert is_idle(found) == deviation.endswith("not in the routing table")


@pytest.mark.parametrize(
    ("hops", "kind", "next_hop"),
    [
        ([NextHop("10.240.0.30", "eth0")], "unicast", "10.240.0.30"),
        ([NextHop(interface_name="eth0")], "link", "None"),
        ([NextHop("10.240.0.30"), NextHop("10.240.0.31")], "multipath", "None"),
        ([NextHop(blackhole=True)], "blackhole", "None"),
        ([NextHop(reject=True)], "blackhole", "None"),
        ([], "blackhole", "None"),
    ],
)
def test_a_route_of_another_protocol(hops: list[NextHop], kind: str, next_hop: str) -> None:
    (found,) = table(rib=(RibRoute("10.200.0.0/24", "ospf", 110, 20, hops),)).routes

    assert (found.kind, str(found.next_hop)) == (kind, next_hop)
    assert (found.ownership, found.preference) == ("foreign", 110)
    assert found.handle.startswith("ospf route 10.200.0.0/24 via ")
    assert found.handle.endswith(" [110/20]")


def test_a_static_route_in_the_table_is_not_shown_twice() -> None:
    active = RibRoute("10.200.0.0/24", "static", 1, 0, [NextHop("10.240.0.30", "eth0")])

    (found,) = table(OURS, rib=(active,)).routes

    assert (found.handle, found.deviation) == (OURS, "")


def test_where_next_hops_can_be() -> None:
    shown = table()

    assert [str(one) for one in shown.on_link or ()] == ["10.240.0.0/24", "fd00:10:240::/64"]
    assert {str(one) for one in shown.own_addresses} >= {
        "10.240.0.1",
        "fd00:10:240::1",
        "127.0.0.1",
    }
    assert table(options=FAR).preferences.v4 == 50


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"tag": "0"}, "tag 0 is not between 1 and 4294967295"),
        ({"distance": "255"}, "distance 255 is not between 1 and 254"),
        ({"vrf": "a b"}, "vrf 'a b' is not the name of a VRF"),
        ({"vrf": "red\nip route 0.0.0.0/0 10.0.0.1"}, "is not the name of a VRF"),
        ({"vtysh": ""}, "vtysh '' is no command"),
        ({"vtysh": "'"}, "No closing quotation"),
        ({"router": "a"}, "router 'a' is not USER@HOST"),
        ({"table": "1"}, "unknown provider option 'table'"),
    ],
)
def test_bad_options_are_refused(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(FrrOptions, texts)
