"""Which requests carry out a change, and what has become of it? Pure.

A replacement sets what differs, in one request. Only what drops packets is removed first and made
anew: RouterOS has no way to unset ``blackhole``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never
from urllib.parse import quote

import msgspec

from podroute.model.route import Route
from podroute.providers.by_destination import ByDestination
from podroute.providers.https.typed import curl
from podroute.providers.routeros.refusals import Refusal
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.translate import (
    differences,
    handle_of,
    is_ours,
    is_wished,
    wished,
)
from podroute.providers.routeros.wire import MENUS, Entry
from podroute.providers.typed import typed
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_LOST = "RouterOS took it, but does not have it"


@dataclass(frozen=True, slots=True)
class Call:
    """A request; ``path`` is below ``/rest``."""

    method: str
    path: str
    body: bytes = b""


Calls: TypeAlias = tuple[Call, ...]


class Entries(ByDestination[Entry]):
    """The routes of one look."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(entries, handle_of)


def prepared(change: Change, entries: Entries, options: RouterosOptions) -> Calls | Outcome:
    """The requests for ``change``, or what has become of it where nothing may be written."""
    if isinstance(change, Create):
        return _written(change, change.route, None, entries, options)
    installed = change.installed
    if installed.ownership == "foreign" and not isinstance(change, Adopt):
        return Failed(change, f"{installed.handle} is not ours", retry="pointless")
    there = entries.find(installed)
    if there is None:
        return _gone(change, entries, options)
    return _found(change, there, entries, options)


def _found(
    change: Replace | Delete | Adopt, there: Entry, entries: Entries, options: RouterosOptions
) -> Calls | Outcome:
    """For a change whose route is there."""
    if there.item.is_dynamic:
        reason = f"{handle_of(there)} is no static route: change it where it comes from"
        return Failed(change, reason, retry="pointless")
    match change:
        case Delete() | Adopt(written=True):
            return (_removed(there),)
        case Replace(route=route) | Adopt(route=route):
            return _written(change, route, there, entries, options)
        case _:
            assert_never(change)


def judged(
    change: Change, entries: Entries, options: RouterosOptions, refusal: Refusal | None
) -> Outcome:
    """What became of a change whose requests were sent, by what is there afterwards."""
    there = entries.to(destination_of(change))
    have = isinstance(change, Delete) or any(is_wished(one, change.route, options) for one in there)
    old = None if isinstance(change, Create) else entries.find(change.installed)
    stays = old is not None and (
        isinstance(change, Delete) or not is_wished(old, change.route, options)
    )
    if have and not stays:
        return Done(change)
    if refusal is None:
        return Failed(change, _LOST, retry="worth it")
    return Failed(change, refusal.words, refusal.retry)


def by_hand(plan: Calls | Outcome, options: RouterosOptions) -> str:
    """What a person types for it."""
    return typed(plan, lambda calls: " && ".join(_line(call, options) for call in calls))


def _line(call: Call, options: RouterosOptions) -> str:
    words = ["--request", call.method, f"{options.root}/rest{call.path}"]
    if call.body:
        words += ["--header", "Content-Type: application/json", "--data", call.body.decode()]
    return curl(options, options.password, rf'user = "{options.user}:%s"\n', words)


def _written(
    change: Create | Replace | Adopt,
    route: Route,
    there: Entry | None,
    entries: Entries,
    options: RouterosOptions,
) -> Calls | Outcome:
    if route.next_hop.version != route.destination.version:
        reason = f"{route.next_hop} is of another family than {route.destination}"
        return Failed(change, reason, retry="pointless")
    beside = [
        one
        for one in entries.to(route.destination)
        if one is not there and one.item.distance == options.distance and not one.item.is_disabled
    ]
    holders = [one for one in beside if not is_wished(one, route, options)]
    if holders:
        return Failed(change, f"{handle_of(holders[0])} is in the way", retry="pointless")
    if there is None:
        return Done(change) if beside else (_added(route, options),)
    return (_removed(there),) if beside else _turned(change, route, there, options)


def _turned(
    change: Create | Replace | Adopt, route: Route, there: Entry, options: RouterosOptions
) -> Calls | Outcome:
    """What makes one route another."""
    if there.item.drops:
        return _removed(there), _added(route, options)
    changes = differences(there, route, options)
    return (_set(there, changes),) if changes else _unchanged(change, there)


def _unchanged(change: Create | Replace | Adopt, there: Entry) -> Outcome:
    """There is nothing to set."""
    if there.item.is_active:
        return Done(change)
    where = f"{there.menu}/print detail where dst-address={there.destination}"
    reason = (
        f"{handle_of(there)} is as wished, but the router does not use it: is there a route of a "
        f"lower distance, or no answer from the next hop? {where}"
    )
    return Failed(change, reason, retry="worth it")


def _added(route: Route, options: RouterosOptions) -> Call:
    body = msgspec.json.encode(wished(route, options))
    return Call("PUT", MENUS[route.destination.version], body)


def _set(there: Entry, changes: object) -> Call:
    return Call("PATCH", _place(there), msgspec.json.encode(changes))


def _removed(there: Entry) -> Call:
    return Call("DELETE", _place(there))


def _place(there: Entry) -> str:
    return f"{there.menu}/{quote(there.item.id, safe='*')}"


def _gone(change: Replace | Delete | Adopt, entries: Entries, options: RouterosOptions) -> Outcome:
    """What a change means whose route is not there any more."""
    expected = change.installed
    beside = [one for one in entries.to(expected.destination) if is_ours(one, options)]
    if isinstance(change, Delete):
        for one in beside:
            if one.item.distance == expected.preference:
                reason = f"{expected.handle} is no longer there, but {handle_of(one)}"
                return Failed(change, reason, retry="pointless")
        return Done(change)
    if any(is_wished(one, change.route, options) for one in beside):
        return Done(change)
    return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
