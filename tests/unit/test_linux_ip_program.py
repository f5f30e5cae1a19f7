"""What the program ``ip`` prints is what the kernel has said; what is told it is what was meant."""

from contextlib import suppress
from errno import (
    EEXIST,
    EHOSTUNREACH,
    EINVAL,
    ENETUNREACH,
    ENOBUFS,
    EOPNOTSUPP,
    EPERM,
    ESRCH,
)
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podroute.host.rtnetlink import KernelRoute, Link, Refusal, new_route
from podroute.model.cidr import parse_address
from podroute.model.route import InstalledRoute
from podroute.providers.linux.changes import Removal, Round, Spelled
from podroute.providers.linux.ip_program import answers_in, batch, listed_in, listing, unsaid
from tests.builders import installed
from tests.unit.linux_entries import ENTRIES, HOP, HOP6, V4, V6

ADDRESSES = pack("=I", 0x47361222)
ROUTES = pack("=I", 0x45311224)
LINKS = (
    b'[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536},'
    b'{"ifindex":2,"ifname":"eth0","flags":["BROADCAST"]}]\n'
)
BODIES = [new_route(one).body for one, _ in ENTRIES]
# as the kernel has them: the first with IFA_LOCAL, the other without
_OWN = b"\n\xf0\0\1"
ADDRESS = pack("=BBBBi", 2, 24, 0x80, 0, 1) + pack("=HH4sHH4s", 8, 1, _OWN, 8, 2, _OWN)
ADDRESS_6 = pack("=BBBBi", 10, 64, 0, 0, 2) + pack("=HH16s", 20, 1, parse_address("fd00::1").packed)
WHOLE = ADDRESSES + ROUTES + ROUTES
MAIN = {254}
UNREADABLE = "has printed something else, or for another kind of machine"


def message(body: bytes, kind: int = 24) -> bytes:
    """As netlink has it."""
    padding = b"\0" * (-len(body) % 4)
    return pack("=IHHII", 16 + len(body), kind, 2, 7, 8) + body + padding


def test_of_the_main_table_no_other_is_listed() -> None:
    assert listing({254}) == (
        "sh",
        "-c",
        (
            "ip -json link show && ip address save && "
            "ip -4 route save table main && ip -6 route save table main"
        ),
    )


def test_no_table_is_asked_for_that_may_not_exist() -> None:
    assert listing({254, 1000})[2].endswith(
        "ip -4 route save table all && ip -6 route save table all"
    )


def test_all_is_read_in_the_kernels_order() -> None:
    first, *others = BODIES
    printed = b"".join(
        (
            LINKS,
            *(ADDRESSES, message(ADDRESS, 20), message(ADDRESS_6, 20)),
            *(ROUTES, message(first)),
            *(ROUTES, *map(message, others)),
        )
    )

    found = listed_in(printed, {254, 1000})

    assert found.links == (
        Link(1, "lo", up=True, loopback=True),
        Link(2, "eth0", up=False, loopback=False),
    )
    assert found.addresses == {parse_address("10.240.0.1"), parse_address("fd00::1")}
    assert found.tables == {254: BODIES, 1000: BODIES}


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (b"", "`ip -json link show` has printed something else"),
        (b"busybox\n" + WHOLE, "`ip -json link show` has printed something else"),
        (b'[{"ifname":"lo"}]\n' + WHOLE, "`ip -json link show` has printed something else"),
        (b"[" * 100_000, "`ip -json link show` has printed something else"),
        (b"[]\n", "`ip route save` has not printed all"),
        (b"[]\n" + ADDRESSES + ROUTES, "`ip route save` has not printed all"),
        (b"[]\n" + ROUTES + ROUTES + ADDRESSES, "`ip route save` has not printed all"),
        (b"[]\n" + message(BODIES[0]) + WHOLE, UNREADABLE),
        (b"[]\n" + WHOLE + message(BODIES[0])[:-1], UNREADABLE),
        (b"[]\n" + WHOLE + b"\0\0", UNREADABLE),
        (b"[]\n" + WHOLE + pack("=I", 15), UNREADABLE),
        (b"[]\n" + WHOLE + message(BODIES[0][:11]), UNREADABLE),
        (b"[]\n" + WHOLE + message(b"\2\x63" + BODIES[0][2:]), UNREADABLE),
        (b"[]\n" + ADDRESSES + message(ADDRESS[:8], 20) + ROUTES + ROUTES, UNREADABLE),
        (b"[]\n" + b"".join(WHOLE[at : at + 4][::-1] for at in (0, 4, 8)), UNREADABLE),
    ],
)
def test_what_is_something_else_is_told(printed: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        listed_in(printed, MAIN)


@given(st.binary(), st.integers(0, 200))
def test_whatever_is_printed_is_read_or_refused(noise: bytes, place: int) -> None:
    whole = LINKS + ADDRESSES + message(ADDRESS, 20) + ROUTES + message(BODIES[0]) + ROUTES
    printed = whole[:place] + noise + whole[place + len(noise) :]

    with suppress(ValueError):
        assert listed_in(printed, MAIN).tables.keys() == MAIN


ADD = Spelled("add", KernelRoute(V4, HOP, 200, 0))
ADD_6 = Spelled("add", KernelRoute(V6, HOP6, 200, 50, 1000))
GO = Removal(installed("10.200.0.0/24", "10.240.0.30"), BODIES[0])


def test_each_change_is_a_line_and_the_last_is_none() -> None:
    assert batch([ADD, ADD_6, GO]) == (
        "route add 10.200.0.0/24 via 10.240.0.30 proto 200\n"
        "route add fd00:10:200::/64 via fd00:10:240::30 proto 200 metric 50 table 1000\n"
        f"route del {GO.installed.handle}\n"
        "end\n"
    )


@pytest.mark.parametrize("name", ["a#b", "a'b", 'a"b', "a\\"])
def test_a_name_that_means_something_in_a_batch_is_not_said(name: str) -> None:
    odd: Round = Removal(
        InstalledRoute(
            GO.installed.destination, None, "ours", f"10.200.0.0/24 dev {name} proto 200 metric 0"
        ),
        BODIES[0],
    )
    (sign,) = set(name) & set("#'\"\\")

    assert unsaid([ADD, odd, GO]) == {
        1: Refusal(EINVAL, f"a name with {sign} cannot be told to `ip -batch`")
    }


END = 'Object "end" is unknown, try "ip help".\n'


def test_a_route_may_say_no_more_than_that_it_is_one() -> None:
    bare = BODIES[0][:12]

    assert listed_in(b"[]\n" + WHOLE + message(bare), MAIN).tables[254] == [bare]


def test_a_name_that_nobody_can_read_hides_no_route() -> None:
    printed = LINKS.replace(b"eth0", b"\xff\xfe") + WHOLE + message(BODIES[0])

    found = listed_in(printed, MAIN)

    assert (found.links[1].name, found.tables[254]) == ("\ufffd\ufffd", [BODIES[0]])


def test_a_name_with_control_characters_is_read_as_it_is() -> None:
    """``ip`` prints them unspelled; on the router whoever names an interface can choose them."""
    printed = LINKS.replace(b"eth0", b"e\x01\x1f") + WHOLE

    assert listed_in(printed, MAIN).links[1].name == "e\x01\x1f"


def test_a_line_at_which_ip_would_end_is_not_said() -> None:
    """It ended all that follow."""
    hops = " ".join(f"nexthop via 10.240.0.{place} dev eth0 weight 1" for place in range(2, 74))
    words = f"10.200.0.0/24 proto 200 metric 0 {hops}"
    long = Removal(InstalledRoute(GO.installed.destination, None, "ours", words), BODIES[0])

    assert unsaid([ADD, long, GO]) == {
        1: Refusal(EINVAL, "a route of so many next hops cannot be told to `ip -batch`")
    }


def test_what_goes_is_told_with_its_metric() -> None:
    """Without one ``ip route del`` takes any: the route for good where the spare one has gone."""
    spare = Spelled("del", KernelRoute(V6, HOP6, 200, 1024))

    assert batch([spare]).startswith(
        "route del fd00:10:200::/64 via fd00:10:240::30 proto 200 metric 1024\n"
    )


def test_what_failed_is_told_line_by_line() -> None:
    said = (
        "RTNETLINK answers: File exists\nCommand failed -:1\n"
        "Error: Nexthop has invalid gateway.\nCommand failed -:3\n"
        'Cannot find device "nope"\n  Usage: ...\nCommand failed -:4\n'
        "RTNETLINK answers: No such process\nCommand failed -:5\n"
        "RTNETLINK answers: Out of luck\nCommand failed -:6\n"
        "RTNETLINK answers: Operation not permitted\nCommand failed -:7\n"
        f"{END}Command failed -:8\n"
    )

    assert answers_in(said, 7) == [
        Refusal(EEXIST, "File exists"),
        None,
        Refusal(0, "Nexthop has invalid gateway."),
        Refusal(0, 'Cannot find device "nope" Usage: ...'),
        Refusal(ESRCH, "No such process"),
        Refusal(0, "Out of luck"),
        Refusal(EPERM, "Operation not permitted"),
    ]


def test_all_may_be_done() -> None:
    assert answers_in(f"{END}Command failed -:3\n", 2) == [None, None]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("hello\nRTNETLINK answers: Operation not permitted", (EPERM, "Operation not permitted")),
        ("Warning: x.\nError: Nexthop has invalid gateway.", (0, "Nexthop has invalid gateway.")),
        ("RTNETLINK answers: Network unreachable", (ENETUNREACH, "Network unreachable")),
        ("RTNETLINK answers: Host is unreachable", (EHOSTUNREACH, "Host is unreachable")),
        ("RTNETLINK answers: Not supported", (EOPNOTSUPP, "Not supported")),
        ("hello", (0, "hello")),
    ],
)
def test_whoever_speaks_before_the_kernel_does_not_speak_for_it(
    words: str, refusal: tuple[int, str]
) -> None:
    """A shell at its start; musl has words of its own for errors."""
    said = f"{words}\nCommand failed -:1\n{END}Command failed -:2\n"

    assert answers_in(said, 1) == [Refusal(*refusal)]


def test_where_much_was_said_the_end_of_it_is_told() -> None:
    (lost,) = answers_in("x" * 10_000 + " Killed", 1)

    assert lost is not None
    assert lost.words == f"`ip -batch` broke off: {'x' * 493} Killed"


def test_a_line_of_an_unlikely_number_is_none() -> None:
    assert answers_in(f"Command failed -:{'9' * 5000}\n{END}Command failed -:2\n", 1) == [None]


@pytest.mark.parametrize(
    ("said", "known", "told"),
    [
        ("", [], "without a word"),
        ("sh: 1: ip: not found\n", [], "sh: 1: ip: not found"),
        (
            "RTNETLINK answers: File exists\nCommand failed -:2\nKilled\n",
            [None, Refusal(EEXIST, "File exists")],
            "RTNETLINK answers: File exists Command failed -:2 Killed",
        ),
    ],
)
def test_where_it_breaks_off_nobody_knows(
    said: str, known: list[Refusal | None], told: str
) -> None:
    lost = Refusal(ENOBUFS, f"`ip -batch` broke off: {told}")

    assert answers_in(said, 3) == [*known, *[lost] * (3 - len(known))]


@given(st.text())
def test_whatever_is_said_there_are_as_many_answers(said: str) -> None:
    assert len(answers_in(said, 4)) == 4
