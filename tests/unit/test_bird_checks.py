"""Which routes BIRD has and does not use, and why."""

import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.providers.bird.answers import Answers, BirdRoute
from podroute.providers.bird.checks import Seen, checks
from podroute.providers.bird.include_file import Entry
from podroute.providers.bird.protocols import Protocol
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.interface import Question
from podroute.providers.next_hops import next_hop_check
from tests.builders import route

WISH = route("10.200.0.0/24", "10.240.0.30", "worker-0")
ENTRY = Entry(WISH.destination, WISH.next_hop, 200)
ELSEWHERE = Entry(WISH.destination, parse_address("10.240.0.99"), 200)
ANSWERED = next_hop_check(Question((), ()), {})


def known(
    sign: str = "*", hop: str = "10.240.0.30", protocol: str = "podroute4", kind: str = "unicast"
) -> BirdRoute:
    hops = (parse_address(hop),) if hop else ()
    return BirdRoute(parse_cidr("10.200.0.0/24"), kind, protocol, 200, sign, hops)


def protocol(name: str, kind: str, state: str = "up") -> Protocol:
    return Protocol(name, kind, "master4", state, {}, {})


KERNEL, OURS = protocol("kernel1", "Kernel"), protocol("podroute4", "Static")
RIVAL = known(hop="10.240.0.99", protocol="rival")
LOST = known(hop="", protocol="tor", kind="unreachable")
SPELLED = "podroute4 route 10.200.0.0/24 via 10.240.0.30 (200) is there, but"
FILE = "/etc/bird/podroute.conf has it, but"


@pytest.mark.parametrize(
    ("routes", "entry", "protocols", "cause"),
    [
        ([known()], ENTRY, [KERNEL, OURS], ""),
        ([], None, [KERNEL], ""),
        ([], ELSEWHERE, [KERNEL, OURS], ""),
        ([RIVAL], ELSEWHERE, [KERNEL, OURS], ""),
        ([known("!")], ENTRY, [KERNEL, OURS], f"{SPELLED} the kernel has not taken it"),
        (
            [RIVAL, known("")],
            ENTRY,
            [KERNEL, OURS],
            f"{SPELLED} not used: rival route 10.200.0.0/24 via 10.240.0.99 (200) is preferred",
        ),
        ([known("")], ENTRY, [KERNEL, OURS], f"{SPELLED} not used"),
        ([known("", protocol="tor"), known()], ENTRY, [KERNEL, OURS], ""),
        (
            [known()],
            ENTRY,
            [protocol("kernel1", "Kernel", "down")],
            f"{SPELLED} no protocol kernel for table master4 is up",
        ),
        (
            [known()],
            ENTRY,
            [protocol("kernel9", "Kernel")],
            f"{SPELLED} not for the kernel: the export filter of kernel9 drops it",
        ),
        (
            [],
            ENTRY,
            [KERNEL],
            f"{FILE} BIRD has not read that: is it included in bird.conf? birdc configure",
        ),
        (
            [],
            ENTRY,
            [KERNEL, protocol("podroute4", "Static", "down")],
            f"{FILE} protocol podroute4 is down: birdc enable podroute4",
        ),
        ([], ENTRY, [KERNEL, OURS], f"{FILE} the router has no way to 10.240.0.30"),
        (
            [LOST],
            None,
            [KERNEL],
            "tor route 10.200.0.0/24 via unreachable (200): the router has no way to its next hop",
        ),
    ],
)
def test_what_is_not_used_has_a_reason(
    routes: list[BirdRoute], entry: Entry | None, protocols: list[Protocol], cause: str
) -> None:
    entries = {entry.destination: entry} if entry else {}
    seen = Seen(Answers(tuple(routes), (), entries), protocols, {"kernel1": routes}, [ANSWERED])
    answered, used = checks(Question((WISH,), ()), seen, BirdOptions())

    assert (answered, used.id) == (ANSWERED, "router-route-installed")
    told = [(one.subject, one.cause, one.fix) for one in used.problems]
    look = "birdc show route all 10.200.0.0/24; birdc show protocols all"
    assert told == ([("10.200.0.0/24 worker-0", cause, look)] if cause else [])


def test_of_bgp_is_asked_where_there_are_neighbours() -> None:
    tor = Protocol("tor", "BGP", "---", "start", {"Neighbor address": "10.240.0.2"}, {})
    seen = Seen(Answers((), (), {}), [tor], {}, [])
    found = checks(Question((), ()), seen, BirdOptions())

    assert [one.id for one in found] == [
        "router-route-installed",
        "bgp-session",
        "bgp-prefix-limit",
    ]
    (problem,) = found[1].problems
    assert problem.cause == "Unknown: nobody has answered"
    assert problem.fix == "birdc show protocols all; there: what its BGP says of us"
