"""CIDRs and addresses: what is read, in which order they come, and what contains what."""

from ipaddress import ip_network

import pytest

from podroute.model.cidr import (
    bounds,
    contains,
    covered,
    parse_address,
    parse_cidr,
    parse_meant_cidr,
    sort_key,
)
from podroute.model.span import SpanSet


@pytest.mark.parametrize("text", ["10.200.0.0/24", "0.0.0.0/0", "10.0.0.1/32", "fd00::/64", "::/0"])
def test_a_cidr_is_read_as_it_is_written(text: str) -> None:
    assert str(parse_cidr(text)) == text


def test_a_cidr_has_one_form_however_it_is_written() -> None:
    assert parse_cidr("fd00:0::/64") == parse_cidr("fd00::/64")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10.200.0.0", "'10.200.0.0' has no mask: write it as ADDRESS/LENGTH"),
        ("10.200.1.1/24", "'10.200.1.1/24' has host bits set: the network is 10.200.1.0/24"),
        ("fd00::1/64", "'fd00::1/64' has host bits set: the network is fd00::/64"),
        ("10.200.0.0/33", "'10.200.0.0/33' is not a CIDR"),
        (
            "010.200.001.0/24",
            "'010.200.001.0/24' has leading zeros: the network is 10.200.1.0/24",
        ),
        ("010.200.0.0.0/24", "'010.200.0.0.0/24' is not a CIDR"),
        ("no/24", "'no/24' is not a CIDR"),
        ("10.0.0.0/255.255.255.0", "'10.0.0.0/255.255.255.0' is not a CIDR"),
        ("10.0.0.0/0.0.0.255", "'10.0.0.0/0.0.0.255' is not a CIDR"),
        ("fe80::%1/64", "'fe80::%1/64' is not a CIDR"),
        ("/", "'/' is not a CIDR"),
    ],
)
def test_a_bad_cidr_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- compared whole below
        parse_cidr(text)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.200.1.1/24", "10.200.1.0/24"),
        ("010.020.000.00/24", "10.20.0.0/24"),
        ("0010.100.0.1/08", "10.0.0.0/8"),
        ("::ffff:010.0.0.1/128", "::ffff:a00:1/128"),
        ("fd00:0010::/64", "fd00:10::/64"),
    ],
)
def test_what_a_cidr_means_is_what_kubernetes_reads_in_it(text: str, network: str) -> None:
    assert parse_meant_cidr(text) == ip_network(network)


@pytest.mark.parametrize("text", ["", "10.240.0", "10.240.0.30/24", "fe80::1%eth0", "$(id)"])
def test_a_bad_address_is_named(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- compared whole below
        parse_address(text)

    assert str(caught.value) == f"{text!r} is not an IP address"


def test_addresses_of_both_families_are_read() -> None:
    assert [str(parse_address(text)) for text in ("10.240.0.30", "fd00::30")] == [
        "10.240.0.30",
        "fd00::30",
    ]


def test_ipv4_comes_first_then_the_address_then_the_wider() -> None:
    texts = ["fd00::/64", "10.200.1.0/24", "10.200.0.0/24", "10.200.0.0/16", "::/0"]

    ordered = sorted(map(parse_cidr, texts), key=sort_key)

    assert list(map(str, ordered)) == [
        "10.200.0.0/16",
        "10.200.0.0/24",
        "10.200.1.0/24",
        "::/0",
        "fd00::/64",
    ]


@pytest.mark.parametrize(
    ("cidr", "expected"),
    [
        ("10.200.1.0/24", (4, 0x0AC80100, 0x0AC801FF)),
        ("10.0.0.1/32", (4, 0x0A000001, 0x0A000001)),
        ("0.0.0.0/0", (4, 0, (1 << 32) - 1)),
        ("fd00::/64", (6, 0xFD << 120, (0xFD << 120) + (1 << 64) - 1)),
        ("::/0", (6, 0, (1 << 128) - 1)),
    ],
)
def test_bounds_are_the_first_and_the_last_address(
    cidr: str, expected: tuple[int, int, int]
) -> None:
    assert bounds(parse_cidr(cidr)) == expected


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("10.200.0.0/16", "10.200.0.0/24", True),
        ("10.200.0.0/16", "10.200.255.0/24", True),
        ("10.200.0.0/16", "10.200.0.0/16", True),
        ("10.200.0.0/24", "10.200.0.0/16", False),
        ("10.200.0.0/16", "10.201.0.0/24", False),
        ("10.200.0.0/16", "10.199.255.0/24", False),
        ("::/0", "10.200.0.0/24", False),
        ("0.0.0.0/0", "::/128", False),
    ],
)
def test_contains(outer: str, inner: str, *, expected: bool) -> None:
    assert contains(parse_cidr(outer), parse_cidr(inner)) is expected


@pytest.mark.parametrize(
    ("cidrs", "span", "covers", "touches"),
    [
        ("", "10.0.0.0/24", False, False),
        ("10.0.0.0/24", "10.0.0.0/24", True, True),
        ("10.0.0.0/24", "10.0.0.255/32", True, True),
        ("10.0.0.0/24", "10.0.1.0/32", False, False),
        ("10.0.0.0/24", "9.255.255.255/32", False, False),
        ("10.0.0.0/24", "10.0.0.0/23", False, True),
        ("10.0.0.0/24 10.0.0.0/16", "10.0.9.0/24", True, True),
        ("10.0.0.0/16 10.0.0.0/24", "10.0.9.0/24", True, True),
        ("10.0.0.0/24 10.0.2.0/24", "10.0.1.0/24", False, False),
        ("10.0.0.0/24 10.0.2.0/24", "10.0.2.0/25", True, True),
        ("10.0.0.0/24 10.0.2.0/24", "10.0.0.0/8", False, True),
        ("10.0.0.0/8 11.0.0.0/8", "11.1.0.0/16", True, True),
        ("::/0", "10.0.0.0/24", False, False),
        ("::/0", "fd00::/64", True, True),
    ],
)
def test_span_set(cidrs: str, span: str, *, covers: bool, touches: bool) -> None:
    spans = SpanSet(map(parse_cidr, cidrs.split()))
    asked = bounds(parse_cidr(span))

    assert (spans.covers(asked), spans.touches(asked)) == (covers, touches)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("", False),
        ("10.200.0.0/16", True),
        ("10.0.0.0/8 fd00::/16", True),
        ("10.200.0.0/17", False),
        ("10.200.128.0/17 10.200.0.0/18 10.200.64.0/18", True),
        ("10.200.128.0/17 10.200.0.0/18 10.200.96.0/19", False),
        ("::/0", False),
    ],
)
def test_several_ranges_cover_one_together(by: str, *, expected: bool) -> None:
    assert covered(parse_cidr("10.200.0.0/16"), map(parse_cidr, by.split())) is expected


def test_so_do_those_of_ipv6() -> None:
    halves = [parse_cidr("fd00::/17"), parse_cidr("fd00:8000::/17")]
    assert covered(parse_cidr("fd00::/16"), halves)
    assert not covered(parse_cidr("fd00::/16"), halves[:1])
