"""What about the daemon's neighbours? Pure."""

from collections.abc import Iterable
from typing import Final

from podroute.model.bgp_peer import BgpPeer, BgpState
from podroute.providers.bgp_sessions import OPENING, UNANSWERED
from podroute.providers.gobgp.api import gobgp_pb2 as api

_STATES: Final[dict[int, BgpState]] = {
    api.PeerState.SESSION_STATE_IDLE: "Idle",
    api.PeerState.SESSION_STATE_CONNECT: "Connect",
    api.PeerState.SESSION_STATE_ACTIVE: "Active",
    api.PeerState.SESSION_STATE_OPENSENT: "OpenSent",
    api.PeerState.SESSION_STATE_OPENCONFIRM: "OpenConfirm",
    api.PeerState.SESSION_STATE_ESTABLISHED: "Established",
}
_NO_CONNECTION: Final = (
    "no connection: is BGP running there and open to us, and do password and TTL security agree?"
)
_WAITS: Final = "admin-down in the daemon's file: enabled once all paths are there"
_DOWN: Final = (
    "admin-down in the daemon's file, and enable-neighbors=false: gobgp neighbor … enable"
)
_OLD: Final = (
    "this GoBGP is older than 4.5: any neighbour can end it with one UPDATE; install 4.5 or later"
)


def name_of(peer: api.Peer) -> str:
    """By which the daemon knows it."""
    return peer.conf.neighbor_address or peer.conf.neighbor_interface


def is_waiting(peer: api.Peer) -> bool:
    """Whether it is down by the daemon's file, and nobody has touched it since.

    When a person disables a neighbour, GoBGP forgets the state that it gave it at first.
    """
    is_down = peer.state.admin_state == api.PeerState.ADMIN_STATE_DOWN
    return peer.conf.admin_down and is_down and bool(peer.state.local_asn)


def was_waiting(peer: api.Peer) -> bool:
    """Whether it was enabled since the daemon began: by then all was there."""
    return peer.conf.admin_down and peer.state.admin_state == api.PeerState.ADMIN_STATE_UP


def fault_of(peers: Iterable[api.Peer]) -> str:
    """Why nothing should be announced to them by this daemon; "" where it may be."""
    return "" if all(one.HasField("bfd") for one in peers) else _OLD


def bgp_peer(peer: api.Peer, *, enabling: bool = True) -> BgpPeer:
    """For people; ``enabling``: whether podroute enables those that wait."""
    families = [one.state for one in peer.afi_safis]
    state = _STATES.get(peer.state.session_state, "Unknown")
    return BgpPeer(
        name_of(peer),
        peer.conf.peer_asn or peer.state.peer_asn,
        state,
        _since(peer, state),
        sum(one.received for one in families),
        sum(one.accepted for one in families),
        sum(one.advertised for one in families),
        "" if state == "Established" else _reason(peer, state, enabling=enabling),
        peer.conf.description,
    )


def _since(peer: api.Peer, state: BgpState) -> float | None:
    times = peer.timers.state
    seconds = times.uptime.seconds if state == "Established" else times.downtime.seconds
    return float(seconds) if seconds > 0 else None


def _reason(peer: api.Peer, state: BgpState, *, enabling: bool) -> str:
    if peer.state.admin_state == api.PeerState.ADMIN_STATE_PFX_CT:
        return "it has sent more prefixes than prefix-limits allows"
    if peer.state.admin_state == api.PeerState.ADMIN_STATE_DOWN:
        if is_waiting(peer):
            return _WAITS if enabling else _DOWN
        return "disabled by a person (gobgp neighbor … disable)"
    if state in OPENING:
        return UNANSWERED
    return "; else ".join(filter(None, (_told(peer.state.messages), _NO_CONNECTION)))


def _told(messages: api.Messages) -> str:
    """Counts since the daemon began are all that the API tells of NOTIFICATIONs."""
    received, sent = messages.received.notification, messages.sent.notification
    if not (received or sent):
        return ""
    words = f"NOTIFICATIONs so far: {received} received, {sent} sent: the log of gobgpd says which"
    return f"{words}, e.g. a wrong AS number or the router's prefix limit"
