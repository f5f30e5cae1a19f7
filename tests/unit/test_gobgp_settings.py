"""What can be chosen about announcements, and what a failed call is told as."""

import pytest

from podroute.model.bgp_peer import BgpPeer, by_address
from podroute.model.cidr import parse_cidr
from podroute.providers.bgp_sessions import UNANSWERED
from podroute.providers.gobgp.api import gobgp_pb2 as api
from podroute.providers.gobgp.failures import failure
from podroute.providers.gobgp.neighbors import (
    bgp_peer,
    fault_of,
    is_waiting,
    name_of,
    was_waiting,
)
from podroute.providers.gobgp.paths import Path, path_of
from podroute.providers.gobgp.settings import GobgpOptions, community_text, parse_community
from podroute.providers.interface import InvalidOption, parse_options

TLS = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"address": ""}, "is not HOST:PORT"),
        ({"address": "a b:1"}, "is not HOST:PORT"),
        ({"address": "127.0.0.1:0"}, "is not HOST:PORT"),
        ({"address": "127.0.0.1:65536"}, "is not HOST:PORT"),
        ({"address": "[::::]:50051"}, "is not HOST:PORT"),
        ({"address": "10.240.0.2:50051"}, "is not of this machine, and the API has no password"),
        ({"address": "bgp.example"}, "is not of this machine"),
        ({"address": "[2001:db8::1]"}, "is not of this machine"),
        ({"ca": "ca.pem"}, "needs all three: ca, cert and key"),
        ({"community": "64512"}, "is no community: write ASN:NUMBER"),
        ({"community": "65536:1"}, "is no community"),
        ({"community": "1:65536"}, "is no community"),
        ({"community": "no-export"}, "has a meaning of its own"),
        ({"communities": "64512:1,nonsense"}, "communities 'nonsense' is no community"),
        ({"communities": "blackhole"}, "would have routers drop"),
        ({"med": "-1"}, "med -1 is not between 0 and 4294967295"),
        ({"med": "4294967296"}, "med 4294967296 is not between"),
        ({"timeout": "0"}, "is not between 0.1 and 3600 seconds"),
        ({"neighbors": "all"}, "unknown provider option 'neighbors'"),
    ],
)
def test_what_is_refused(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(GobgpOptions, texts)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("127.0.0.1:50051", "127.0.0.1:50051"),
        ("127.0.0.2", "127.0.0.2:50051"),
        ("localhost:1", "localhost:1"),
        ("[::1]", "[::1]:50051"),
        ("unix:/run/gobgp.sock", "unix:/run/gobgp.sock"),
        ("unix:///run/gobgp.sock", "unix:/run/gobgp.sock"),
    ],
)
def test_an_address_of_this_machine_needs_no_files(address: str, target: str) -> None:
    options = parse_options(GobgpOptions, {"address": address})

    assert (options.target, options.secured) == (target, False)


def test_an_address_elsewhere_needs_mutual_tls() -> None:
    options = parse_options(GobgpOptions, {"address": "bgp.example:1", "med": "0", **TLS})

    assert (options.target, options.secured, options.med) == ("bgp.example:1", True, 0)


@pytest.mark.parametrize(
    ("text", "number"),
    [("64512:200", 0xFC0000C8), ("no-export", 0xFFFFFF01), ("blackhole", 0xFFFF029A), ("0:0", 0)],
)
def test_a_community(text: str, number: int) -> None:
    assert parse_community("community", text) == number
    assert community_text(number) == text


@pytest.mark.parametrize(
    ("code", "details", "words"),
    [
        ("DEADLINE_EXCEEDED", "", "no answer within 10 s"),
        ("UNIMPLEMENTED", "unknown service api.GoBgpService", "install 4.5 or later"),
        ("UNIMPLEMENTED", "unknown method", "no API of GoBGP 4"),
        ("UNKNOWN", "bgp server hasn't started yet", "start it with -f FILE"),
        ("UNKNOWN", "something\nelse", "UNKNOWN: something\\nelse"),
        (
            "UNAVAILABLE",
            "failed to connect to all addresses; last error: UNKNOWN: ipv4: Connection refused",
            "not reached: Connection refused; is gobgpd running, with --api-hosts 127.0.0.1:50051?",
        ),
        ("UNAVAILABLE", "Socket closed", "has it ended, or been started with --tls?"),
        ("UNAVAILABLE", "Ssl handshake failed", "see ca, cert and key here"),
        (
            "UNAVAILABLE",
            "failed to connect to all addresses; CERTIFICATE_VERIFY_FAILED: unable to get: OK",
            "not reached: its certificate is not trusted; is it of the authority in ca",
        ),
        (
            "UNAVAILABLE",
            "failed to connect to all addresses; ipv4: Hostname Verification Check failed.",
            "not reached: its certificate is of another name; give an address that",
        ),
        (
            "UNAVAILABLE",
            "failed to connect to all addresses; ipv4: Unwrap failed (TSI_DATA_CORRUPTED)",
            "not reached: it does not take our certificate; is cert of the authority",
        ),
        (
            "UNAVAILABLE",
            "Tls handshake failed: WRONG_VERSION_NUMBER: Invalid certificate: OK",
            "not reached: it speaks no TLS; start gobgpd with --tls",
        ),
    ],
)
def test_a_failure_says_what_to_do(code: str, details: str, words: str) -> None:
    told = failure(code, details, GobgpOptions())

    assert told.startswith("GoBGP at 127.0.0.1:50051: ")
    assert words in told


def test_a_closed_socket_under_tls_is_no_missing_tls() -> None:
    told = failure("UNAVAILABLE", "Socket closed", GobgpOptions(ca="a", cert="b", key="c"))

    assert told.endswith("Socket closed; is gobgpd running, with --api-hosts 127.0.0.1:50051?")


def message(*attributes: api.Attribute) -> api.Path:
    prefix = api.NLRI(prefix=api.IPAddressPrefix(prefix="10.200.0.0", prefix_len=24))
    return api.Path(nlri=prefix, pattrs=attributes)


@pytest.mark.parametrize(
    ("attribute", "path"),
    [
        (api.Attribute(), {"extras": ("an attribute of another kind",)}),
        (api.Attribute(as_path=api.AsPathAttribute()), {}),
        (
            api.Attribute(
                as_path=api.AsPathAttribute(
                    segments=[api.AsSegment(numbers=[64513, 64514]), api.AsSegment(numbers=[1])]
                )
            ),
            {"extras": ("AS path 64513 64514 1",)},
        ),
        (api.Attribute(mp_reach=api.MpReachNLRIAttribute()), {}),
        (api.Attribute(next_hop=api.NextHopAttribute(next_hop="::")), {}),
        (api.Attribute(local_pref=api.LocalPrefAttribute(local_pref=7)), {"local_pref": 7}),
        (api.Attribute(multi_exit_disc=api.MultiExitDiscAttribute(med=0)), {"med": 0}),
    ],
    ids=str,
)
def test_an_attribute_is_read(attribute: api.Attribute, path: dict[str, object]) -> None:
    expected = Path(parse_cidr("10.200.0.0/24"))

    assert path_of(message(attribute))._asdict() == expected._asdict() | path


def test_the_next_hop_of_ipv6_is_the_first() -> None:
    both = api.MpReachNLRIAttribute(next_hops=["fd00::1", "fe80::1"])

    assert str(path_of(message(api.Attribute(mp_reach=both))).next_hop) == "fd00::1"


DOWN = api.PeerState.ADMIN_STATE_DOWN
PFX_CT = api.PeerState.ADMIN_STATE_PFX_CT
OPENSENT = api.PeerState.SESSION_STATE_OPENSENT
ACTIVE = api.PeerState.SESSION_STATE_ACTIVE
FILE_HAS_IT_DOWN = api.PeerConf(neighbor_address="10.240.0.1", admin_down=True)
NOTIFIED = api.Messages(sent=api.Message(notification=2))


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (api.PeerState(admin_state=PFX_CT), "it has sent more prefixes than prefix-limits allows"),
        (api.PeerState(admin_state=DOWN, local_asn=1), "admin-down in the daemon's file"),
        (api.PeerState(admin_state=DOWN), "disabled by a person"),
        (api.PeerState(session_state=OPENSENT), UNANSWERED),
        (api.PeerState(session_state=ACTIVE), "no connection: is BGP running there"),
        (api.PeerState(messages=NOTIFIED), "NOTIFICATIONs so far: 0 received, 2 sent"),
    ],
    ids=str,
)
def test_why_there_is_no_session(state: api.PeerState, reason: str) -> None:
    peer = api.Peer(conf=FILE_HAS_IT_DOWN, state=state)

    assert bgp_peer(peer).reason.startswith(reason)
    assert is_waiting(peer) == reason.startswith("admin-down")


def test_an_earlier_notification_does_not_hide_that_nobody_answers() -> None:
    state = api.PeerState(session_state=ACTIVE, messages=NOTIFIED)

    assert "do password and TTL security agree?" in bgp_peer(api.Peer(state=state)).reason


def test_a_neighbour_that_podroute_is_not_to_enable_waits_for_a_person() -> None:
    peer = api.Peer(conf=FILE_HAS_IT_DOWN, state=api.PeerState(admin_state=DOWN, local_asn=1))

    assert "enabled once" not in bgp_peer(peer, enabling=False).reason
    assert bgp_peer(peer, enabling=False).reason.endswith("gobgp neighbor … enable")


def test_who_was_enabled_waited_before() -> None:
    up = api.PeerState(admin_state=api.PeerState.ADMIN_STATE_UP)

    assert was_waiting(api.Peer(conf=FILE_HAS_IT_DOWN, state=up))
    assert not was_waiting(api.Peer(state=up))
    assert not was_waiting(api.Peer(conf=FILE_HAS_IT_DOWN, state=api.PeerState(admin_state=DOWN)))


def test_a_session_that_is_up_has_counts() -> None:
    peer = api.Peer(
        conf=api.PeerConf(neighbor_interface="eth0", description="rack 1"),
        state=api.PeerState(session_state=api.PeerState.SESSION_STATE_ESTABLISHED, peer_asn=64513),
        afi_safis=[
            api.AfiSafi(state=api.AfiSafiState(received=3, accepted=2, advertised=1)),
            api.AfiSafi(state=api.AfiSafiState(received=30, accepted=20, advertised=10)),
        ],
    )
    peer.timers.state.uptime.seconds = 5
    peer.timers.state.downtime.seconds = 4

    assert bgp_peer(peer) == BgpPeer("eth0", 64513, "Established", 5.0, 33, 22, 11, "", "rack 1")
    assert name_of(api.Peer(conf=FILE_HAS_IT_DOWN)) == "10.240.0.1"


def test_peers_are_in_order_of_their_addresses() -> None:
    names = ["fd00::1", "10.0.0.10", "eth0", "10.0.0.9"]

    found = by_address(BgpPeer(name, 1, "Idle") for name in names)

    assert [one.address for one in found] == ["eth0", "10.0.0.9", "10.0.0.10", "fd00::1"]


def test_a_daemon_without_bfd_is_too_old() -> None:
    new = api.Peer(bfd=api.BfdPeerConfig())

    assert fault_of([]) == fault_of([new]) == ""
    assert "older than 4.5" in fault_of([new, api.Peer()])
