"""What BIRD says of its protocols, its BGP neighbours among them."""

import pytest

from podroute.model.bgp_peer import BgpPeer
from podroute.providers.bgp_sessions import UNANSWERED
from podroute.providers.bird.answers import lines_in
from podroute.providers.bird.protocols import (
    Protocol,
    kernels_of,
    limits_of,
    peers_in,
    protocols_in,
)

READY = "0001 BIRD 2.0.12 ready.\n"
ALL = f"""{READY}2002-Name       Proto      Table      State  Since         Info
1002-device1    Device     ---        up     16:29:10.653
1006-
1002-kernel1    Kernel     master4    up     2026-11-29 16:29:10
1006-  Channel ipv4
         State:          UP
         Routes:         0 imported, 2 exported, 0 preferred
1002-kernel2    Kernel     master6    down   16:29:10.653
1002-podroute4  Static     master4    up     16:29:10.653
1002-tor        BGP        ---        up     16:29:10.653  Established
1006-  BGP state:          Established
         Neighbor address: 10.240.0.2
         Neighbor AS:      64512
       Channel ipv4
         Routes:         3 imported, 1 filtered, 2 exported, 3 preferred
         Import limit:   4
           Action:       disable
       Channel ipv6
         Routes:         1 imported, 0 exported, 1 preferred
1002-any        BGP        ---        start  16:29:10.653  Passive
1006-  BGP state:          Passive
         Neighbor range:   10.240.0.0/24
"""


def bgp(
    state: str, routes: str = "", limit: str = "", error: str = "", up: str = "start"
) -> Protocol:
    fields = {"BGP state": state, "Neighbor address": "10.240.0.2", "Neighbor AS": "64512"}
    channel = {"Routes": routes}
    if limit:
        name, _, most = limit.partition(": ")
        channel[name] = most
    if error:
        fields["Last error"] = error
    return Protocol("tor", "BGP", "---", up, fields, {"ipv4": channel})


def test_all_of_them_are_read() -> None:
    found = protocols_in(lines_in(ALL))

    assert [(one.name, one.kind, one.table, one.state) for one in found] == [
        ("device1", "Device", "---", "up"),
        ("kernel1", "Kernel", "master4", "up"),
        ("kernel2", "Kernel", "master6", "down"),
        ("podroute4", "Static", "master4", "up"),
        ("tor", "BGP", "---", "up"),
        ("any", "BGP", "---", "start"),
    ]
    assert found[4].channels["ipv4"]["Import limit"] == "4"
    assert [one.name for one in kernels_of(found, "master4")] == ["kernel1"]
    assert kernels_of(found, "master6") == []
    assert protocols_in(lines_in(f"{READY}1006-  lost\n")) == []


def test_neighbours_are_those_that_have_an_address() -> None:
    (peer,) = peers_in(protocols_in(lines_in(ALL)))

    assert peer == BgpPeer("10.240.0.2", 64512, "Established", None, 5, 4, 2, "", "tor")


@pytest.mark.parametrize(
    ("session", "state", "reason"),
    [
        (bgp("Active"), "Active", "nobody has answered"),
        (bgp("Idle", error="Socket: Connection refused"), "Idle", "Socket: Connection refused"),
        (bgp("Down", up="down"), "Idle", "disabled: birdc enable tor"),
        (bgp("Passive"), "Unknown", "nobody has answered"),
        (bgp("OpenSent"), "OpenSent", UNANSWERED),
        (bgp("OpenConfirm", error="it is late"), "OpenConfirm", f"it is late; {UNANSWERED}"),
    ],
)
def test_why_there_is_no_session(session: Protocol, state: str, reason: str) -> None:
    (peer,) = peers_in([session])

    assert (peer.state, peer.reason) == (state, reason)


def test_an_as_that_is_no_number_is_not_shown() -> None:
    told = bgp("Active")
    (peer,) = peers_in([told._replace(fields={**told.fields, "Neighbor AS": "external"})])

    assert (peer.address, peer.asn) == ("10.240.0.2", 0)


NEAR = "{} of 4 prefixes of ipv4: with more the session is closed"
OVER = "Automatic shutdown: Route limit exceeded"
THEIRS = "Received: Maximum number of prefixes reached"


@pytest.mark.parametrize(
    ("session", "causes"),
    [
        (bgp("Established", "3 imported, 9 exported", "Import limit: 4"), [NEAR.format(3)]),
        (bgp("Established", "2 imported, 9 exported", "Import limit: 4"), []),
        (bgp("Established", "2 imported, 2 filtered", "Import limit: 4"), []),
        (bgp("Established", "2 imported, 2 filtered", "Receive limit: 4"), [NEAR.format(4)]),
        (bgp("Established", "0 imported, 4 exported", "Export limit: 4 [HIT]"), [NEAR.format(4)]),
        (bgp("Established", "900 imported"), []),
        (bgp("Active", "4 imported", "Import limit: 4"), []),
        (bgp("Established", "4 imported", "Import limit: "), []),
        (bgp("Established", "4 imported", "Import limit: off"), []),
        (
            bgp("Down", "", "Import limit: 4", OVER, "down"),
            ["it has told more prefixes than tor takes: the session was closed"],
        ),
        (
            bgp("Idle", error=THEIRS),
            ["it takes no more prefixes than we have told: it has closed the session"],
        ),
    ],
)
def test_a_prefix_limit_that_is_near_or_reached(session: Protocol, causes: list[str]) -> None:
    found = list(limits_of([session]))

    assert [one.cause for one in found] == causes
    assert {one.subject for one in found} <= {"10.240.0.2"}


def test_what_to_do_names_the_limit() -> None:
    near = bgp("Established", "4 imported", "Import limit: 4")
    fixes = [
        one.fix for one in limits_of([near, bgp("Down", error=OVER), bgp("Idle", error=THEIRS)])
    ]

    assert fixes == [
        "raise it: import limit in tor",
        "raise import limit or receive limit in tor; then birdc enable tor",
        "raise its prefix limit for us there",
    ]
