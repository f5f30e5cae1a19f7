"""What is to be written for a change, and what has become of it? Pure.

BIRD takes a whole configuration: a change is an edit of our file, and all edits go in one.
"""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias, assert_never

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Route, RouteTable
from podroute.providers.bird.include_file import Entries, Entry, entry_for
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.typed import typed
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_RELOAD: Final = ("configure", "soft")


class Edit(NamedTuple):
    """The entry of a destination; None: it has none any more."""

    destination: Cidr
    entry: Entry | None
    before: Entry | None = None


Plan: TypeAlias = Edit | Outcome


class Look:
    """One read, by destination."""

    def __init__(self, table: RouteTable, entries: Entries) -> None:
        self.entries = entries
        self._ours = {one.destination: one for one in table.routes if one.ownership == "ours"}
        self._others: dict[Cidr, list[InstalledRoute]] = {}
        for one in table.routes:
            if one.ownership == "foreign":
                self._others.setdefault(one.destination, []).append(one)
        self._preferences = table.preferences

    def ours(self, destination: Cidr) -> InstalledRoute | None:
        """The route of ours to it."""
        return self._ours.get(destination)

    def holder(self, destination: Cidr) -> InstalledRoute | None:
        """Somebody else's route that is used, or may be, in the place of ours."""
        place = self._preferences.of(destination)
        others = self._others.get(destination, ())
        return next((one for one in others if one.preference <= place), None)

    def with_edits(self, edits: Sequence[Edit]) -> Entries:
        """What the file is to have."""
        entries: dict[Cidr, Entry] = dict(self.entries)
        for edit in edits:
            if edit.entry is None:
                entries.pop(edit.destination, None)
            else:
                entries[edit.destination] = edit.entry
        return entries


def prepared(change: Change, look: Look, options: BirdOptions) -> Plan:
    """The edit for ``change``, or what has become of it where nothing is to be written."""
    match change:
        case Create(route=route):
            there = look.ours(route.destination)
            wished = entry_for(route, options)
            if there is not None and there.handle != wished.line:
                return Failed(change, f"{there.handle} is there already", retry="pointless")
            return _written(change, route, look, options)
        case Adopt(installed=installed):
            reason = f"{installed.handle} is of BIRD's own configuration: remove it there"
            return Failed(change, reason, retry="pointless")
        case Replace(installed=installed) | Delete(installed=installed):
            if installed.ownership == "foreign":
                return Failed(change, f"{installed.handle} is not ours", retry="pointless")
            return _changed(change, look, options)
        case _:
            assert_never(change)


def _changed(change: Replace | Delete, look: Look, options: BirdOptions) -> Plan:
    installed = change.installed
    there = look.ours(installed.destination)
    if isinstance(change, Delete) and there is None:
        return Done(change)
    if isinstance(change, Replace) and _is_so(there, change.route, options):
        return Done(change)
    if there is None or there.handle != installed.handle:
        reason = f"{installed.handle} is no longer there"
        reason += f", but {there.handle}" if there else ""
        return Failed(change, reason, retry="pointless")
    if isinstance(change, Delete):
        return _edit(installed.destination, None, look)
    return _written(change, change.route, look, options)


def _written(change: Create | Replace, route: Route, look: Look, options: BirdOptions) -> Plan:
    if route.next_hop.version != route.destination.version:
        reason = f"{route.next_hop} is of another family than {route.destination}"
        return Failed(change, reason, retry="pointless")
    if _is_so(look.ours(route.destination), route, options):
        return Done(change)
    holder = look.holder(route.destination)
    if holder is not None:
        return Failed(change, f"{holder.handle} is in the way", retry="pointless")
    return _edit(route.destination, entry_for(route, options), look)


def _is_so(there: InstalledRoute | None, route: Route, options: BirdOptions) -> bool:
    """Whether nothing is left to do for ``route``."""
    wished = entry_for(route, options).line
    return there is not None and there.handle == wished and not there.deviation


def _edit(destination: Cidr, entry: Entry | None, look: Look) -> Edit:
    return Edit(destination, entry, look.entries.get(destination))


def judged(change: Change, look: Look, options: BirdOptions, told: str) -> Outcome:
    """What became of a change that was written; ``told`` is what went wrong on the way."""
    there = look.ours(destination_of(change))
    if isinstance(change, Delete):
        if there is None:
            return Done(change)
        return Failed(change, told or f"{there.handle} is still there", retry="worth it")
    if _is_so(there, change.route, options):
        return Done(change)
    doubt = f"is {options.file} included in bird.conf, and is the next hop's interface up?"
    found = f"{there.handle} {there.deviation}" if there else "nothing"
    reason = told or f"BIRD took it, but has {found.strip()}: {doubt}"
    return Failed(change, reason, retry="worth it")


def is_about(told: str, options: BirdOptions) -> bool:
    """Whether BIRD names our own file in what it says of a configuration."""
    return f"{options.file.rpartition('/')[2]}:" in told


def by_hand(plan: Plan, options: BirdOptions) -> str:
    """What a person types for it."""

    def line(edit: Edit) -> str:
        words = [shlex.join(one) for one in _editing(edit, options)]
        here = " && ".join([*words, shlex.join((*options.command, *_RELOAD))])
        return shlex.join((*options.place.login(), here)) if options.router else here

    return typed(plan, line)


def _editing(edit: Edit, options: BirdOptions) -> Iterator[tuple[str, ...]]:
    """The commands that make the edit; the file is one that podroute has written."""
    old, new = edit.before, edit.entry
    if old is None and new is not None:
        begin = f"/^protocol static {options.protocol_of(edit.destination.version)} /"
        yield ("sed", "-i", f"{begin},/^}}/s|^}}|    {new.line}\\n}}|", options.file)
    elif old is not None:
        action = "d" if new is None else f"s|.*|    {new.line}|"
        yield ("sed", "-i", f"\\|^    {old.line}$|{action}", options.file)
    if new is not None:
        yield ("grep", "-qxF", f"    {new.line}", options.file)
