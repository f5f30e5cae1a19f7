"""Which calls carry out a change, and what has become of it afterwards? Pure.

EC2 has one route to a destination in a table. CreateRoute never takes another's place, ReplaceRoute
and DeleteRoute ask no question: so they are only sent for what was just read as ours. The mark of a
route is written before it, and removed after it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias, assert_never

from podroute.model.cidr import Address, Cidr
from podroute.model.route import InstalledRoute, Route
from podroute.providers.aws.answers import Interface
from podroute.providers.aws.marks import Mark, mark_of
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.translate import Entry, Seen, handle, installed_routes, used_routes
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

Verb: TypeAlias = Literal["create", "replace", "delete"]
Targets: TypeAlias = Mapping[Address, Interface]

QUOTA_CODE: Final = "L-93826ACB"  # "Routes per route table"

_IPV4: Final = 4
_PROVIDER_ID: Final = re.compile(r"(aws://(/[^/]*)?/)?(?P<instance>i-[0-9a-f]+)")
_MORE: Final = (
    "ask for more: aws service-quotas request-service-quota-increase --service-code vpc "
    f"--quota-code {QUOTA_CODE} --desired-value 1000"
)
_IDENTIFY: Final = (
    "its source/dest check stays on until --provider-option match-node= or a providerID says it too"
)


class Call(NamedTuple):
    """One route of one table is written or removed."""

    verb: Verb
    table: str
    destination: Cidr
    interface: Interface | None  # None: it is removed


class Work(NamedTuple):
    """What a change asks for: marks first, then the check, the calls, and marks that go."""

    change: Change
    calls: tuple[Call, ...] = ()
    added: tuple[tuple[str, Mark], ...] = ()
    dropped: tuple[tuple[str, Mark], ...] = ()
    unchecked: str = ""  # the interface whose source/dest check is switched off
    target: str = ""  # the interface to which the route leads then


class NoTarget(NamedTuple):
    """No route may lead to the wished next hop."""

    fault: str
    retry: Literal["worth it", "pointless"]


@dataclass(frozen=True)
class Bench:
    """The tables as just read, and where the wished next hops are."""

    seen: Seen
    targets: Targets
    by_destination: Mapping[Cidr, tuple[Entry, ...]]

    def entries(self, destination: Cidr) -> tuple[Entry, ...]:
        """The routes to it."""
        return self.by_destination.get(destination, ())

    def present(self, destination: Cidr) -> tuple[InstalledRoute, ...]:
        """The same as a plan sees them."""
        return tuple(installed_routes(destination, self.entries(destination), self.seen))


def bench(seen: Seen, targets: Targets) -> Bench:
    """Ready to judge changes."""
    return Bench(seen, targets, seen.entries())


def prepared(change: Change, at: Bench) -> Work | Outcome:
    """What to do for ``change``, or what has become of it where there is nothing to do."""
    match change:
        case Create(route=route):
            return _creation(change, route, at)
        case Replace(installed=installed) | Delete(installed=installed) if (
            installed.ownership == "foreign"
        ):
            return Failed(change, f"{installed.handle} is not ours", "pointless")
        case Replace() | Adopt():
            return _repair(change, at)
        case Delete(installed=installed):
            return _removal(change, installed, at)
        case _:
            assert_never(change)


def _creation(change: Create, route: Route, at: Bench) -> Work | Outcome:
    target = _target(change, route, at)
    if isinstance(target, Failed):
        return target
    entries = at.entries(route.destination)
    holders = [entry for entry in entries if not entry.leads_to(target)]
    if len(entries) == len(at.seen.tables) and not any(entry.ours for entry in entries):
        holders = list(entries)
    if holders:
        return Failed(change, f"{handle(route.destination, holders)} is in the way", "pointless")
    return _written(change, route, target, at)


def _repair(change: Replace | Adopt, at: Bench) -> Work | Outcome:
    installed, route = change.installed, change.route
    present = at.present(route.destination)
    right = any(
        (one.ownership, one.next_hop, one.deviation) == ("ours", route.next_hop, "")
        for one in present
    )
    if right and installed not in present:
        return Done(change)
    if installed not in present:
        return Failed(change, f"{installed.handle} is no longer there", "pointless")
    target = _target(change, route, at)
    return target if isinstance(target, Failed) else _repaired(change, target, at)


def _repaired(change: Replace | Adopt, target: Interface, at: Bench) -> Work | Outcome:
    destination = change.route.destination
    foreign = [entry for entry in at.entries(destination) if not entry.ours]
    holders = [entry for entry in foreign if not entry.leads_to(target)]
    if holders:
        return Failed(change, f"{handle(destination, holders)} is in the way", "pointless")
    if isinstance(change, Adopt):
        return _adoption(change, foreign, target, at)
    return _written(change, change.route, target, at)


def _adoption(
    change: Adopt, foreign: Sequence[Entry], target: Interface, at: Bench
) -> Work | Outcome:
    """A mark is all that a foreign route lacks."""
    propagated = [entry for entry in foreign if not entry.markable]
    if propagated:
        words = handle(change.route.destination, propagated)
        return Failed(change, f"{words} is not written by anybody: it stays", "pointless")
    mark = mark_of(change.route.destination, target.id)
    added = tuple((entry.table, mark) for entry in foreign)
    unchecked = _to_uncheck(target, at.seen.options)
    return Work(change, added=added, unchecked=unchecked, target=target.id)


def _removal(change: Delete, installed: InstalledRoute, at: Bench) -> Work | Outcome:
    present = at.present(installed.destination)
    ours = [one for one in present if one.ownership == "ours"]
    if installed not in present:
        if not ours:
            return Done(change)
        reason = f"{installed.handle} is no longer there, but {ours[0].handle}"
        return Failed(change, reason, "pointless")
    mine = [entry for entry in at.entries(installed.destination) if entry.ours]
    calls = tuple(Call("delete", entry.table, entry.destination, None) for entry in mine)
    return Work(change, calls, dropped=tuple(_mark(entry) for entry in mine))


def _written(change: Create | Replace, route: Route, target: Interface, at: Bench) -> Work:
    """The route in every table where it is not there yet."""
    entries = {entry.table: entry for entry in at.entries(route.destination)}
    calls: list[Call] = []
    dropped: list[tuple[str, Mark]] = []
    mark = mark_of(route.destination, target.id)
    for table in at.seen.table_ids:
        entry = entries.get(table)
        if entry is not None and entry.leads_to(target):
            continue
        verb: Verb = "replace" if entry else "create"
        calls.append(Call(verb, table, route.destination, target))
        if entry is not None and entry.interface != target.id:
            dropped.append(_mark(entry))
    added = tuple((call.table, mark) for call in calls)
    unchecked = _to_uncheck(target, at.seen.options)
    return Work(change, tuple(calls), added, tuple(dropped), unchecked, target.id)


def _mark(entry: Entry) -> tuple[str, Mark]:
    return entry.table, mark_of(entry.destination, entry.interface)


def _to_uncheck(target: Interface, options: AwsOptions) -> str:
    return target.id if target.checked and options.disable_source_dest_check else ""


def _target(change: Create | Replace | Adopt, route: Route, at: Bench) -> Interface | Failed:
    target = target_of(route, at)
    return Failed(change, target.fault, target.retry) if isinstance(target, NoTarget) else target


def target_of(route: Route, at: Bench) -> Interface | NoTarget:
    """The interface to which a wish is to lead."""
    target = at.targets.get(route.next_hop)
    if target is None:
        where = ", ".join(sorted(at.seen.vpcs))
        fault = f"no instance in {where} has the address {route.next_hop} of {route.node}"
        return NoTarget(fault, "worth it")
    if not target.running:
        return NoTarget(f"{target.instance} of {route.node} is not running", "worth it")
    fault = _other_machine(target, route, at.seen.options)
    if fault:
        return NoTarget(f"{route.next_hop} is {target.instance}{fault}", "pointless")
    return target


def _other_machine(target: Interface, route: Route, options: AwsOptions) -> str:
    """Why the instance is not that of the Node, by all that the Node says of it; "" where it is."""
    said = instance_of(route.provider_id)
    if said and said != target.instance:
        return f", and {route.node} is {said} by its providerID"
    if options.match_node == "provider-id":
        return "" if said else f", and {route.node} has no providerID of EC2"
    name = named(target, options)
    if name is not None and name != route.node:
        return f", which is {name!r}, not {route.node}"
    if options.disable_source_dest_check and target.checked and not said and name is None:
        return f", and only its address says that it is {route.node}: {_IDENTIFY}"
    return ""


def instance_of(provider_id: str) -> str:
    """The instance that ``aws:///ZONE/INSTANCE`` names, in all forms that Kubernetes knows."""
    found = _PROVIDER_ID.fullmatch(provider_id)
    return found["instance"] if found else ""


def named(target: Interface, options: AwsOptions) -> str | None:
    """What its Node must be called; None: anything."""
    names = {"name-tag": target.name_tag, "private-dns-name": target.private_dns_name}
    return names.get(options.match_node)


def fitting(prepared_changes: Sequence[Work | Outcome], seen: Seen) -> Iterator[Work | Outcome]:
    """The same, but what a table has no room for has failed: it is not even tried."""
    room = {
        (table.route_table_id, version): seen.limit - used_routes(table, version)
        for table in seen.tables
        for version in (_IPV4, 6)
    }
    for one in prepared_changes:
        if not isinstance(one, Work) or not seen.limit:
            yield one
            continue
        new = [
            (call.table, call.destination.version) for call in one.calls if call.verb == "create"
        ]
        full = next((place for place in new if room[place] < 1), None)
        if full:
            table, version = full
            reason = f"{table} has no room: its quota is {seen.limit} IPv{version} routes"
            yield Failed(one.change, f"{reason} ({_MORE})", "pointless")
            continue
        for place in new:
            room[place] -= 1
        yield one


def contradicted(change: Change, seen: Seen, written: Mapping[tuple[str, Cidr], str]) -> bool:
    """Whether the tables still show what was there before we wrote: ``written`` has it.

    A value is the interface that was there before, or "" for none.
    """
    destination = destination_of(change)
    return any(
        written.get((table, destination)) == interface
        for table, interface in shown(seen, destination)
    )


def shown(seen: Seen, destination: Cidr) -> Iterator[tuple[str, str]]:
    """Each table with the interface to which it leads that destination; "" where there is none."""
    for table in seen.tables:
        found = (route for route in table.routes if route.destination == destination)
        route = next(found, None)
        yield table.route_table_id, route.network_interface_id if route else ""
