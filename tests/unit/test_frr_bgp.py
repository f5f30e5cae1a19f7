"""What bgpd says of its neighbours is read as it is meant, or not at all."""

import json

import pytest

from podroute.model.bgp_peer import BgpPeer
from podroute.providers.bgp_sessions import UNANSWERED, limit_check
from podroute.providers.frr.bgp import Bgp, bgp_in, bgp_questions, limits_of, peers_in
from podroute.providers.frr.settings import FrrOptions

UP: dict[str, object] = {
    "bgpState": "Established",
    "remoteAs": 64512,
    "nbrDesc": "announcer",
    "bgpTimerUpEstablishedEpoch": 1795965438,
    "lastResetDueTo": "Waiting for peer OPEN",
    "addressFamilyInfo": {
        "ipv4Unicast": {
            "acceptedPrefixCounter": 4,
            "sentPrefixCounter": 2,
            "prefixAllowedMax": 500,
            "prefixAllowedWarningThresh": 75,
        },
        "ipv6Unicast": {"acceptedPrefixCounter": 1, "sentPrefixCounter": 1},
    },
}
NOTIFIED = "BGP Notification received"
OVER = "Cease/Maximum Number of Prefixes Reached"
NOTHING = '{"warning":"Default BGP instance not found"}'


def seen(*sessions: dict[str, object]) -> Bgp:
    """Neighbours from 10.240.0.2 on."""
    found = {f"10.240.0.{last}": one for last, one in enumerate(sessions, 2)}
    return bgp_in(f"{json.dumps(found)}\n{NOTHING}\n{NOTHING}\n")


def family(**more: int) -> dict[str, object]:
    return {"bgpState": "Established", "addressFamilyInfo": {"ipv4Unicast": more}}


def down(due: str = "", told: str = "", *, shut: bool = False) -> dict[str, object]:
    return {
        "bgpState": "Idle",
        "adminShutDown": shut,
        "lastResetDueTo": due,
        "lastNotificationReason": told,
        "bgpTimerUpEstablishedEpoch": 5,
    }


def test_a_question_names_the_vrf() -> None:
    assert bgp_questions(FrrOptions(vrf="red")) == (
        "show bgp vrf red neighbors json",
        "show bgp vrf red ipv4 unicast json",
        "show bgp vrf red ipv6 unicast json",
    )


def test_a_session_that_is_up() -> None:
    assert peers_in(seen(UP)) == [
        BgpPeer("10.240.0.2", 64512, "Established", 1795965438.0, 5, 5, 3, description="announcer")
    ]


@pytest.mark.parametrize(
    ("session", "state", "reason"),
    [
        (down("Waiting for peer OPEN"), "Idle", "Waiting for peer OPEN"),
        (down("Hold Timer Expired", OVER), "Idle", "Hold Timer Expired"),
        (down(NOTIFIED, "OPEN Message Error/Bad Peer AS"), "Idle", f"{NOTIFIED}: OPEN Message"),
        (down(shut=True), "Idle", "shut down by a person"),
        (down(), "Idle", "never tried"),
        ({"bgpState": "Clearing"}, "Unknown", "never tried"),
        ({"bgpState": "OpenSent"}, "OpenSent", UNANSWERED),
        ({"bgpState": "OpenConfirm"}, "OpenConfirm", UNANSWERED),
        (
            {**down("Waiting for peer OPEN"), "bgpState": "OpenSent"},
            "OpenSent",
            f"Waiting for peer OPEN; {UNANSWERED}",
        ),
    ],
)
def test_a_session_that_is_down(session: dict[str, object], state: str, reason: str) -> None:
    (found,) = peers_in(seen(session))

    assert (found.state, found.since) == (state, None)
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("session", "causes"),
    [
        (UP, []),
        (family(acceptedPrefixCounter=10_000), []),
        (family(prefixAllowedMax=100, acceptedPrefixCounter=74), []),
        (family(prefixAllowedMax=100, acceptedPrefixCounter=75), ["75 of 100 prefixes of ipv4"]),
        (
            family(prefixAllowedMax=100, acceptedPrefixCounter=60, prefixAllowedWarningThresh=60),
            ["60 of 100 prefixes of ipv4Unicast: with more the session is closed"],
        ),
        (down("BGP Notification send", OVER), ["it has told more prefixes than maximum-prefix"]),
        (down(NOTIFIED, OVER), ["it takes no more prefixes than we have told"]),
        (down(NOTIFIED, "Cease/Administrative Shutdown"), []),
        (down("Hold Timer Expired", OVER), []),
    ],
)
def test_a_prefix_limit_that_is_near_or_reached(
    session: dict[str, object], causes: list[str]
) -> None:
    found = limit_check(limits_of(seen(session)))

    assert found.id == "bgp-prefix-limit"
    assert [one.subject for one in found.problems] == ["10.240.0.2"] * len(causes)
    for problem, cause in zip(found.problems, causes, strict=True):
        assert problem.cause.startswith(cause)


def test_what_to_do_depends_on_who_has_closed() -> None:
    ours, theirs = limits_of(seen(down("BGP Notification send", OVER), down(NOTIFIED, OVER)))

    assert ours.fix == (
        "raise it: neighbor 10.240.0.2 maximum-prefix; then vtysh -c 'clear bgp 10.240.0.2'"
    )
    assert theirs.fix.startswith("raise its prefix limit for us there")
    (near,) = limits_of(seen(family(prefixAllowedMax=1, acceptedPrefixCounter=1)))
    assert near.fix == "raise it: neighbor 10.240.0.2 maximum-prefix"


def test_paths_of_both_families_are_read() -> None:
    tables = [
        {"routes": {cidr: [{"valid": True, "peerId": peer, "nexthops": [{"ip": hop}]}]}}
        for cidr, peer, hop in (
            ("10.200.0.0/24", "10.240.0.2", "10.240.0.30"),
            ("fd00:10:200::/64", "fd00:10:240::2", "fd00:10:240::30"),
        )
    ]
    found = bgp_in("{}" + "".join(map(json.dumps, tables)))

    assert found.sessions == {}
    assert [one.peer_id for some in found.paths.values() for one in some] == [
        "10.240.0.2",
        "fd00:10:240::2",
    ]
    assert [one.valid for some in found.paths.values() for one in some] == [True, True]


def test_of_a_vrf_without_bgp_there_is_nothing() -> None:
    assert bgp_in(f"{{}}\n{NOTHING}\n{NOTHING}\n") == Bgp({}, {})
    assert bgp_in('{"vrfId": 0, "vrfName": "red"}{}{}').sessions == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "% Unknown command",
        "{}{}",
        "[]{}{}",
        '{"10.0.0.1": {}}{}{}',
        '{}{"routes": 1}{}',
        pytest.param("[" * 100_000, id="nested"),
    ],
)
def test_what_is_no_answer_is_no_silence(text: str) -> None:
    with pytest.raises(ValueError, match="about BGP cannot be read"):
        bgp_in(text)
