"""What is announced and withdrawn for a change, and what has become of it?"""

from ipaddress import ip_address

import pytest

from podroute.model.cidr import parse_cidr
from podroute.model.route import InstalledRoute, Preferences
from podroute.providers.gobgp.changes import (
    Announce,
    Paths,
    Withdraw,
    by_hand,
    judged,
    prepared,
)
from podroute.providers.gobgp.paths import Path, announcement, path_of, withdrawal
from podroute.providers.gobgp.settings import BLACKHOLE, NO_EXPORT, GobgpOptions
from podroute.providers.gobgp.translate import handle_of, path_for, route_table
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route

MAIN = GobgpOptions()
FAR = GobgpOptions(
    address="[2001:db8::1]:179",
    community="65000:7",
    communities="",
    med=5,
    ca="a",
    cert="b",
    key="c",
)
WISH = route("10.200.0.0/24", "10.240.0.30", "worker-0; reload")
WISH_6 = route("fd00:10:200::/64", "fd00:10:240::30")
MARK = 64512 << 16 | 200
MARKS = frozenset((MARK, NO_EXPORT))
OURS = path_for(WISH, MAIN)
OLD = OURS._replace(next_hop=ip_address("10.240.0.31"))
THEIRS = OURS._replace(communities=frozenset[int]())
TOLD = OURS._replace(neighbor="10.240.0.1", extras=("AS path 64513",))
ASIDE = OLD._replace(identifier=9)


def installed(path: Path, *, waiting: bool = False) -> InstalledRoute:
    return route_table([path], MAIN, waiting=waiting).routes[0]


@pytest.mark.parametrize(
    ("change", "there", "acts"),
    [
        (Create(WISH), [], (Announce(OURS),)),
        (Create(WISH), [TOLD], (Announce(OURS),)),
        (Create(WISH), [ASIDE], (Announce(OURS),)),
        (Create(WISH_6), [OURS], (Announce(path_for(WISH_6, MAIN)),)),
        (Replace(installed(OLD), WISH), [OLD], (Announce(OURS),)),
        (Replace(installed(OURS, waiting=True), WISH), [OURS], (Announce(OURS),)),
        (Replace(installed(ASIDE), WISH), [ASIDE], (Announce(OURS), Withdraw(ASIDE))),
        (Replace(installed(ASIDE), WISH), [OURS, ASIDE], (Announce(OURS), Withdraw(ASIDE))),
        (Delete(installed(OLD)), [TOLD, OLD], (Withdraw(OLD),)),
        (Adopt(installed(THEIRS), WISH), [THEIRS], (Announce(OURS),)),
        (
            Adopt(installed(THEIRS._replace(identifier=3)), WISH, written=True),
            [OURS, THEIRS._replace(identifier=3)],
            (Withdraw(THEIRS._replace(identifier=3)),),
        ),
    ],
    ids=str,
)
def test_what_is_sent(
    change: Change, there: list[Path], acts: tuple[Announce | Withdraw, ...]
) -> None:
    assert prepared(change, Paths(there), MAIN) == acts


@pytest.mark.parametrize(
    ("change", "there"),
    [
        (Create(WISH), [OURS]),
        (Delete(installed(OLD)), []),
        (Delete(installed(OLD)), [THEIRS, TOLD]),
        (Replace(installed(OLD), WISH), [OURS]),
        (Adopt(installed(THEIRS), WISH), [OURS]),
    ],
    ids=str,
)
def test_what_is_so_already_is_done(change: Change, there: list[Path]) -> None:
    assert prepared(change, Paths(there), MAIN) == Done(change)


OUR_WORDS = "10.200.0.0/24 nexthop 10.240.0.30 community 64512:200,no-export"
ONLY_THERE = "is the neighbour's: only there it can be changed"
OLD_WORDS = "10.200.0.0/24 nexthop 10.240.0.31 community 64512:200,no-export"


@pytest.mark.parametrize(
    ("change", "there", "reason"),
    [
        (Create(WISH), [THEIRS], "10.200.0.0/24 nexthop 10.240.0.30 is in the way"),
        (Create(WISH), [OLD], f"{OLD_WORDS} is in the way"),
        (
            Replace(installed(ASIDE), WISH),
            [ASIDE, THEIRS],
            "10.200.0.0/24 nexthop 10.240.0.30 is in the way",
        ),
        (
            Create(route("10.200.0.0/24", "fd00::1")),
            [],
            "fd00::1 is of another family than 10.200.0.0/24",
        ),
        (
            Replace(installed(THEIRS), WISH),
            [THEIRS],
            "10.200.0.0/24 nexthop 10.240.0.30 is not ours",
        ),
        (Delete(installed(THEIRS)), [], "10.200.0.0/24 nexthop 10.240.0.30 is not ours"),
        (Delete(installed(OLD)), [OURS], f"{OLD_WORDS} is no longer there, but {OUR_WORDS}"),
        (Replace(installed(OLD), WISH), [THEIRS], f"{OLD_WORDS} is no longer there"),
        (
            Adopt(installed(TOLD), WISH),
            [TOLD],
            f"{OUR_WORDS} from 10.240.0.1, AS path 64513 {ONLY_THERE}",
        ),
    ],
    ids=str,
)
def test_what_may_not_be_done(change: Change, there: list[Path], reason: str) -> None:
    assert prepared(change, Paths(there), MAIN) == Failed(change, reason, "pointless")


LACKS = "GoBGP took it, but does not have it: see its import policy, which is for our paths too"


@pytest.mark.parametrize(
    ("change", "there", "told", "reason"),
    [
        (Create(WISH), [OURS, TOLD], "", ""),
        (Create(WISH), [], "", LACKS),
        (Create(WISH), [THEIRS], "gone", "gone"),
        (Replace(installed(OLD), WISH), [OURS], "", ""),
        (Replace(installed(OURS, waiting=True), WISH), [OURS], "", ""),
        (Replace(installed(ASIDE), WISH), [OURS, ASIDE], "", LACKS),
        (Delete(installed(OLD)), [], "lost", ""),
        (Delete(installed(OLD)), [OLD], "", LACKS),
    ],
    ids=str,
)
def test_what_became_of_it(change: Change, there: list[Path], told: str, reason: str) -> None:
    expected = Failed(change, reason, "worth it") if reason else Done(change)

    assert judged(change, Paths(there), MAIN, told) == expected


SECURED = (
    "gobgp --target '[2001:db8::1]:179' --tls --tls-ca-file a --tls-client-cert-file b "
    "--tls-client-key-file c global rib"
)
V6_WORDS = "-a ipv6 fd00:10:200::/64 origin igp nexthop fd00:10:240::30 community 65000:7 med 5"


@pytest.mark.parametrize(
    ("plan", "options", "line"),
    [
        (Done(Create(WISH)), MAIN, "true"),
        (Failed(Create(WISH), "a'b", "pointless"), MAIN, "false 'a'\"'\"'b'"),
        (
            (Announce(OURS),),
            MAIN,
            f"gobgp global rib add -a ipv4 10.200.0.0/24 origin igp {OUR_WORDS[14:]}",
        ),
        (
            (Withdraw(ASIDE),),
            GobgpOptions(address="unix:/run/gobgp.sock"),
            "gobgp --target unix:/run/gobgp.sock global rib del -a ipv4 10.200.0.0/24 identifier 9",
        ),
        (
            (Announce(path_for(WISH_6, FAR)), Withdraw(path_for(WISH_6, FAR))),
            FAR,
            f"{SECURED} add {V6_WORDS} && {SECURED} del -a ipv6 fd00:10:200::/64",
        ),
    ],
)
def test_a_person_would_type(
    plan: tuple[Announce | Withdraw, ...] | Done | Failed, options: GobgpOptions, line: str
) -> None:
    assert by_hand(plan, options) == line


@pytest.mark.parametrize(
    ("path", "kind", "ownership", "preference", "deviation"),
    [
        (OURS, "unicast", "ours", 1, ""),
        (THEIRS, "unicast", "foreign", 1, ""),
        (TOLD, "unicast", "foreign", 2, ""),
        (TOLD._replace(local_pref=200), "unicast", "foreign", 0, ""),
        (
            OURS._replace(communities=MARKS | {BLACKHOLE}),
            "blackhole",
            "ours",
            1,
            "community 64512:200,blackhole,no-export, not 64512:200,no-export",
        ),
        (OURS._replace(next_hop=None), "link", "ours", 1, ""),
        (OURS._replace(med=5), "unicast", "ours", 1, "med 5, not none"),
        (
            OURS._replace(local_pref=50, identifier=2, extras=("AS path 1",)),
            "unicast",
            "ours",
            1,
            "local-pref 50, identifier 2, not 0, AS path 1",
        ),
    ],
    ids=str,
)
def test_a_path_is_read(
    path: Path, kind: str, ownership: str, preference: int, deviation: str
) -> None:
    found = route_table([path], MAIN, waiting=False)

    (one,) = found.routes
    assert (one.kind, one.ownership, one.preference) == (kind, ownership, preference)
    assert one.deviation == deviation
    assert one.next_hop == (path.next_hop if kind == "unicast" else None)
    assert (found.on_link, found.preferences) == (None, Preferences(1, 1))


def test_while_neighbours_wait_one_of_ours_is_not_as_it_should_be() -> None:
    """One change is enough to have them enabled; many would be held back."""
    later = path_for(WISH_6, MAIN)
    routes = route_table([later, THEIRS, OURS._replace(med=7)], MAIN, waiting=True).routes

    assert [one.deviation for one in routes] == [
        "",
        "med 7, not none, its neighbours are not enabled yet",
        "",
    ]
    assert route_table([THEIRS], MAIN, waiting=True) == route_table([THEIRS], MAIN, waiting=False)


def test_the_handle_names_all_that_can_differ() -> None:
    path = Path(parse_cidr("::/0"), None, frozenset((BLACKHOLE,)), 0, "fe80::1", 7, 3, ("more",))

    assert handle_of(path) == (
        "::/0 nexthop self community blackhole med 0 identifier 3 local-pref 7 from fe80::1, more"
    )


@pytest.mark.parametrize("path", [OURS, path_for(WISH_6, FAR)])
def test_a_path_says_on_the_wire_what_it_is(path: Path) -> None:
    assert path_of(announcement(path)) == path
    gone = withdrawal(path)
    assert (gone.is_withdraw, path_of(gone).destination) == (True, path.destination)
