"""What does BIRD say of its protocols and of the BGP neighbours among them? Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, get_args

from podroute.model.bgp_peer import BgpPeer, BgpState, by_address
from podroute.model.check import Problem
from podroute.providers.bgp_sessions import OPENING, UNANSWERED, is_up, near_limit
from podroute.providers.bird.answers import Line

PROTOCOLS: Final = ("show", "protocols", "all")  # what birdc is asked

_NAME: Final = 1002
_DETAIL: Final = 1006
_PROTOCOL: Final = re.compile(r"(?P<name>\S+) +(?P<kind>\S+) +(?P<table>\S+) +(?P<state>\S+) .*")
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_COUNT: Final = re.compile(r"(?P<count>[0-9]+) (?P<what>[a-z]+)")
_STATES: Final[Mapping[str, BgpState]] = {
    **{one: one for one in get_args(BgpState)},
    "Down": "Idle",
}
_LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "Import limit": ("imported",),
    "Receive limit": ("imported", "filtered"),
    "Export limit": ("exported",),
}
_CLOSED: Final = re.compile(r"limit exceeded|limit hit|maximum number of prefixes", re.IGNORECASE)
_TOLD_US: Final = "Received:"


class Protocol(NamedTuple):
    """``fields`` are its own, ``channels`` have theirs."""

    name: str
    kind: str
    table: str
    state: str
    fields: Mapping[str, str]
    channels: Mapping[str, Mapping[str, str]]

    @property
    def is_up(self) -> bool:
        """Whether it does what it is for."""
        return self.state == "up"


def protocols_in(lines: Sequence[Line]) -> Sequence[Protocol]:
    """Those of ``show protocols all``."""
    found: list[Protocol] = []
    fields: dict[str, str] = {}
    for line in lines:
        head = _PROTOCOL.fullmatch(f"{line.text} ") if line.code == _NAME else None
        if head:
            fields = {}
            found.append(Protocol(head[1], head[2], head[3], head[4], fields, {}))
        elif line.code == _DETAIL and found:
            key, _, text = line.text.strip().partition(":")
            if key.startswith("Channel "):
                fields = {}
                found[-1] = _with_channel(found[-1], key.removeprefix("Channel "), fields)
            else:
                fields[key] = text.strip()
    return found


def _with_channel(protocol: Protocol, name: str, fields: Mapping[str, str]) -> Protocol:
    return protocol._replace(channels={**protocol.channels, name: fields})


def kernels_of(protocols: Sequence[Protocol], table: str) -> Sequence[Protocol]:
    """Who gives routes of that table to the kernel."""
    return [one for one in protocols if (one.kind, one.table, one.state) == ("Kernel", table, "up")]


def peers_in(protocols: Sequence[Protocol]) -> Sequence[BgpPeer]:
    """The BGP neighbours, for people."""
    return by_address(_peer(one) for one in _sessions(protocols))


def limits_of(protocols: Sequence[Protocol]) -> Iterator[Problem]:
    """Sessions that were closed, or soon are, since one side tells too much."""
    for one in _sessions(protocols):
        peer = _peer(one)
        if not is_up(peer) and _CLOSED.search(peer.reason):
            yield _closed(one, peer)
        for name, channel in one.channels.items():
            for limit, counted in _LIMITS.items():
                told, most = _told(channel, counted), _number(channel.get(limit, ""))
                if is_up(peer) and (cause := near_limit(told, most, name)):
                    yield Problem(peer.address, cause, f"raise it: {limit.lower()} in {one.name}")


def _sessions(protocols: Sequence[Protocol]) -> Iterator[Protocol]:
    return (one for one in protocols if one.kind == "BGP" and "Neighbor address" in one.fields)


def _peer(one: Protocol) -> BgpPeer:
    state = _STATES.get(one.fields.get("BGP state", ""), "Unknown")
    received = sum(_told(channel, ("imported", "filtered")) for channel in one.channels.values())
    return BgpPeer(
        one.fields["Neighbor address"],
        _number(one.fields.get("Neighbor AS", "")),
        state,
        None,
        received,
        sum(_told(channel, ("imported",)) for channel in one.channels.values()),
        sum(_told(channel, ("exported",)) for channel in one.channels.values()),
        "" if state == "Established" else _why(one, state),
        one.name,
    )


def _why(one: Protocol, state: BgpState) -> str:
    now = UNANSWERED if state in OPENING else ""
    if told := "; ".join(filter(None, (one.fields.get("Last error"), now))):
        return told
    return f"disabled: birdc enable {one.name}" if one.state == "down" else "nobody has answered"


def _number(text: str) -> int:
    """That it begins with; 0 where it does not."""
    found = _NUMBER.match(text)
    return int(found[0]) if found else 0


def _told(channel: Mapping[str, str], counted: Sequence[str]) -> int:
    found = _COUNT.findall(channel.get("Routes", ""))
    return sum(int(count) for count, what in found if what in counted)


def _closed(one: Protocol, peer: BgpPeer) -> Problem:
    if peer.reason.startswith(_TOLD_US):
        cause = "it takes no more prefixes than we have told: it has closed the session"
        return Problem(peer.address, cause, "raise its prefix limit for us there")
    cause = f"it has told more prefixes than {one.name} takes: the session was closed"
    fix = f"raise import limit or receive limit in {one.name}; then birdc enable {one.name}"
    return Problem(peer.address, cause, fix)
