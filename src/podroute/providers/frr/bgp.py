"""What does FRRouting's bgpd say of its neighbours, and of what they tell? Pure."""

from collections.abc import Iterator, Mapping, Sequence
from json import JSONDecodeError
from typing import Final, NamedTuple, get_args

import msgspec

from podroute.model.bgp_peer import BgpPeer, BgpState, by_address
from podroute.model.check import Problem
from podroute.providers.bgp_sessions import OPENING, UNANSWERED, near_limit
from podroute.providers.frr.answers import documents_in
from podroute.providers.frr.settings import FrrOptions

DAEMON: Final = "bgpd"
_UP: Final = "Established"
_STATES: Final[Mapping[str, BgpState]] = {one: one for one in get_args(BgpState)}
_OVER: Final = "Maximum Number of Prefixes"  # in the words for a Cease, RFC 4486
_SENT: Final = "send"  # in FRRouting's words for who has closed a session


class Family(msgspec.Struct, frozen=True, rename="camel"):
    """What a neighbour is to be told, or tells, of one address family."""

    accepted_prefix_counter: int = 0
    sent_prefix_counter: int = 0
    prefix_allowed_max: int = 0  # 0: as many as it likes
    prefix_allowed_warning_thresh: int = 75  # percent of it


class Session(msgspec.Struct, frozen=True, rename="camel"):
    """With a neighbour."""

    bgp_state: str
    remote_as: int = 0
    nbr_desc: str = ""
    admin_shut_down: bool = False
    bgp_timer_up_established_epoch: float | None = None
    last_reset_due_to: str = ""
    last_notification_reason: str = ""
    address_family_info: Mapping[str, Family] = {}

    @property
    def why_closed(self) -> str:
        """As far as it is known."""
        if self.admin_shut_down:
            return "shut down by a person (neighbor … shutdown)"
        told = self.last_notification_reason if "Notification" in self.last_reset_due_to else ""
        closed = ": ".join(filter(None, (self.last_reset_due_to, told)))
        now = UNANSWERED if self.bgp_state in OPENING else ""
        return "; ".join(filter(None, (closed, now))) or "never tried"


class Told(msgspec.Struct, frozen=True):
    """An address in a path."""

    ip: str = ""


class BgpPath(msgspec.Struct, frozen=True, rename="camel"):
    """What a neighbour has told; ``valid``: its next hop is reachable."""

    valid: bool = False
    peer_id: str = ""
    nexthops: list[Told] = []


class _Table(msgspec.Struct, frozen=True):
    """Of a VRF without BGP there is but a warning."""

    routes: Mapping[str, list[BgpPath]] = {}


class Bgp(NamedTuple):
    """All that bgpd has shown; paths by destination."""

    sessions: Mapping[str, Session]
    paths: Mapping[str, Sequence[BgpPath]]


NO_BGP: Final = Bgp({}, {})


def bgp_questions(options: FrrOptions) -> tuple[str, ...]:
    """What vtysh is asked, in one call."""
    where = f"show bgp vrf {options.vrf}"
    return tuple(f"{where} {what} json" for what in ("neighbors", "ipv4 unicast", "ipv6 unicast"))


def bgp_in(text: str) -> Bgp:
    """What vtysh has printed for ``bgp_questions``.

    Raises:
        ValueError: it is something else.
    """
    try:
        (neighbors, *tables), _ = documents_in(text, 3)
        found = msgspec.convert(neighbors, dict[str, object])
        sessions = {
            name: msgspec.convert(one, Session)
            for name, one in found.items()
            if isinstance(one, dict)
        }
        v4, v6 = (msgspec.convert(one, _Table).routes for one in tables)
    except (JSONDecodeError, msgspec.ValidationError, RecursionError) as error:
        message = f"the answer of vtysh about BGP cannot be read: {error}"
        raise ValueError(message) from error
    return Bgp(sessions, {**v4, **v6})


def peers_in(bgp: Bgp) -> list[BgpPeer]:
    """Its neighbours, for people."""
    return by_address(_peer(address, one) for address, one in bgp.sessions.items())


def _peer(address: str, one: Session) -> BgpPeer:
    families = one.address_family_info.values()
    accepted = sum(family.accepted_prefix_counter for family in families)
    is_up = one.bgp_state == _UP
    return BgpPeer(
        address,
        one.remote_as,
        _STATES.get(one.bgp_state, "Unknown"),
        one.bgp_timer_up_established_epoch if is_up else None,
        accepted,  # what its filters refuse is not kept
        accepted,
        sum(family.sent_prefix_counter for family in families),
        "" if is_up else one.why_closed,
        one.nbr_desc,
    )


def limits_of(bgp: Bgp) -> Iterator[Problem]:
    """Sessions that were closed, or soon are, since one side tells too much."""
    for address, one in bgp.sessions.items():
        yield from _limits(address, one)


def _limits(address: str, one: Session) -> Iterator[Problem]:
    if one.bgp_state != _UP:
        if _OVER in one.why_closed:
            yield _closed(address, ours=_SENT in one.last_reset_due_to)
        return
    for name, family in one.address_family_info.items():
        most, told = family.prefix_allowed_max, family.accepted_prefix_counter
        cause = near_limit(told, most, name, family.prefix_allowed_warning_thresh)
        if cause:
            yield Problem(address, cause, f"raise it: neighbor {address} maximum-prefix")


def _closed(address: str, *, ours: bool) -> Problem:
    if ours:
        cause = "it has told more prefixes than maximum-prefix allows: the session was closed"
        fix = f"raise it: neighbor {address} maximum-prefix; then vtysh -c 'clear bgp {address}'"
    else:
        cause = "it takes no more prefixes than we have told: it has closed the session"
        fix = "raise its prefix limit for us there, to about twice the Nodes, and clear the session"
    return Problem(address, cause, fix)
