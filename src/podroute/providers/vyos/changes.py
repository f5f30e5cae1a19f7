"""Which lines carry out a change, and what has become of it? Pure.

All that is said below a destination has one owner. So nothing is written where somebody else's
stands. Lines that differ are deleted and set in one commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Route
from podroute.providers.https.marks import marked
from podroute.providers.https.typed import curl
from podroute.providers.typed import typed
from podroute.providers.vyos.refusals import Refusal
from podroute.providers.vyos.settings import VyosOptions
from podroute.providers.vyos.translate import (
    handle_of,
    is_ours,
    is_wished,
    place_of,
    wished_line,
)
from podroute.providers.vyos.wire import DESCRIPTION, FAMILIES, Entry, Path
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_LONGEST: Final = 255  # characters of a description
_LOST: Final = "VyOS took it, but does not have it"


@dataclass(frozen=True, slots=True)
class Line:
    """Of the configuration; every word is one, whatever is in it."""

    op: Literal["set", "delete"]
    path: Path


Lines: TypeAlias = tuple[Line, ...]


class Entries:
    """The static routes of one look, by destination."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._by_destination = {one.destination: one for one in entries}

    def to(self, destination: Cidr) -> Entry | None:
        """What is said of it."""
        return self._by_destination.get(destination)

    def find(self, installed: InstalledRoute) -> Entry | None:
        """The one that was read as ``installed``, if it is still so."""
        there = self.to(installed.destination)
        return there if there is not None and handle_of(there) == installed.handle else None


def body_of(lines: Lines) -> bytes:
    """As the API takes them."""
    return msgspec.json.encode(lines)


def prepared(change: Change, entries: Entries, options: VyosOptions) -> Lines | Outcome:
    """The lines for ``change``, or what has become of it where nothing may be written."""
    if isinstance(change, Create):
        return _created(change, entries, options)
    installed = change.installed
    if installed.ownership == "foreign" and not isinstance(change, Adopt):
        return Failed(change, f"{installed.handle} is not ours", retry="pointless")
    there = entries.find(installed)
    if there is None:
        return _gone(change, entries, options)
    match change:
        case Delete():
            return (Line("delete", _above(there.destination, options)),)
        case Replace(route=route) | Adopt(route=route):
            return _turned(change, route, there, options)
        case _:
            assert_never(change)


def judged(
    change: Change, entries: Entries, options: VyosOptions, refusal: Refusal | None
) -> Outcome:
    """What became of a change whose lines were sent, by what is there afterwards."""
    there = entries.to(destination_of(change))
    if isinstance(change, Delete):
        done = entries.find(change.installed) is None
    else:
        done = there is not None and is_wished(there, change.route, options)
    if done:
        return Done(change)
    if refusal is None:
        return Failed(change, _LOST, retry="worth it")
    return Failed(change, refusal.words, refusal.retry, refusal.after)


def by_hand(plan: Lines | Outcome, options: VyosOptions) -> str:
    """What a person types for it."""

    def line(lines: Lines) -> str:
        data = f"data={body_of(lines).decode()}"
        words = ["--data-urlencode", data, f"{options.root}/configure"]
        return curl(options, options.key, r'data-urlencode = "key=%s"\n', words)

    return typed(plan, line)


def _created(change: Create, entries: Entries, options: VyosOptions) -> Lines | Outcome:
    route = change.route
    there = entries.to(route.destination)
    if route.next_hop.version != route.destination.version:
        reason = f"{route.next_hop} is of another family than {route.destination}"
        return Failed(change, reason, retry="pointless")
    if there is None:
        return _differences(Entry(route.destination, ()), route, options)
    if is_wished(there, route, options):
        return Done(change)
    return Failed(change, f"{handle_of(there)} is in the way", retry="pointless")


def _turned(
    change: Replace | Adopt, route: Route, there: Entry, options: VyosOptions
) -> Lines | Outcome:
    """What makes one route another."""
    if route.next_hop.version != route.destination.version:
        reason = f"{route.next_hop} is of another family than {route.destination}"
        return Failed(change, reason, retry="pointless")
    return _differences(there, route, options) or Done(change)


def _differences(there: Entry, route: Route, options: VyosOptions) -> Lines:
    above = _above(route.destination, options)
    wished = wished_line(route, options)
    way = place_of(wished)
    surplus = [
        line if place_of(line) == way else place_of(line)
        for line in there.lines
        if line != wished[: len(line)]
    ]
    lines = [Line("delete", (*above, *line)) for line in dict.fromkeys(surplus)]
    if wished not in there.lines:
        lines.append(Line("set", (*above, *wished)))
    if not is_ours(there, options):
        text = marked(there.description, options, _LONGEST)
        lines.append(Line("set", (*above, DESCRIPTION, text)))
    return tuple(lines)


def _above(destination: Cidr, options: VyosOptions) -> Path:
    return (*options.statics, FAMILIES[destination.version], str(destination))


def _gone(change: Replace | Delete | Adopt, entries: Entries, options: VyosOptions) -> Outcome:
    """What a change means whose route is not there any more."""
    expected = change.installed
    there = entries.to(expected.destination)
    if isinstance(change, Delete):
        if there is None or not is_ours(there, options):
            return Done(change)
        reason = f"{expected.handle} is no longer there, but {handle_of(there)}"
        return Failed(change, reason, retry="pointless")
    if there is not None and is_wished(there, change.route, options):
        return Done(change)
    return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
