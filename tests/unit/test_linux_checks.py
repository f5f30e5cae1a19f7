"""What keeps a Linux router from forwarding has a name."""

import pytest

from podroute.model.cidr import Address, parse_address, parse_cidr
from podroute.providers.interface import Question
from podroute.providers.linux.checks import Surroundings, checks
from tests.builders import route

POOLS = (parse_cidr("10.200.0.0/16"), parse_cidr("fd00:10:200::/48"))
WISHES = (
    route("10.200.0.0/24", "10.240.0.30", "worker-0"),
    route("fd00:10:200::/64", "fd00::30", "worker-0"),
)
STRANGER = parse_address("10.240.0.99")


@pytest.mark.parametrize(
    ("forwards", "silent", "problems"),
    [
        ({4: True, 6: True}, [], []),
        ({4: True, 6: True}, [STRANGER], []),
        (
            {4: False, 6: True},
            [],
            ["router-forwarding net.ipv4.ip_forward: IPv4 packets are not forwarded"],
        ),
        (
            {4: True},
            [],
            ["router-forwarding net.ipv6.conf.all.forwarding: its kernel has no IPv6"],
        ),
        (
            {4: True, 6: True},
            [one.next_hop for one in WISHES],
            [
                "router-next-hop worker-0: 10.240.0.30 does not answer ARP on eth1",
                "router-next-hop worker-0: fd00::30 does not answer neighbour discovery on eth1",
            ],
        ),
    ],
)
def test_a_check_fails(
    forwards: dict[int, bool], silent: list[Address], problems: list[str]
) -> None:
    there = Surroundings(forwards, dict.fromkeys(silent, "eth1"), {})
    found = checks(Question(WISHES, POOLS), there)

    ids = ["router-forwarding", "router-next-hop", "router-symmetric"]
    assert [one.id for one in found] == ids
    told = [f"{one.id} {each.subject}: {each.cause}" for one in found for each in one.problems]
    assert told == problems


def test_nobody_asks_for_a_family_without_pods() -> None:
    found = checks(Question((), POOLS[:1]), Surroundings({4: True, 6: False}, {}, {}))

    assert [one.verdict for one in found] == ["passed"] * 3
