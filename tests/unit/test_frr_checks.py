"""Whether FRRouting's router forwards."""

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.frr.checks import checks, forwarded_in
from podroute.providers.interface import Question

BOTH = (parse_cidr("10.200.0.0/16"), parse_cidr("fd00:10:200::/48"))


@pytest.mark.parametrize(
    ("text", "forwarded"),
    [
        ("IP forwarding is on\nipv6 forwarding is off\n", {"ip"}),
        ("IP forwarding is off\nipv6 forwarding is on\n", {"ipv6"}),
    ],
)
def test_what_vtysh_says_is_understood(text: str, forwarded: set[str]) -> None:
    assert forwarded_in(text) == forwarded


@pytest.mark.parametrize("text", ["", "IP forwarding is on\n", "% Unknown command"])
def test_what_says_nothing_of_both_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError, match="show ip forwarding"):
        forwarded_in(text)


@pytest.mark.parametrize(
    ("forwarded", "causes"),
    [
        ({"ip", "ipv6"}, []),
        ({"ipv6"}, ["IPv4 packets are not forwarded"]),
        (set[str](), ["IPv4 packets are not forwarded", "IPv6 packets are not forwarded"]),
    ],
)
def test_a_check_fails(forwarded: set[str], causes: list[str]) -> None:
    (found,) = checks(Question((), BOTH), forwarded)

    assert (found.id, [one.cause for one in found.problems]) == ("router-forwarding", causes)
