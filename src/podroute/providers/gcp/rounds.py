"""Which calls carry out a change? Pure.

A route of Google Cloud never changes: it is inserted and deleted. So a replacement comes in rounds,
each sent when the one before is done:

    1  the new route under a spare name, at the nearest free priority, a better one if there is any
    2  the old route goes              the new one under the spare name carries the traffic
    3  the new route under its name    either of them carries it
    4  the one under the spare name goes

There is a route at each moment. One that a killed run has left is ours, with another priority than
wished, and the next plan puts it right. Where the old route has another name rounds 3 and 2 are
enough. Where the project has no room for one route more it is rounds 2 and 3: the shortest gap.
The lines to type are the same rounds.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple, TypeAlias, assert_never

import msgspec

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Quota, Route, RouteTable
from podroute.providers.gcp.inventory import Inventory, Machine
from podroute.providers.gcp.names import path_of, spare_name
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.translate import is_ours, wished_resource
from podroute.providers.gcp.wire import RouteResource
from podroute.providers.typed import typed
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_LAST_PRIORITY: Final = 65535
_USUAL_PRIORITY: Final = 1000


class Insert(NamedTuple):
    """A route of ours comes; ``ends_gap``: until then there is none to its destination."""

    resource: RouteResource
    ends_gap: bool = False


class Remove(NamedTuple):
    """A route goes, by its name."""

    resource: RouteResource


Round: TypeAlias = Insert | Remove
Rounds: TypeAlias = tuple[Round, ...]


class Found(NamedTuple):
    """A route as a plan sees it, and as the API has it."""

    route: InstalledRoute
    resource: RouteResource


class Seen(NamedTuple):
    """What a read has shown."""

    table: RouteTable = RouteTable()
    found: Mapping[Cidr, tuple[Found, ...]] = {}
    inventory: Inventory = Inventory()

    def to(self, destination: Cidr) -> Sequence[Found]:
        """The routes to it."""
        return self.found.get(destination, ())


def in_turn(plans: Mapping[int, Rounds], quota: Quota | None) -> Iterator[Mapping[int, Rounds]]:
    """Parts to be carried out one after the other: no more replacements at once than have room."""
    brief = {place: plan for place, plan in plans.items() if not _takes_room_for_a_moment(plan)}
    others = [(place, plan) for place, plan in plans.items() if place not in brief]
    new = sum(isinstance(plan[0], Insert) for plan in brief.values())
    size = max(1, len(others) if quota is None else quota.limit - quota.used - new)
    parts = [dict(others[start : start + size]) for start in range(0, len(others), size)] or [{}]
    parts[0] |= brief
    yield from parts


def _takes_room_for_a_moment(plan: Rounds) -> bool:
    return len(plan) > 1 and isinstance(plan[0], Insert)


def leads_to_instance(plan: Rounds) -> bool:
    """Whether a route comes whose next hop is named by its instance."""
    return any(isinstance(one, Insert) and one.resource.next_hop_instance for one in plan)


def by_destination(found: Iterable[Found]) -> Mapping[Cidr, tuple[Found, ...]]:
    """For ``Seen``."""
    parts: dict[Cidr, tuple[Found, ...]] = {}
    for one in found:
        parts[one.route.destination] = (*parts.get(one.route.destination, ()), one)
    return parts


def prepared(change: Change, seen: Seen, options: GcpOptions) -> Rounds | Outcome:
    """The calls for ``change``, or what has become of it where nothing may be asked."""
    if isinstance(change, Create):
        return _created(change, seen, options)
    expected = change.installed
    if expected.ownership == "foreign" and not isinstance(change, Adopt):
        return Failed(change, f"{expected.handle} is not ours", retry="pointless")
    there = seen.to(destination_of(change))
    going = next((one.resource for one in there if one.route == expected), None)
    if going is None:
        return _overtaken(change, [one.route for one in there], options)
    match change:
        case Delete() | Adopt(written=True):
            return (Remove(going),)
        case Replace() | Adopt():
            return _written(change, going, seen, options)
        case _:
            assert_never(change)


def _created(change: Create, seen: Seen, options: GcpOptions) -> Rounds | Outcome:
    """Google Cloud would take one beside another of equal priority, and part the traffic."""
    there = [one.route for one in seen.to(change.route.destination)]
    if any(_is_wished(one, change.route, options) for one in there):
        return Done(change)
    for one in there:
        if one.preference == options.priority and not one.partial:
            return Failed(change, f"{one.handle} is in the way", retry="pointless")
    return _written(change, None, seen, options)


def _is_wished(one: InstalledRoute, route: Route, options: GcpOptions) -> bool:
    as_wished = (one.next_hop, one.preference) == (route.next_hop, options.priority)
    return as_wished and one.ownership == "ours" and not one.deviation


def _written(
    change: Create | Replace | Adopt,
    going: RouteResource | None,
    seen: Seen,
    options: GcpOptions,
) -> Rounds | Outcome:
    try:
        wished = wished_resource(change.route, options, seen.inventory)
    except ValueError as error:
        return Failed(change, str(error), retry="worth it")  # instances come, and tell nobody
    if going is None:
        return (Insert(wished),)
    if seen.table.quota is not None and seen.table.quota.is_full:
        return Remove(going), Insert(wished, ends_gap=True)
    if going.name != wished.name:
        return Insert(wished), Remove(going)
    there = [one.resource for one in seen.to(change.route.destination)]
    spare = _spare(wished, there, options)
    return Insert(spare), Remove(going), Insert(wished), Remove(spare)


def _overtaken(
    change: Delete | Replace | Adopt, there: Sequence[InstalledRoute], options: GcpOptions
) -> Outcome:
    """What it is about is no longer as it was read."""
    expected = change.installed
    if isinstance(change, Delete):
        for route in there:
            if route.ownership == "ours" and route.preference == expected.preference:
                reason = f"{expected.handle} is no longer there, but {route.handle}"
                return Failed(change, reason, retry="pointless")
        return Done(change)
    if any(_is_wished(one, change.route, options) for one in there):
        return Done(change)
    return Failed(change, f"{expected.handle} is no longer there", retry="pointless")


def _spare(
    wished: RouteResource, there: Sequence[RouteResource], options: GcpOptions
) -> RouteResource:
    """``wished`` under the spare name; the one that a killed run has left will do."""
    name = spare_name(wished)
    left = next((one for one in there if one.name == name and is_ours(one, options)), None)
    if left is not None:
        return left
    taken = {one.priority for one in there} | {wished.priority}
    near = chain(range(wished.priority - 1, -1, -1), range(wished.priority + 1, _LAST_PRIORITY + 1))
    priority = next(one for one in near if one not in taken)
    return msgspec.structs.replace(wished, name=name, priority=priority)


def commands(changes: Sequence[Change], seen: Seen, options: GcpOptions) -> tuple[str, ...]:
    """What to type for each change: the rounds in which ``apply`` carries it out."""

    def line(rounds: Rounds) -> str:
        return " && ".join(shlex.join(_words(one, options)) for one in rounds)

    return tuple(typed(prepared(change, seen, options), line) for change in changes)


def _words(one: Round, options: GcpOptions) -> Iterator[str]:
    resource = one.resource
    verb = "create" if isinstance(one, Insert) else "delete"
    yield from ("gcloud", "compute", "routes", verb, resource.name)
    if isinstance(one, Insert):
        yield from ("--network", options.network, *_hop_words(resource))
        yield from ("--destination-range", resource.dest_range)
        if resource.priority != _USUAL_PRIORITY:
            yield from ("--priority", str(resource.priority))
        if resource.tags:
            yield from ("--tags", ",".join(resource.tags))
        yield from ("--description", resource.description)
    yield from ("--project", options.project)
    if isinstance(one, Remove):
        yield "--quiet"


def _hop_words(resource: RouteResource) -> Iterator[str]:
    if resource.next_hop_ip:
        yield from ("--next-hop-address", resource.next_hop_ip)
        return
    machine = Machine(path_of(resource.next_hop_instance), ())
    yield from ("--next-hop-instance", machine.name, "--next-hop-instance-zone", machine.zone)
