"""What is to be written for a change in BIRD, and what has become of it?"""

from ipaddress import ip_interface

import pytest

from podroute.model.cidr import Address, parse_address
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.bird.answers import Answers, BirdRoute, Link
from podroute.providers.bird.changes import Edit, Look, by_hand, is_about, judged, prepared
from podroute.providers.bird.include_file import Entries, Entry, entry_for
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.bird.translate import route_table
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route


def hops(*texts: str) -> tuple[Address, ...]:
    return tuple(map(parse_address, texts))


MAIN = BirdOptions()
WISH = route("10.200.0.0/24", "10.240.0.30")
WISH_6 = route("fd00:10:200::/64", "fd00:10:240::30")
MOVED = route("10.200.0.0/24", "10.240.0.40")
PLACE = WISH.destination
ENTRY = entry_for(WISH, MAIN)
HOLE = Entry(PLACE, None, 200)
RUNNING = BirdRoute(PLACE, "unicast", "podroute4", 200, "*", hops("10.240.0.30"))
THEIRS = BirdRoute(PLACE, "unicast", "theirs", 200, "", hops("10.240.0.99"))
LINKS = tuple(
    Link(name, up, tuple(map(ip_interface, addresses)))
    for name, up, addresses in (
        ("lo", True, ["127.0.0.1/8", "::1/128"]),
        ("eth0", True, ["10.240.0.1/24", "fd00:10:240::1/64", "fe80::1/64"]),
        ("eth1", False, ["10.241.0.1/24"]),
    )
)


def table(*routes: BirdRoute, has: tuple[Entry, ...] = ()) -> RouteTable:
    return route_table(Answers(routes, LINKS, {one.destination: one for one in has}), MAIN)


def look(*routes: BirdRoute, has: tuple[Entry, ...] = ()) -> Look:
    entries: Entries = {one.destination: one for one in has}
    return Look(table(*routes, has=has), entries)


def read(*routes: BirdRoute, has: tuple[Entry, ...] = ()) -> InstalledRoute:
    return table(*routes, has=has).routes[0]


IDLE = "configured, but not in BIRD's table"
LEFT = "in BIRD's table, but not in /etc/bird/podroute.conf"
MINE = read(RUNNING, has=(ENTRY,))
OTHER = read(THEIRS)
THEIR_OWN = f"{OTHER.handle} is of BIRD's own configuration: remove it there"


@pytest.mark.parametrize(
    ("routes", "has", "shape"),
    [
        ([RUNNING], (ENTRY,), ("ours", "unicast", "10.240.0.30", "")),
        ([], (ENTRY,), ("ours", "unicast", "10.240.0.30", IDLE)),
        (
            [RUNNING._replace(hops=hops("10.240.0.31"))],
            (ENTRY,),
            ("ours", "unicast", "10.240.0.30", IDLE),
        ),
        (
            [RUNNING._replace(preference=100)],
            (ENTRY,),
            ("ours", "unicast", "10.240.0.30", IDLE),
        ),
        (
            [RUNNING._replace(kind="blackhole", hops=())],
            (ENTRY,),
            ("ours", "unicast", "10.240.0.30", IDLE),
        ),
        (
            [RUNNING._replace(sign="!")],
            (ENTRY,),
            ("ours", "unicast", "10.240.0.30", "the kernel has refused it"),
        ),
        (
            [RUNNING._replace(preference=50)],
            (ENTRY._replace(preference=50),),
            ("ours", "unicast", "10.240.0.30", "preference 50, not 200"),
        ),
        (
            [RUNNING._replace(kind="blackhole", hops=())],
            (HOLE,),
            ("ours", "blackhole", None, "blackhole, not unicast"),
        ),
        (
            [RUNNING],
            (HOLE,),
            ("ours", "blackhole", None, f"blackhole, not unicast, {IDLE}"),
        ),
        (
            [RUNNING],
            (),
            ("ours", "unicast", "10.240.0.30", LEFT),
        ),
        ([THEIRS], (), ("foreign", "unicast", "10.240.0.99", "")),
        (
            [THEIRS._replace(hops=hops("10.240.0.8", "10.240.0.9"))],
            (),
            ("foreign", "multipath", None, ""),
        ),
        ([THEIRS._replace(hops=(), links=("eth0",))], (), ("foreign", "link", None, "")),
        ([THEIRS._replace(kind="unreachable", hops=())], (), ("foreign", "blackhole", None, "")),
    ],
)
def test_what_is_found(
    routes: list[BirdRoute], has: tuple[Entry, ...], shape: tuple[str, str, str | None, str]
) -> None:
    (found,) = table(*routes, has=has).routes
    hop = str(found.next_hop) if found.next_hop else None

    assert (found.ownership, found.kind, hop, found.deviation) == shape


def test_handles_are_what_a_person_looks_for() -> None:
    assert MINE.handle == "route 10.200.0.0/24 via 10.240.0.30;"
    assert OTHER.handle == "theirs route 10.200.0.0/24 via 10.240.0.99 (200)"
    several = THEIRS._replace(hops=hops("10.240.0.8", "10.240.0.9"), links=("eth0",))
    assert read(several).handle.endswith("via 10.240.0.8, 10.240.0.9, eth0 (200)")
    hole = THEIRS._replace(kind="prohibited", hops=())
    assert read(hole).handle == "theirs route 10.200.0.0/24 via prohibited (200)"


def test_the_rest_of_a_table() -> None:
    found = table(RUNNING, THEIRS._replace(preference=300), has=(ENTRY,))

    assert [str(one) for one in found.on_link or ()] == ["10.240.0.0/24", "fd00:10:240::/64"]
    assert "10.241.0.1" in map(str, found.own_addresses)
    assert found.preferences.of(PLACE) == found.preferences.of(WISH_6.destination) == 65335
    assert [one.preference for one in found.routes] == [65335, 65235]


def test_a_protocol_of_the_other_family_is_not_ours() -> None:
    assert read(RUNNING._replace(protocol="podroute6")).ownership == "foreign"


@pytest.mark.parametrize(
    ("change", "now", "plan"),
    [
        (Create(WISH), look(), Edit(PLACE, ENTRY)),
        (Create(WISH_6), look(), Edit(WISH_6.destination, entry_for(WISH_6, MAIN))),
        (Create(WISH), look(RUNNING, has=(ENTRY,)), Done(Create(WISH))),
        (Create(WISH), look(has=(ENTRY,)), Edit(PLACE, ENTRY, ENTRY)),
        (Create(WISH), look(THEIRS._replace(preference=100)), Edit(PLACE, ENTRY)),
        (
            Replace(MINE, MOVED),
            look(RUNNING, has=(ENTRY,)),
            Edit(PLACE, entry_for(MOVED, MAIN), ENTRY),
        ),
        (Replace(MINE, WISH), look(RUNNING, has=(ENTRY,)), Done(Replace(MINE, WISH))),
        (Replace(MINE, WISH), look(has=(ENTRY,)), Edit(PLACE, ENTRY, ENTRY)),
        (Delete(MINE), look(RUNNING, has=(ENTRY,)), Edit(PLACE, None, ENTRY)),
        (Delete(read(RUNNING)), look(RUNNING), Edit(PLACE, None)),
        (Delete(MINE), look(), Done(Delete(MINE))),
    ],
)
def test_what_is_to_be_written(change: Change, now: Look, plan: object) -> None:
    assert prepared(change, now, MAIN) == plan


@pytest.mark.parametrize(
    ("change", "now", "reason"),
    [
        (
            Create(route("10.200.0.0/24", "fd00:10:240::30")),
            look(),
            f"{WISH_6.next_hop} is of another family than {PLACE}",
        ),
        (Create(WISH), look(RUNNING), f"{read(RUNNING).handle} is there already"),
        (Create(WISH), look(THEIRS), f"{OTHER.handle} is in the way"),
        (
            Create(WISH),
            look(RUNNING, has=(entry_for(MOVED, MAIN),)),
            f"{entry_for(MOVED, MAIN).line} is there already",
        ),
        (
            Replace(MINE, MOVED),
            look(RUNNING, THEIRS, has=(ENTRY,)),
            f"{OTHER.handle} is in the way",
        ),
        (Replace(MINE, MOVED), look(), f"{MINE.handle} is no longer there"),
        (
            Replace(MINE, MOVED),
            look(has=(HOLE,)),
            f"{MINE.handle} is no longer there, but {HOLE.line}",
        ),
        (Delete(MINE), look(has=(HOLE,)), f"{MINE.handle} is no longer there, but {HOLE.line}"),
        (Replace(OTHER, MOVED), look(THEIRS), f"{OTHER.handle} is not ours"),
        (Delete(OTHER), look(THEIRS), f"{OTHER.handle} is not ours"),
        (Adopt(OTHER, WISH), look(THEIRS), THEIR_OWN),
    ],
)
def test_what_may_not_be_written(change: Change, now: Look, reason: str) -> None:
    assert prepared(change, now, MAIN) == Failed(change, reason, "pointless")


def test_edits_are_made_in_one() -> None:
    now = look(has=(ENTRY, entry_for(WISH_6, MAIN)))
    edits = [Edit(PLACE, HOLE), Edit(WISH_6.destination, None), Edit(WISH_6.destination, None)]

    assert now.with_edits(edits) == {PLACE: HOLE}
    assert set(now.entries) == {PLACE, WISH_6.destination}


@pytest.mark.parametrize(
    ("change", "now", "told", "reason"),
    [
        (Create(WISH), look(RUNNING, has=(ENTRY,)), "", ""),
        (Replace(MINE, WISH), look(RUNNING, has=(ENTRY,)), "odd", ""),
        (Delete(MINE), look(THEIRS), "", ""),
        (Delete(MINE), look(has=(ENTRY,)), "", f"{ENTRY.line} is still there"),
        (Delete(MINE), look(has=(ENTRY,)), "no room", "no room"),
        (Create(WISH), look(), "no room", "no room"),
        (Create(WISH), look(), "", "BIRD took it, but has nothing: is /etc/bird/podroute.conf in"),
        (Create(WISH), look(has=(ENTRY,)), "", f"has {ENTRY.line} configured, but not in BIRD's"),
        (Create(WISH), look(has=(HOLE,)), "", f"BIRD took it, but has {HOLE.line} blackhole"),
    ],
)
def test_what_became_of_it(change: Change, now: Look, told: str, reason: str) -> None:
    outcome = judged(change, now, MAIN, told)

    if not reason:
        assert outcome == Done(change)
    else:
        assert isinstance(outcome, Failed)
        assert (outcome.step, outcome.retry) == (change, "worth it")
        assert reason in outcome.reason


@pytest.mark.parametrize(
    ("told", "is_so"),
    [
        ("BIRD has refused its configuration: ./podroute.conf:12:1 syntax error", True),
        ("BIRD has refused its configuration: bird.conf:12:1 syntax error", False),
        ("", False),
    ],
)
def test_whose_line_is_wrong(told: str, *, is_so: bool) -> None:
    assert is_about(told, MAIN) == is_so


FILE = "/etc/bird/podroute.conf"
NEW = "    route 10.200.0.0/24 via 10.240.0.30;"
THEN = f" && grep -qxF '{NEW}' {FILE} && birdc configure soft"


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (
            Edit(PLACE, ENTRY),
            rf"sed -i '/^protocol static podroute4 /,/^}}/s|^}}|{NEW}\n}}|' {FILE}{THEN}",
        ),
        (
            Edit(PLACE, ENTRY, HOLE),
            rf"sed -i '\|^    {HOLE.line}$|s|.*|{NEW}|' {FILE}{THEN}",
        ),
        (Edit(PLACE, None, ENTRY), rf"sed -i '\|^{NEW}$|d' {FILE} && birdc configure soft"),
        (Edit(PLACE, None), "birdc configure soft"),
        (Done(Create(WISH)), "true"),
        (Failed(Create(WISH), "it's in the way", "pointless"), """false 'it'"'"'s in the way'"""),
    ],
)
def test_what_a_person_types(plan: Edit | Done | Failed, line: str) -> None:
    assert by_hand(plan, MAIN) == line


@pytest.mark.parametrize(
    ("router", "login"), [("root@r1", "ssh root@r1 "), ("root@r1:2222", "ssh -p 2222 root@r1 ")]
)
def test_elsewhere_it_is_typed_there(router: str, login: str) -> None:
    options = BirdOptions(router=router, birdc="sudo -n birdc")

    assert by_hand(Edit(PLACE, None), options) == f"{login}'sudo -n birdc configure soft'"
