"""Whether FRRouting's router forwards."""

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.frr.answers import Answers
from podroute.providers.frr.bgp import NO_BGP, Bgp, Family, Session
from podroute.providers.frr.checks import Seen, checks, forwarded_in
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.interface import Question
from podroute.providers.next_hops import next_hop_check

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


NOTHING = Answers((), {}, ())
ANSWER = next_hop_check(Question((), ()), {})


@pytest.mark.parametrize(
    ("forwarded", "causes"),
    [
        ({"ip", "ipv6"}, []),
        ({"ipv6"}, ["IPv4 packets are not forwarded"]),
        (set[str](), ["IPv4 packets are not forwarded", "IPv6 packets are not forwarded"]),
    ],
)
def test_a_check_fails(forwarded: set[str], causes: list[str]) -> None:
    found, answering, installed = checks(
        Question((), BOTH), Seen(forwarded, [ANSWER], NOTHING, NO_BGP), FrrOptions()
    )

    assert (found.id, [one.cause for one in found.problems]) == ("router-forwarding", causes)
    assert (answering, installed.id) == (ANSWER, "router-route-installed")


@pytest.mark.parametrize(("sent", "verdict"), [(0, "failed"), (3, "skipped")])
def test_an_announcer_need_not_forward(sent: int, verdict: str) -> None:
    """Who is told only is a router."""
    families = {"ipv4Unicast": Family(sent_prefix_counter=sent)}
    session = Session("Established", address_family_info=families)
    seen = Seen({"ipv6"}, [ANSWER], NOTHING, Bgp({"10.240.0.1": session}, {}))
    found, *_ = checks(Question((), BOTH), seen, FrrOptions())

    assert (found.id, found.verdict) == ("router-forwarding", verdict)
    words = found.skipped or found.problems[0].cause
    assert words.startswith("IPv4 packets are not forwarded")
    assert ("only announces to 10.240.0.1" in words) == bool(sent)


def test_of_bgp_is_asked_where_there_are_neighbours() -> None:
    bgp = Bgp({"10.240.0.2": Session("Active")}, {})
    found = checks(Question((), ()), Seen({"ip"}, [ANSWER], NOTHING, bgp), FrrOptions(vrf="red"))

    assert [one.id for one in found[3:]] == ["bgp-session", "bgp-prefix-limit"]
    (problem,) = found[3].problems
    assert (problem.subject, problem.cause) == ("10.240.0.2", "Active: never tried")
    look = "vtysh -c 'show bgp vrf red neighbors 10.240.0.2'"
    assert problem.fix == f"{look}; there: what its BGP says of us"
