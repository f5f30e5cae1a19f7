"""Reads and changes a routing table of a kernel, wherever it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import EBADF, EPERM
from functools import cached_property
from typing import TypeAlias

from podroute.host.rtnetlink import MAIN_TABLE, KernelRoute, Refusal
from podroute.host.rtnetlink_lists import (
    destination_bytes,
    is_default,
    is_of_a_table,
    parse_route,
    split_route,
)
from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Preferences, RouteTable
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.changes import (
    Round,
    Rounds,
    Spelled,
    Stop,
    commands,
    judged,
    leftover,
    prepared,
)
from podroute.providers.linux.confusion import confused
from podroute.providers.linux.kernel import Kernel
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import (
    Pattern,
    as_foreign,
    connected_networks,
    default_gateways,
    installed_routes,
    made_after,
    pattern_of,
    removals,
)
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Change, Create, Delete, destination_of

_Routes: TypeAlias = tuple[InstalledRoute, ...]
_Patterns: TypeAlias = tuple[Pattern, ...]
_ByDestination: TypeAlias = Mapping[Cidr, Sequence[InstalledRoute]]


@dataclass(frozen=True)
class _Look:
    """What a read has shown: an entry that has the same bytes next time is the same routes."""

    options: LinuxOptions
    devices: Mapping[int, str] = field(default_factory=dict[int, str])
    read: Mapping[bytes, _Routes] = field(default_factory=dict[bytes, _Routes])

    @cached_property
    def routes(self) -> Mapping[bytes, _Routes]:
        """Those that the kernel would confuse with others of ours count as somebody else's."""
        behind = confused(tuple(self.read), self.options)
        foreign = {body: tuple(map(as_foreign, self.read[body])) for body in behind}
        return {**self.read, **foreign} if foreign else self.read

    @cached_property
    def by_destination(self) -> _ByDestination:
        found: dict[Cidr, list[InstalledRoute]] = {}
        for routes in self.routes.values():
            for route in routes:
                found.setdefault(route.destination, []).append(route)
        return found

    @cached_property
    def has_several(self) -> bool:
        """Whether several of ours lead to one destination."""
        mine = [body for body, some in self.routes.items() if some and some[0].ownership == "ours"]
        return len(set(map(destination_bytes, mine))) < len(mine)

    def to(self, destination: Cidr) -> Sequence[InstalledRoute]:
        """The routes to it."""
        return self.by_destination.get(destination, ())

    @cached_property
    def removals(self) -> Mapping[str, bytes]:
        return removals(self.routes, self.devices, self.options)


class LinuxClient:
    """One routing table of ``kernel``."""

    def __init__(self, kernel: Kernel, options: LinuxOptions) -> None:
        self._kernel = kernel
        self._options = options
        self._last = _Look(options)

    def read(self) -> RouteTable:
        """All routes of the table, where next hops can be, and who this machine is.

        Raises:
            ProviderUnreachable: the kernel did not answer in full.
        """
        table = self._options.table
        listed = self._kernel.listed({table, MAIN_TABLE})
        bodies = listed.tables[table]
        look = self._look(bodies, {link.number: link.name for link in listed.links})
        self._last = look
        found = [route for body in bodies for route in look.routes[body]]
        around = [body for body in bodies if is_default(body) or _is_link(look.routes[body])]
        entries = [*_entries(around, table)]
        if table != MAIN_TABLE:
            entries += _entries(listed.tables[MAIN_TABLE], MAIN_TABLE)
        on_link = connected_networks(entries, listed.links, self._options)
        preferences = Preferences(self._options.metric_of(4), self._options.metric_of(6))
        return RouteTable(
            tuple(found),
            on_link,
            listed.addresses,
            preferences,
            gateways=default_gateways(entries),
        )

    def apply(self, changes: Sequence[Change]) -> list[Outcome]:
        """One outcome for each change.

        Raises:
            ProviderUnreachable: nothing was changed.
        """
        with self._kernel.alone():
            return self._apply(changes)

    def _apply(self, changes: Sequence[Change]) -> list[Outcome]:
        before = self._before(changes)
        outcomes: dict[int, Outcome] = {}
        plans: dict[int, Rounds] = {}
        for place, change in enumerate(changes):
            known = before.get(destination_of(change), ()) if before else ()
            rounds = prepared(change, self._last.removals, known, self._options)
            if isinstance(rounds, Done | Failed):
                outcomes[place] = rounds
            else:
                plans[place] = rounds
        refusals = self._carry_out(plans)
        outcomes |= {place: Done(changes[place]) for place in plans if place not in refusals}
        outcomes |= self._judge(changes, plans, refusals)
        return [outcomes[place] for place in range(len(changes))]

    def commands(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """The lines for ``changes``, after the last read."""
        look = self._last
        return commands(changes, look.removals, look.by_destination, self._options)

    def _before(self, changes: Sequence[Change]) -> _ByDestination:
        """The routes beside those that go, where they matter."""
        kinds = set(map(type, changes))
        if kinds <= {Create}:
            return {}
        going = [one.installed for one in changes if not isinstance(one, Create)]
        known = self._last.removals.keys() >= {one.handle for one in going}
        any_metric = [one for one in going if _fits_any_metric(one)]
        foreign = any(one.ownership == "foreign" for one in any_metric)
        if not known or foreign or (any_metric and self._last.has_several):
            self.read()
        elif kinds <= {Create, Delete}:
            return {}
        return self._last.by_destination

    def _look(self, bodies: Sequence[bytes], devices: Mapping[int, str]) -> _Look:
        last = self._last if devices == self._last.devices else _Look(self._options)
        known = last.read
        patterns: dict[bytes, _Patterns] = {}
        routes = {
            body: known[body] if body in known else self._installed(body, devices, patterns)
            for body in bodies
        }
        return _Look(self._options, devices, routes)

    def _installed(
        self, body: bytes, devices: Mapping[int, str], patterns: dict[bytes, _Patterns]
    ) -> _Routes:
        destination, rest = split_route(body)
        if rest not in patterns:
            patterns[rest] = self._patterns(body, devices)
        if destination is None:
            return tuple(pattern.route for pattern in patterns[rest])
        return tuple([made_after(pattern, destination) for pattern in patterns[rest]])

    def _patterns(self, body: bytes, devices: Mapping[int, str]) -> _Patterns:
        if not is_of_a_table(body):
            return ()
        entry = parse_route(body)
        if entry.table != self._options.table:
            return ()
        return tuple(map(pattern_of, installed_routes(entry, devices, self._options)))

    def _carry_out(self, plans: Mapping[int, Rounds]) -> dict[int, Stop]:
        """Sends each change's next round, all changes together, until none has one left."""
        refusals: dict[int, Stop] = {}
        for depth in range(max(map(len, plans.values()), default=0)):
            active = [
                place
                for place, plan in plans.items()
                if depth < len(plan) and place not in refusals
            ]
            answers = self._kernel.send(plans[place][depth] for place in active)
            refused = {
                place: Stop(answer, depth)
                for place, answer in zip(active, answers, strict=True)
                if answer is not None
            }
            if depth == 0:
                self._check_privilege([one.why for one in refused.values()])
            refusals |= refused
        return refusals

    def _judge(
        self, changes: Sequence[Change], plans: Mapping[int, Rounds], stops: Mapping[int, Stop]
    ) -> dict[int, Outcome]:
        """Refusals, and answers that were lost, are judged by what is there now."""
        if not stops:
            return {}
        try:
            self.read()
        except ProviderUnreachable as error:
            return {
                place: Failed(changes[place], _both(stop.why.words, str(error)), retry="worth it")
                for place, stop in stops.items()
            }
        outcomes: dict[int, Outcome] = {}
        rests: list[Round] = []
        for place, stop in stops.items():
            there = self._last.to(destination_of(changes[place]))
            outcomes[place] = judged(changes[place], stop.why, there, self._options)
            rest = leftover(plans[place], stop, there)
            if rest is not None:
                rests.append(Spelled("del", rest))
        self._kernel.send(rests)  # a refusal means that nothing was left
        return outcomes

    def _check_privilege(self, refusals: Sequence[Refusal]) -> None:
        """Every request is refused for the lack of privilege, or none is.

        Raises:
            ProviderUnreachable: this was so.
        """
        for refusal in refusals[:1]:
            if refusal.errno == EPERM:
                raise ProviderUnreachable(self._kernel.privilege)
            if refusal.errno == EBADF:
                message = f"the kernel cannot be asked: {refusal.words}"
                raise ProviderUnreachable(message)


def _both(words: str, further: str) -> str:
    return words if words == further else f"{words}; {further}"


def _entries(bodies: Iterable[bytes], table: int) -> Iterator[KernelRoute]:
    parsed = map(parse_route, filter(is_of_a_table, bodies))
    return (one for one in parsed if one.table == table)


def _fits_any_metric(going: InstalledRoute) -> bool:
    """Where it has gone since it was read, the request would take another of ours."""
    return going.destination.version == 4 and not going.preference  # noqa: PLR2004


def _is_link(routes: _Routes) -> bool:
    return len(routes) == 1 and routes[0].kind == "link"
