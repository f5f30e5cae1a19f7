"""How is a kernel read and changed by the program ``ip``? Pure.

``ip route save`` prints what the kernel has said, message by message, behind a number that says
what it is; ``ip -batch`` takes a line for each change and says which of them failed (iproute2:
ip/iproute.c, ip/ipaddress.c, ip/ip.c).
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from errno import (
    EAFNOSUPPORT,
    EEXIST,
    EHOSTUNREACH,
    EINVAL,
    ENETUNREACH,
    ENOBUFS,
    EOPNOTSUPP,
    EPERM,
    ESRCH,
)
from struct import Struct
from typing import Final

import msgspec

from podroute.host.rtnetlink import MAIN_TABLE, ROUTE_HEADER, Link, Refusal
from podroute.host.rtnetlink_lists import parse_local_address, parse_route
from podroute.providers.linux.changes import Round
from podroute.providers.linux.translate import Listed

CHANGING: Final = ("ip", "-force", "-batch", "-")
LISTENING: Final = ("ip", "monitor", "link", "address", "route")

_ADDRESSES: Final = 0x47361222
_ROUTES: Final = 0x45311224
_SECTIONS: Final = (_ADDRESSES, _ROUTES, _ROUTES)
_NUMBER: Final = Struct("=I")
_HEADER: Final = 16  # bytes
_UNREADABLE: Final = "`ip route save` has printed something else, or for another kind of machine"
_SEE: Final = "see command= in authorized_keys there, and what its shell prints at a login"
_END: Final = "end"  # no line of ip: its complaint says that all before were tried
_FAILED: Final = re.compile(r"^Command failed .*:([0-9]{1,9})$")
_SYSTEM: Final = "RTNETLINK answers: "
_KERNEL: Final = "Error: "
_LONGEST: Final = 500  # characters of what ip has said last
_REFUSALS: Final[Mapping[str, int]] = {  # in the words of glibc, and of musl where it has others
    "Address family not supported by protocol": EAFNOSUPPORT,
    "File exists": EEXIST,
    "Host is unreachable": EHOSTUNREACH,
    "Invalid argument": EINVAL,
    "Network is unreachable": ENETUNREACH,
    "Network unreachable": ENETUNREACH,
    "No route to host": EHOSTUNREACH,
    "No such process": ESRCH,
    "Not supported": EOPNOTSUPP,
    "Operation not permitted": EPERM,
    "Operation not supported": EOPNOTSUPP,
}
_OTHERWISE: Final = 0  # a refusal of which only the words are known
_UNSAFE: Final = re.compile(r"[#'\"\\]")  # they mean something in a batch
_CONTROL: Final = re.compile(r"[\x00-\x1f]")  # ip prints them as they are in a name
_LONGEST_LINE: Final = 500  # words; at one of 512 ip ends, whatever follows


class _IpLink(msgspec.Struct, frozen=True):
    ifindex: int
    ifname: str
    flags: list[str]


def listing(tables: Collection[int]) -> tuple[str, ...]:
    """What shows all routes of ``tables``; no table is asked for that may not exist."""
    table = "main" if set(tables) == {MAIN_TABLE} else "all"
    routes = (f"ip -{family} route save table {table}" for family in (4, 6))
    return ("sh", "-c", " && ".join(("ip -json link show", "ip address save", *routes)))


def listed_in(output: bytes, tables: Collection[int]) -> Listed:
    """What ``listing`` has printed.

    Raises:
        ValueError: it is something else.
    """
    head, _, rest = output.partition(b"\n")
    try:
        text = _CONTROL.sub(_spelled, head.decode(errors="replace"))
        links = msgspec.json.decode(text, type=list[_IpLink])
    except (ValueError, RecursionError) as error:
        message = f"`ip -json link show` has printed something else: {error}; {_SEE}"
        raise ValueError(message) from error
    addresses, *routes = _sections(rest)
    bodies = [body for some in routes for body in some]
    if any(len(body) < ROUTE_HEADER.size for body in bodies):
        raise ValueError(_UNREADABLE)
    try:
        own = frozenset(map(parse_local_address, addresses))
        for body in bodies:
            parse_route(body)
    except (KeyError, ValueError) as error:
        raise ValueError(_UNREADABLE) from error
    return Listed(tuple(map(_link, links)), own, dict.fromkeys(tables, bodies))


def _spelled(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _link(one: _IpLink) -> Link:
    return Link(one.ifindex, one.ifname, up="UP" in one.flags, loopback="LOOPBACK" in one.flags)


def _sections(output: bytes) -> Sequence[Sequence[bytes]]:
    kinds: list[int] = []
    sections: list[list[bytes]] = []
    place = 0
    while place < len(output):
        number = _number(output, place)
        if number in _SECTIONS:
            kinds.append(number)
            sections.append([])
            place += _NUMBER.size
        else:
            end = place + number
            if number < _HEADER or end > len(output) or not sections:
                raise ValueError(_UNREADABLE)
            sections[-1].append(output[place + _HEADER : end])
            place += (number + 3) & ~3
    if tuple(kinds) != _SECTIONS:
        message = "`ip route save` has not printed all"
        raise ValueError(message)
    return sections


def _number(output: bytes, place: int) -> int:
    part = output[place : place + _NUMBER.size]
    return int(_NUMBER.unpack(part)[0]) if len(part) == _NUMBER.size else 0


def batch(rounds: Sequence[Round]) -> str:
    """The lines for ``rounds``, and one more."""
    return "".join(f"{line}\n" for line in (*map(_line, rounds), _END))


def _line(one: Round) -> str:
    return f"route {one.verb} {one.words()}"


def unsaid(rounds: Sequence[Round]) -> Mapping[int, Refusal]:
    """The places of those that cannot be said in a line of a batch."""
    found = {place: _unsaid(_line(one)) for place, one in enumerate(rounds)}
    return {
        place: Refusal(EINVAL, f"{what} cannot be told to `ip -batch`")
        for place, what in found.items()
        if what
    }


def _unsaid(line: str) -> str:
    unsafe = _UNSAFE.search(line)
    if unsafe:
        return f"a name with {unsafe[0]}"
    return "a route of so many next hops" if len(line.split()) > _LONGEST_LINE else ""


def answers_in(said: str, count: int) -> Sequence[Refusal | None]:
    """What became of ``count`` lines, by what ``ip`` has said about them.

    Nobody knows of those behind the last that it has complained about: where it did not break off,
    that is the end of the batch.
    """
    refused = dict(_refusals(said))
    known = max(refused, default=-1) + 1
    words = " ".join(said.split())[-_LONGEST:] or "without a word"
    lost = Refusal(ENOBUFS, f"`ip -batch` broke off: {words}")
    return [refused.get(place) if place < known else lost for place in range(count)]


def _refusals(said: str) -> Iterator[tuple[int, Refusal]]:
    words: list[str] = []
    for line in said.splitlines():
        failed = _FAILED.match(line)
        if failed is None:
            words.append(line.strip())
            continue
        yield int(failed[1]) - 1, _refusal(words)
        words = []


def _refusal(words: Sequence[str]) -> Refusal:
    """What ``words`` say of one line; a shell may have said something before."""
    for line in reversed(words):
        if line.startswith(_SYSTEM):
            system = line.removeprefix(_SYSTEM)
            return Refusal(_REFUSALS.get(system, _OTHERWISE), system)
        if line.startswith(_KERNEL):
            return Refusal(_OTHERWISE, line.removeprefix(_KERNEL))
    return Refusal(_OTHERWISE, " ".join(words))
