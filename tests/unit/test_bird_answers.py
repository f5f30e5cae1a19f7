"""What does birdc print? A line that cannot be read is no line that is not there."""

from ipaddress import ip_interface

import pytest

from podroute.model.cidr import Address, parse_address, parse_cidr
from podroute.providers.bird.answers import (
    BirdRoute,
    Line,
    Link,
    lines_in,
    links_in,
    questions,
    routes_in,
)
from podroute.providers.bird.settings import BirdOptions

READY = "0001 BIRD 2.0.12 ready.\n0016 Access restricted\n"
TABLE = f"""{READY}1007-Table master4:
     10.97.0.0/16         unicast [theirs 08:22:54.634] * (200)
     \tdev node0
     10.94.0.0/16         prohibited [theirs 2026-11-29 08:22] * (200)
     10.92.0.0/16         unicast [theirs 08:22:54.634] ! (200)
     \tvia 10.240.0.9 on node0 weight 3
     \tvia 10.240.0.8 on node0 weight 1
     10.200.0.0/24        unicast [podroute4 08:22:54.634] * (210)
     \tvia 10.240.0.30 on node0
                          unicast [bgp1 08:22:54.634 from 10.240.0.2] (100) [AS64512i]
     \tvia 10.240.0.77 on node0 onlink
     10.93.0.0/16         unicast [ospf1 08:22:54.634] * E2 (150/10/10000) [10.240.0.9]
     \tvia 10.240.0.9 on node0
1007-Table other4:
     10.91.0.0/16         blackhole [theirs 08:22:54.634] * (200)
"""
LINKS = f"""{READY}1001-lo up (index=1)
1004-\tMultiAccess AdminUp LinkUp Loopback Ignored MTU=65536
1003-\t127.0.0.1/8 (Preferred, scope host)
     \t::1/128 (Preferred, scope host)
1001-node1 down (index=2)
1004-\tMultiAccess Broadcast Multicast AdminUp LinkUp MTU=1500
"""


def hops(*texts: str) -> tuple[Address, ...]:
    return tuple(map(parse_address, texts))


def bird_route(net: str, kind: str, protocol: str, preference: int, sign: str = "*") -> BirdRoute:
    return BirdRoute(parse_cidr(net), kind, protocol, preference, sign)


def test_a_table_is_routes() -> None:
    assert list(routes_in(lines_in(TABLE))) == [
        bird_route("10.97.0.0/16", "unicast", "theirs", 200)._replace(links=("node0",)),
        bird_route("10.94.0.0/16", "prohibited", "theirs", 200),
        bird_route("10.92.0.0/16", "unicast", "theirs", 200, "!")._replace(
            hops=hops("10.240.0.9", "10.240.0.8")
        ),
        bird_route("10.200.0.0/24", "unicast", "podroute4", 210)._replace(hops=hops("10.240.0.30")),
        bird_route("10.200.0.0/24", "unicast", "bgp1", 100, "")._replace(hops=hops("10.240.0.77")),
        bird_route("10.93.0.0/16", "unicast", "ospf1", 150)._replace(hops=hops("10.240.0.9")),
        bird_route("10.91.0.0/16", "blackhole", "theirs", 200),
    ]


def test_an_empty_table_is_no_route() -> None:
    assert list(routes_in(lines_in(READY))) == []


def test_links_have_addresses() -> None:
    addresses = tuple(map(ip_interface, ("127.0.0.1/8", "::1/128")))

    assert links_in(lines_in(LINKS)) == [
        Link("lo", up=True, addresses=addresses),
        Link("node1", up=False),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is not how birdc begins"),
        ("Welcome\n", "birdc says 'Welcome', which has no code"),
        ("1007-Table master4:\n", "is not how birdc begins"),
        ("0001 Bird 2.0.12 ready.\n", "is not how birdc begins"),
        ("0001 BIRD 1.6.8 ready.\n", "^BIRD 2 or later is needed, not 'BIRD 1.6.8 ready.'$"),
        (
            f"{READY}9001 syntax error, unexpected CF_SYM_UNDEFINED\n",
            "^syntax error, unexp",
        ),
        (f"{READY}8002 ./podroute.conf:12:1 syntax error\n", "^./podroute.conf:12:1 syntax error$"),
    ],
)
def test_what_is_no_answer_is_told(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        lines_in(text)


@pytest.mark.parametrize("version", ["2.0.12", "2.15", "3.1.0", "10.0"])
def test_later_ones_are_taken(version: str) -> None:
    said = f"0001 BIRD {version} ready.\n0002-Reading configuration\n0003 Reconfigured\n"

    assert lines_in(said) == [Line(2, "Reading configuration"), Line(3, "Reconfigured")]


@pytest.mark.parametrize(
    "lines",
    [
        ["1007-10.97.0.0/16         multicast [theirs 08:22:54.634] * (200)"],
        ["1007-                     unicast [theirs 08:22:54.634] * (200)"],
        ["1007-\tvia 10.240.0.9 on node0"],
        ["1007-10.97.0.0/16         unicast [theirs 08:22:54.634] * (200)", "     \tmpls 5"],
        ["1007-10.97.0.0/16         unicast [theirs 08:22:54.634] * (200)", "1008-\tType: static"],
    ],
)
def test_no_route_passes_that_cannot_be_read(lines: list[str]) -> None:
    text = READY + "".join(f"{line}\n" for line in lines)
    with pytest.raises(ValueError, match=r"^birdc says '.*' \(100[78]\), which cannot be read$"):
        list(routes_in(lines_in(text)))


@pytest.mark.parametrize(
    "lines",
    [
        ["1001-lo sleeping (index=1)"],
        ["1003-\t127.0.0.1/8 (Preferred, scope host)"],
        ["1001-lo up (index=1)", "1003-\tsomewhere (Preferred)"],
    ],
)
def test_no_link_passes_that_cannot_be_read(lines: list[str]) -> None:
    text = READY + "".join(f"{line}\n" for line in lines)
    with pytest.raises(ValueError, match="which cannot be read"):
        links_in(lines_in(text))


def test_without_a_device_protocol_it_is_told_how() -> None:
    with pytest.raises(ValueError, match="add protocol device"):
        links_in(lines_in(READY))


def test_its_own_tables_are_asked_for() -> None:
    asked = questions(BirdOptions(ipv4_table="pods4", ipv6_table="pods6"))

    assert [" ".join(words) for words in asked.values()] == [
        "show interfaces",
        "show route table pods4",
        "show route table pods6",
    ]
