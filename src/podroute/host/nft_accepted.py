"""What does a chain accept, whatever else its packets are like? By nft's JSON.

Understood are rules that say it plainly, one end of a packet and ``accept``, and jumps to such
rules without any condition, as Docker has one to DOCKER-USER.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_network
from typing import Final

import msgspec

from podroute.bridge.seen import Accepted, Chain, End
from podroute.model.cidr import Cidr

_ENDS: Final[Mapping[str, End]] = {
    "saddr": "from",
    "iifname": "from",
    "daddr": "to",
    "oifname": "to",
}


class _Named(msgspec.Struct):
    field: str = ""
    key: str = ""
    name: str = ""
    target: str = ""


class _Left(msgspec.Struct):
    payload: _Named | None = None
    meta: _Named | None = None


class _Match(msgspec.Struct):
    op: str
    left: _Left
    right: msgspec.Raw


class _Prefix(msgspec.Struct):
    addr: str
    len: int


class _Network(msgspec.Struct):
    prefix: _Prefix | None = None
    members: list["_Network | str"] = msgspec.field(name="set", default_factory=list)


def accepted_in(chain: Chain, rules: Iterable[tuple[str, bytes]]) -> Iterator[Accepted]:
    """``rules``: of each rule of its table the name of the chain, and the expressions."""
    bodies: dict[str, list[bytes]] = {}
    for name, body in rules:
        bodies.setdefault(name, []).append(body)
    waiting, seen = [chain.name], {chain.name}
    while waiting:
        for body in bodies.get(waiting.pop(), ()):
            matches, verdict, target = _plain(body)
            if verdict == "jump" and not matches and target not in seen:
                seen.add(target)
                waiting.append(target)
            if verdict == "accept" and len(matches) == 1:
                yield from _accepted(chain, matches[0])


def _plain(body: bytes) -> tuple[Sequence[_Match], str, str]:
    """Its conditions, what becomes of packets, and where they go on; "" where it is not plain."""
    try:
        parts = msgspec.json.decode(body, type=list[dict[str, msgspec.Raw]])
        matches = [
            msgspec.json.decode(part["match"], type=_Match) for part in parts if "match" in part
        ]
        rest = [one for part in parts for one in part.items() if not _is_beside(*one)]
        if len(rest) != 1:
            return (), "", ""
        ((verdict, detail),) = rest
        named = msgspec.json.decode(detail, type=_Named | None)
    except msgspec.DecodeError:
        return (), "", ""
    return matches, verdict, named.target if named else ""


def _is_beside(word: str, detail: msgspec.Raw) -> bool:
    """Whether it says nothing of what becomes of packets."""
    if word != "xt":
        return word in {"match", "counter"}
    named = msgspec.json.decode(detail, type=_Named | None)
    return named is not None and named.name == "comment"


def _accepted(chain: Chain, match: _Match) -> Iterator[Accepted]:
    left = match.left.payload or match.left.meta or _Named()
    end = _ENDS.get(left.field or left.key)
    if end is None or match.op != "==":
        return
    where = chain.family, chain.table, chain.name
    with suppress(msgspec.DecodeError, ValueError):
        if match.left.meta is not None:
            yield Accepted(where, end, msgspec.json.decode(match.right, type=str))
        else:
            right = msgspec.json.decode(match.right, type=_Network | str)
            yield Accepted(where, end, networks=tuple(_networks(right)))


def _networks(one: _Network | str) -> Iterator[Cidr]:
    if isinstance(one, str):
        yield ip_network(one)
    elif one.prefix is not None:
        yield ip_network(f"{one.prefix.addr}/{one.prefix.len}")
    else:
        for member in one.members:
            yield from _networks(member)
