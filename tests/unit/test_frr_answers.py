"""What vtysh prints is read as it is meant, or not at all."""

from ipaddress import ip_address, ip_interface

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.frr.answers import (
    Link,
    Static,
    answers_in,
    questions,
    static_of,
    statics_in,
)
from podroute.providers.frr.changes import Statics
from podroute.providers.frr.settings import FrrOptions

MAIN = FrrOptions()
RED = FrrOptions(vrf="red")
DESTINATION = parse_cidr("10.200.0.0/24")
HOP = ip_address("10.240.0.30")
CONFIGURATION = """\
ip route 10.200.0.0/24 10.240.0.30 tag 200
ipv6 route fd00:10:200::/64 fd00:10:240::30
!
vrf red
 ip route 10.200.0.0/24 10.240.0.31 tag 200
exit-vrf
!
vrf blue
 ip route 10.200.0.0/24 10.240.0.32 tag 200
exit
ip route 10.200.1.0/24 10.240.0.33 table 100
ip router-id 10.0.0.1
ip route 10.200.2.0/24 blackhole
end
"""


@pytest.mark.parametrize(
    ("words", "static"),
    [
        ("10.240.0.30", Static("", DESTINATION, HOP)),
        ("10.240.0.30 tag 200", Static("", DESTINATION, HOP, tag=200)),
        ("10.240.0.30 tag 200 50", Static("", DESTINATION, HOP, tag=200, distance=50)),
        ("10.240.0.30 eth0 250", Static("", DESTINATION, HOP, "eth0", distance=250)),
        ("10.240.0.30 eth0 onlink", Static("", DESTINATION, HOP, "eth0", extras=("onlink",))),
        ("10.240.0.30 onlink", Static("", DESTINATION, HOP, extras=("onlink",))),
        ("eth0", Static("", DESTINATION, device="eth0")),
        ("fd00::1", Static("", DESTINATION, device="fd00::1")),
        ("eth0 more", Static("", DESTINATION, device="eth0", extras=("more",))),
        ("blackhole", Static("", DESTINATION, drops=True)),
        ("Null0 tag 7", Static("", DESTINATION, drops=True, tag=7)),
        ("reject 9", Static("", DESTINATION, drops=True, distance=9)),
        (
            "10.240.0.30 label 16/17 nexthop-vrf red",
            Static("", DESTINATION, HOP, extras=("label 16/17", "nexthop-vrf red")),
        ),
        ("from 10.0.0.0/8 10.240.0.30", Static("", DESTINATION, HOP, source="10.0.0.0/8")),
        ("10.240.0.30 table 100", None),
        (
            "10.240.0.30 tag 200 metric 5 weight 9 bfd profile 7",
            Static(
                "", DESTINATION, HOP, tag=200, extras=("metric 5", "weight 9", "bfd", "profile 7")
            ),
        ),
    ],
)
def test_a_line_is_read(words: str, static: Static | None) -> None:
    line = f"ip route 10.200.0.0/24 {words}"

    assert static_of(line, MAIN) == (static and static._replace(line=line))


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (
            MAIN,
            [
                "ip route 10.200.0.0/24 10.240.0.30 tag 200",
                "ipv6 route fd00:10:200::/64 fd00:10:240::30",
                "ip route 10.200.2.0/24 blackhole",
            ],
        ),
        (RED, ["ip route 10.200.0.0/24 10.240.0.31 tag 200 vrf red"]),
        (FrrOptions(vrf="green"), []),
    ],
)
def test_each_vrf_has_its_own(options: FrrOptions, lines: list[str]) -> None:
    assert [one.line for one in statics_in(CONFIGURATION, options)] == lines


LINE = "ip route 10.200.0.0/24 10.240.0.30 tag 200"
RIB = """\
{"10.200.0.0/24":[{"prefix":"10.200.0.0/24","protocol":"static","distance":1,"metric":0,
 "nexthops":[{"ip":"10.240.0.30","interfaceName":"eth0","fib":true}]}]}
{}

{"eth0":{"status":"up","addresses":["10.240.0.1/24","fd00:10:240::1/64"]}}
"""


@pytest.mark.parametrize("much", range(len("ip route "), len(LINE)))
def test_a_configuration_that_breaks_off_has_not_what_runs(much: int) -> None:
    """As a full disk leaves it."""
    running = Statics(tuple(statics_in(f"{LINE}\n", MAIN)))

    assert running.are_in(f"hostname r\n{LINE}\n", MAIN)
    assert not running.are_in(f"hostname r\n{LINE[:much]}", MAIN)


def test_who_has_it_twice_has_it_once() -> None:
    """Some versions have a route in the configuration of two daemons."""
    found = answers_in(f"{RIB} mgmtd zebra staticd\n{CONFIGURATION}{CONFIGURATION}", MAIN)

    assert len(found.statics) == 3


def test_all_answers_are_read() -> None:
    found = answers_in(f"{RIB} zebra staticd\n{CONFIGURATION}", MAIN)

    assert [one.prefix for one in found.rib] == ["10.200.0.0/24"]
    assert len(found.statics) == 3
    assert [str(one) for one in found.links["eth0"].spelled()] == [
        "10.240.0.1/24",
        "fd00:10:240::1/64",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("% Unknown command", "cannot be read"),
        ("{}\n{}\n", "cannot be read"),
        ("{}\n{}\n[]\n", "cannot be read"),
        ('{"a":1}\n{}\n{}\n', "cannot be read"),
        pytest.param("[" * 100_000, "cannot be read", id="nested"),
        (f"{RIB} zebra\n", "staticd is not running"),
        (RIB, "staticd is not running"),
        (f"{RIB} zebra staticd\nip route 10.200.0.1/24 10.0.0.1\n", "host bits"),
    ],
)
def test_what_is_no_answer_is_no_empty_table(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        answers_in(text, MAIN)


@pytest.mark.parametrize(
    ("version", "daemons", "missing"),
    [
        ("frr version 10.3.1", "zebra staticd", "mgmtd"),
        ("frr version 10.3.1", "zebra mgmtd", "staticd"),
        ("frr version 10.3.1", "zebra", "mgmtd"),
    ],
)
def test_since_version_9_nothing_is_seen_without_mgmtd(
    version: str, daemons: str, missing: str
) -> None:
    text = f"{RIB} {daemons}\n{version}\n{CONFIGURATION}"

    with pytest.raises(ValueError, match=rf"^{missing} is not running \(there is: {daemons}\)$"):
        answers_in(text, MAIN)


@pytest.mark.parametrize(
    ("version", "daemons"), [("8.4.4", "zebra staticd"), ("10.3.1", "mgmtd zebra staticd")]
)
def test_with_mgmtd_or_before_there_was_one_all_is_read(version: str, daemons: str) -> None:
    found = answers_in(f"{RIB} {daemons}\nfrr version {version}\n{CONFIGURATION}", MAIN)

    assert len(found.statics) == 3


def test_an_address_has_one_of_two_forms() -> None:
    link = Link("up", ["10.240.0.1/24", {"address": "fe80::1%eth0/64"}])

    assert list(link.spelled()) == [ip_interface("10.240.0.1/24"), ip_interface("fe80::1/128")]


def test_a_question_names_the_vrf() -> None:
    assert questions(RED)[0] == "show ip route vrf red json"
