"""Which configuration lines carry out a change, and what has become of it? Pure.

FRRouting keeps one tag for all static routes of one destination and distance: a line that tags one
of them tags all. So nothing is written where somebody else's stands. A replacement adds the new
route and removes the old one; where that drops packets it goes first: both cannot be.
"""

import shlex
from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias, assert_never

from podroute.model.route import Route
from podroute.providers.by_destination import ByDestination
from podroute.providers.frr.answers import MGMTD, Static, statics_in
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.frr.translate import is_ours, line_for
from podroute.providers.typed import typed
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_FROM_STDIN: Final = ("-f", "/dev/stdin")
_MOST_OF_MGMTD: Final = 500  # changes in one transaction
_PATIENCE: Final = 3  # times that one change may be lost

Lines: TypeAlias = tuple[str, ...]


class Statics(ByDestination[Static]):
    """The static routes of one look."""

    def __init__(self, statics: Sequence[Static]) -> None:
        super().__init__(statics, attrgetter("line"))
        self._all = statics

    def are_in(self, configuration: str, options: FrrOptions) -> bool:
        """Whether a configuration has the same routes of ours, and no other.

        One that breaks off, as on a disk that is full, does not.
        """
        try:
            found = list(statics_in(configuration, options))
        except ValueError:
            return False
        there = {one.line for one in found if is_ours(one, options)}
        return there == {one.line for one in self._all if is_ours(one, options)}


def prepared(change: Change, statics: Statics, options: FrrOptions) -> Lines | Outcome:
    """The lines for ``change``, or what has become of it where nothing may be written."""
    if isinstance(change, Create):
        return _written(change, change.route, None, statics, options)
    installed = change.installed
    if installed.ownership == "foreign" and not isinstance(change, Adopt):
        return Failed(change, f"{installed.handle} is not ours", retry="pointless")
    there = statics.find(installed)
    if there is None:
        return _gone(change, statics, options)
    match change:
        case Delete() | Adopt(written=True):
            return (f"no {there.line}",)
        case Replace(route=route) | Adopt(route=route):
            return _written(change, route, there, statics, options)
        case _:
            assert_never(change)


def judged(change: Change, statics: Statics, options: FrrOptions, told: str) -> Outcome:
    """What became of a change whose lines were sent; ``told`` is what vtysh said about them."""
    wished = None if isinstance(change, Delete) else line_for(change.route, options)
    there = [one.line for one in statics.to(destination_of(change))]
    expected = "" if isinstance(change, Create) else change.installed.handle
    if (wished is None or wished in there) and (expected == wished or expected not in there):
        return Done(change)
    return Failed(change, told or "FRRouting took it, but does not have it", retry="worth it")


class Script(NamedTuple):
    """What vtysh is started with, its standard input, and whose lock it may wait for."""

    words: Sequence[str]
    lines: Sequence[str]
    waits_for: str = ""


def script(lines: Sequence[str], daemons: Collection[str]) -> Script:
    """How ``lines`` are one transaction.

    Since version 9 vtysh divides itself into a process for each daemon, which would share them.
    From 10.4 on what mgmtd refuses may stay with it, and hinder what others say, until it is told
    to forget it.
    """
    if MGMTD not in daemons:
        return Script(_FROM_STDIN, lines)
    committed = (*lines, "mgmt commit apply", "mgmt commit abort")
    return Script(("-d", MGMTD, *_FROM_STDIN), committed, "configure terminal file-lock")


class Attempt(NamedTuple):
    """The places of changes that are sent in one transaction; ``lost``: how often in vain."""

    places: Sequence[int]
    lost: int = 0


def attempts(places: Sequence[int], daemons: Collection[str]) -> Sequence[Attempt]:
    """What is sent first: of mgmtd a part of ``places`` each, for what is said there may be lost.

    Before version 10.4 a vtysh that ends, whosever it is, throws away what another has said and not
    yet committed.
    """
    most = _MOST_OF_MGMTD if MGMTD in daemons else max(1, len(places))
    return [Attempt(places[start : start + most]) for start in range(0, len(places), most)]


def sent_again(attempt: Attempt, left: Sequence[int], told: str) -> Sequence[Attempt]:
    """What is tried next where some are ``left``, and FRRouting has ``told`` that much about it.

    It takes all lines of a transaction, or none: one of those left is to blame. Where some were
    taken, or nothing is said, they were lost.
    """
    if len(left) < len(attempt.places):
        return (Attempt(left),) if left else ()
    if len(left) > 1:
        half = (len(left) + 1) // 2
        return Attempt(left[:half]), Attempt(left[half:])
    return () if told or attempt.lost == _PATIENCE else (Attempt(left, attempt.lost + 1),)


def by_hand(plan: Lines | Outcome, options: FrrOptions) -> str:
    """What a person types for it."""

    def line(lines: Lines) -> str:
        words = [word for line in ("configure terminal", *lines) for word in ("-c", line)]
        here = shlex.join((*options.command, *words))
        return shlex.join((*options.place.login(), here)) if options.router else here

    return typed(plan, line)


def _written(
    change: Create | Replace | Adopt,
    route: Route,
    there: Static | None,
    statics: Statics,
    options: FrrOptions,
) -> Lines | Outcome:
    if route.next_hop.version != route.destination.version:
        reason = f"{route.next_hop} is of another family than {route.destination}"
        return Failed(change, reason, retry="pointless")
    wished = line_for(route, options)
    beside = [
        one for one in statics.to(route.destination) if one.line not in {wished, _line(there)}
    ]
    holders = [one for one in beside if one.distance == options.distance and not one.source]
    if holders:
        return Failed(change, f"{holders[0].line} is in the way", retry="pointless")
    if _line(there) == wished or (there is None and _has(statics, route, wished)):
        return Done(change)
    if there is None or _becomes(there, route, options):
        return (wished,)
    removal = f"no {there.line}"
    return (removal, wished) if there.drops else (wished, removal)


def _line(static: Static | None) -> str:
    return static.line if static else ""


def _has(statics: Statics, route: Route, line: str) -> bool:
    return any(one.line == line for one in statics.to(route.destination))


def _becomes(there: Static, route: Route, options: FrrOptions) -> bool:
    """Whether the line for ``route`` only tags what is there."""
    plain = not (there.device or there.extras or there.source or there.drops)
    return plain and there.next_hop == route.next_hop and there.distance == options.distance


def _gone(change: Replace | Delete | Adopt, statics: Statics, options: FrrOptions) -> Outcome:
    """What a change means whose route is not there any more."""
    expected = change.installed
    if isinstance(change, Delete):
        for one in statics.to(expected.destination):
            if is_ours(one, options) and one.distance == expected.preference:
                reason = f"{expected.handle} is no longer there, but {one.line}"
                return Failed(change, reason, retry="pointless")
        return Done(change)
    if _has(statics, change.route, line_for(change.route, options)):
        return Done(change)
    if not expected.handle.startswith(("ip route ", "ipv6 route ")):
        reason = f"{expected.handle} is no static route: change it where it comes from"
        return Failed(change, reason, retry="pointless")
    return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
