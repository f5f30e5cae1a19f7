"""How are a VPC's route tables and podroute's one table the same thing in other words? Pure.

Several tables are shown as one: what leads to a destination in all of them in the same way is one
route. A route of ours that is not in every table, or not the same, says so as its deviation. A
foreign route in some tables where others have none is for some packets only.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple

from podroute.model.cidr import Address, Cidr
from podroute.model.route import InstalledRoute, Kind, Quota, RouteTable
from podroute.providers.aws.answers import Interface, RouteRecord, TableRecord
from podroute.providers.aws.marks import Mark, mark_of, marks_in
from podroute.providers.aws.settings import AwsOptions

_LOCAL: Final = "local"
_BY_HAND: Final = "CreateRoute"  # the origin of what somebody has written, ourselves included
_PROPAGATED: Final = "EnableVgwRoutePropagation"


class Entry(NamedTuple):
    """A route of one table."""

    table: str
    destination: Cidr
    interface: str  # "": it leads to something else
    target: str  # for people
    kind: Kind
    next_hop: Address | None
    ours: bool
    markable: bool  # somebody has written it: it can become ours
    checked: bool  # its interface drops what is not for itself

    def leads_to(self, interface: Interface) -> bool:
        """Whether it carries traffic there."""
        return self.interface == interface.id and self.kind != "blackhole"


@dataclass(frozen=True)
class Seen:
    """All tables as they were read, and what is known besides."""

    options: AwsOptions
    tables: tuple[TableRecord, ...]
    interfaces: Mapping[str, Interface] = field(default_factory=dict[str, Interface])
    remembered: Mapping[str, Collection[Mark]] = field(default_factory=dict[str, Collection[Mark]])
    asked: Mapping[tuple[str, int], Address] = field(default_factory=dict[tuple[str, int], Address])
    limit: int = 0  # routes of one IP version in a table; 0: not known

    @property
    def table_ids(self) -> tuple[str, ...]:
        """In one order."""
        return tuple(table.route_table_id for table in self.tables)

    @property
    def vpcs(self) -> frozenset[str]:
        """Where they are."""
        return frozenset(table.vpc_id for table in self.tables)

    def marks(self, table: TableRecord) -> frozenset[Mark]:
        """Those of our cluster, also such as were just written."""
        known = marks_in(table.tag_values, self.options.cluster)
        return known.union(self.remembered.get(table.route_table_id, ()))

    def entries(self) -> Mapping[Cidr, tuple[Entry, ...]]:
        """By destination, in the order of the tables."""
        found: dict[Cidr, tuple[Entry, ...]] = {}
        for table in self.tables:
            marks = self.marks(table)
            for route in table.routes:
                destination = route.destination
                if destination is not None:
                    entry = self._entry(table.route_table_id, destination, route, marks)
                    found[destination] = (*found.get(destination, ()), entry)
        return found

    def _entry(
        self, table: str, destination: Cidr, route: RouteRecord, marks: Collection[Mark]
    ) -> Entry:
        interface = self.interfaces.get(route.network_interface_id)
        dropped = route.state == "blackhole"
        hop = None if dropped else self._next_hop(interface, destination.version)
        written = route.origin == _BY_HAND and bool(route.network_interface_id)
        return Entry(
            table,
            destination,
            route.network_interface_id,
            _target(route, interface),
            "blackhole" if dropped else "link" if hop is None else "unicast",
            hop,
            written and mark_of(destination, route.network_interface_id) in marks,
            written,
            interface is not None and interface.checked,
        )

    def _next_hop(self, interface: Interface | None, version: int) -> Address | None:
        """An interface has several addresses: the one that was asked for, or the first."""
        if interface is None:
            return None
        asked = self.asked.get((interface.id, version))
        return asked if asked in interface.addresses else interface.address(version)


def _target(route: RouteRecord, interface: Interface | None) -> str:
    instance = route.instance_id or (interface.instance if interface else "")
    if not instance or not route.network_interface_id:
        words = route.target
    elif interface is None or interface.alone:
        words = instance
    else:
        words = f"{instance} by {route.network_interface_id}"
    return f"{words} (propagated)" if route.origin == _PROPAGATED else words


def route_table(seen: Seen) -> RouteTable:
    """What a plan sees."""
    routes: list[InstalledRoute] = []
    local: list[Cidr] = []
    for destination, entries in seen.entries().items():
        if any(entry.target == _LOCAL for entry in entries):
            local.append(destination)
        else:
            routes += installed_routes(destination, entries, seen)
    networks = tuple(local) or None
    return RouteTable(tuple(routes), networks, quota=_fullest(seen), one_each=True)


def installed_routes(
    destination: Cidr, entries: Sequence[Entry], seen: Seen
) -> Iterator[InstalledRoute]:
    """The routes to one destination: ours as one, foreign ones as far as they are the same."""
    ours = [entry for entry in entries if entry.ours]
    if ours:
        first = ours[0]
        lacking = ", ".join(sorted(set(seen.table_ids) - {entry.table for entry in entries}))
        wrong = list(_deviations(entries, ours, seen))
        deviation = ", ".join([f"not in {lacking}", *wrong] if lacking else wrong)
        words = handle(destination, ours)
        yield InstalledRoute(
            destination,
            first.next_hop,
            "ours",
            words,
            first.kind,
            deviation=deviation,
            incomplete=bool(lacking and not wrong),
        )
    somewhere_none = len(entries) < len(seen.tables)
    foreign = sorted((entry for entry in entries if not entry.ours), key=_looks)
    for _, alike in groupby(foreign, key=_looks):
        some = list(alike)
        partial = somewhere_none and some[0].kind == "unicast"
        words = handle(destination, some)
        yield InstalledRoute(
            destination, some[0].next_hop, "foreign", words, some[0].kind, partial=partial
        )


def _looks(entry: Entry) -> tuple[str, str, str]:
    return entry.kind, str(entry.next_hop), entry.target


def _deviations(entries: Sequence[Entry], ours: Sequence[Entry], seen: Seen) -> Iterator[str]:
    first = ours[0]
    yield from (
        f"{entry.kind if entry.kind == 'blackhole' else f'to {entry.target}'} in {entry.table}"
        for entry in entries
        if _differs(entry, first)
    )
    if first.kind == "link":
        yield f"{first.target} shows no IPv{first.destination.version} address"
    checked = [entry for entry in ours if entry.checked]
    if checked and seen.options.disable_source_dest_check:
        yield f"the source/dest check of {checked[0].interface} is on"


def _differs(entry: Entry, first: Entry) -> bool:
    """A foreign route in another table is as good where it leads to the same next hop."""
    return (entry.kind, entry.next_hop) != (first.kind, first.next_hop) or (
        entry.ours and entry.interface != first.interface
    )


def handle(destination: Cidr, entries: Iterable[Entry]) -> str:
    """The words for it: ``10.200.0.0/24 to i-0a1b in rtb-0c2d``."""
    some = tuple(entries)
    targets = " or ".join(dict.fromkeys(entry.target for entry in some))
    return f"{destination} to {targets} in {', '.join(entry.table for entry in some)}"


def used_routes(table: TableRecord, version: int) -> int:
    """How many of its routes count against the quota for that IP version."""
    return sum(
        route.origin != _PROPAGATED
        and (route.destination.version if route.destination else 4) == version
        for route in table.routes
    )


def _fullest(seen: Seen) -> Quota | None:
    """EC2 counts each IP version of each table alone: what counts is where least room is left."""
    if not seen.limit:
        return None
    v4, v6 = (max(used_routes(table, version) for table in seen.tables) for version in (4, 6))
    return Quota.by_version(v4, v6, seen.limit)
