"""How does what is wished stand against what is installed? Pure.

    wished    installed                              finding
    ------    -----------------------------------    --------------------------------------------
    a route   nothing                                Missing
    a route   foreign, otherwise, not behind ours    InTheWay
    a route   foreign, as wished, not behind ours    InSync; Adoptable for who adopts
    a route   ours, as wished                        InSync; Overtaken where a Stale one is first
    a route   ours, otherwise                        Wrong
    a route   others of ours                         Stale, but nothing is where one is InTheWay
    nothing   ours                                   Stale, or Kept for a Node that still exists
    nothing   foreign                                nothing: it is not our business

The first line that fits counts. "Behind ours": less preferred than the provider writes our routes,
so that ours takes the traffic. A foreign route for some packets only leaves room for ours,
unless the router has one route for each destination and that one leads elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from podroute.claims.judge import Judgement
from podroute.claims.keep import Kept
from podroute.model.cidr import Bounds, Cidr, bounds, sort_key
from podroute.model.node import NodeName
from podroute.model.route import InstalledRoute, Route, RouteTable, use_order


@dataclass(frozen=True, slots=True)
class InSync:
    """Traffic goes where it should."""

    route: Route
    installed: InstalledRoute


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What is wished is there, but ``installed``, one of ours that goes, takes the traffic."""

    route: Route
    installed: InstalledRoute


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no route to the destination."""

    route: Route


@dataclass(frozen=True, slots=True)
class Wrong:
    """Our route leads elsewhere, nowhere, or is written in another form."""

    route: Route
    installed: InstalledRoute


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A foreign route takes the traffic elsewhere."""

    route: Route
    holder: InstalledRoute

    @property
    def reason(self) -> str:
        """For people."""
        more = f" ({self.holder.deviation})" if self.holder.deviation else ""
        return f"{self.holder.handle} is not ours{more}"


@dataclass(frozen=True, slots=True)
class Adoptable:
    """A foreign route that leads where it should, for somebody who takes such routes over.

    ``written``: ours is there already, or will be when this finding's turn comes.
    """

    route: Route
    installed: InstalledRoute
    written: bool


@dataclass(frozen=True, slots=True)
class Stale:
    """A route of ours that nobody needs.

    ``first``: it goes before the wished one is written; ``node``: where another route is enough.
    """

    installed: InstalledRoute
    first: bool = False
    node: NodeName | None = None


Finding: TypeAlias = InSync | Overtaken | Missing | Wrong | InTheWay | Adoptable | Stale | Kept


def compare(judgement: Judgement, table: RouteTable, *, adopt: bool) -> tuple[Finding, ...]:
    """What is found for each wish, by destination, then what is installed without a wish.

    Findings about one destination are in the order in which steps must follow them.
    """
    found: dict[Bounds, tuple[InstalledRoute, ...]] = {
        bounds(wish.destination): () for wish in judgement.believed
    }
    unwished = _sort_out(table, found)
    findings: list[Finding] = []
    for route, present in zip(judgement.believed, found.values(), strict=True):
        if len(present) == 1 and present[0].ownership == "ours":
            findings.append(_repair(route, present[0]))
        else:
            place = table.preferences.of(route.destination)
            there = _exclusive(route, present) if table.one_each else present
            findings += _weigh(route, sorted(there, key=use_order), place, adopt=adopt)
    staying = {one.installed for one in judgement.kept}
    rest: list[Stale | Kept] = [Stale(one) for one in unwished if one not in staying]
    return (*findings, *sorted([*rest, *judgement.kept], key=_order))


def _sort_out(
    table: RouteTable, found: dict[Bounds, tuple[InstalledRoute, ...]]
) -> list[InstalledRoute]:
    """Puts each installed route to its wish; gives those of ours that nobody wishes."""
    unwished: list[InstalledRoute] = []
    for route in table.routes:
        block = bounds(route.destination)
        present = found.get(block)
        if present is not None:
            found[block] = (*present, route)
        elif route.ownership == "ours":
            unwished.append(route)
    return unwished


def _exclusive(route: Route, present: Iterable[InstalledRoute]) -> Iterable[InstalledRoute]:
    """What leads elsewhere for a part of the traffic leaves no room for ours there."""
    for one in present:
        ours = one.ownership == "ours" or one.next_hop == route.next_hop
        yield one if ours else replace(one, partial=False)


def _weigh(
    route: Route, by_use: Sequence[InstalledRoute], place: int, *, adopt: bool
) -> Iterator[Finding]:
    """What is found where several routes, or a foreign one, lead to the destination."""
    mine = [one for one in by_use if one.ownership == "ours"]
    ours = sorted(mine, key=lambda one: -one.preference)  # as they go
    foreign = [one for one in by_use if one.ownership == "foreign" and not one.partial]
    right = [one for one in foreign if _is_as_wished(route, one)]
    wrong = [one for one in foreign if not _is_as_wished(route, one)]
    whole = [one for one in by_use if not one.partial]
    in_use = [one for one in whole if one.preference == whole[0].preference]
    served = right and not (wrong and wrong[0].preference <= right[0].preference)
    taking_over = adopt and len(foreign) == 1  # of two the router may remove one for the other
    if wrong and wrong[0].preference <= place and not served:
        yield InTheWay(route, wrong[0])
    elif served and (not ours or right[0].preference <= place):
        if taking_over:
            yield from _adoptable(route, right[0], ours, place)
        else:
            yield _in_sync(route, right[0], in_use)
            surplus = (one for one in ours if not _is_as_wished(route, one))
            yield from (Stale(one, node=route.node) for one in surplus)
    else:
        yield from _best(route, ours, in_use, place) if ours else (Missing(route),)
        yield from (Adoptable(route, one, written=True) for one in right if taking_over)


def _adoptable(
    route: Route, foreign: InstalledRoute, ours: Sequence[InstalledRoute], place: int
) -> Iterator[Finding]:
    """The foreign route carries the traffic while ours that lead elsewhere or stand there go."""
    written = next((one for one in ours if _is_as_wished(route, one)), None)
    surplus = [one for one in ours if one is not written]
    early = [one for one in surplus if not _leads_there(route, one) or _is_in_place(one, place)]
    yield from (Stale(one, first=True, node=route.node) for one in early)
    yield Adoptable(route, foreign, written is not None)
    yield from (Stale(one, node=route.node) for one in surplus if one not in early)


def _best(
    route: Route, ours: Sequence[InstalledRoute], in_use: Sequence[InstalledRoute], place: int
) -> Iterator[Finding]:
    """One of ours stays, or is replaced where it stands, and the others go.

    The one to be replaced stands in the place of the wished route if any does, so that nothing
    else of ours is in the way there. While the traffic goes right, what could take it elsewhere
    goes first; else what is in use goes last.
    """
    best = min(
        ours,
        key=lambda one: (
            not _is_as_wished(route, one),
            not _is_in_place(one, place),
            not _leads_there(route, one),
        ),
    )
    surplus = [one for one in ours if one is not best]
    if _is_as_wished(route, best):
        yield _in_sync(route, best, in_use)
        yield from (Stale(one, node=route.node) for one in surplus)
        return
    goes_right = any(_leads_there(route, one) for one in in_use)
    early = [
        one
        for one in surplus
        if (goes_right and not _leads_there(route, one)) or _is_in_place(one, place)
    ]
    yield from (Stale(one, first=True, node=route.node) for one in early)
    yield Wrong(route, best)
    yield from (Stale(one, node=route.node) for one in surplus if one not in early)


def _in_sync(
    route: Route, installed: InstalledRoute, in_use: Sequence[InstalledRoute]
) -> InSync | Overtaken:
    astray = next((one for one in in_use if not _leads_there(route, one)), None)
    return Overtaken(route, astray) if astray else InSync(route, installed)


def _is_in_place(one: InstalledRoute, place: int) -> bool:
    return one.preference == place and not one.partial


def _repair(route: Route, mine: InstalledRoute) -> InSync | Wrong:
    return InSync(route, mine) if _is_as_wished(route, mine) else Wrong(route, mine)


def _leads_there(route: Route, one: InstalledRoute) -> bool:
    return one.next_hop == route.next_hop and one.preference >= 0


def _is_as_wished(route: Route, installed: InstalledRoute) -> bool:
    return installed.next_hop == route.next_hop and not installed.deviation


def _order(finding: Stale | Kept) -> tuple[tuple[int, int, int], int, str]:
    installed = finding.installed
    return sort_key(installed.destination), installed.preference, installed.handle


def shadows(
    wishes: Mapping[Cidr, Route], table: RouteTable
) -> Iterator[tuple[InstalledRoute, Route]]:
    """Foreign routes that take a part of a wished destination's traffic, with the wish."""
    lengths = sorted({(cidr.version, cidr.prefixlen) for cidr in wishes})
    for foreign in table.routes:
        if foreign.ownership == "ours":
            continue
        wish = wishes.get(foreign.destination)
        if wish is None:
            yield from ((foreign, one) for one in _around(foreign.destination, lengths, wishes))
        elif foreign.partial:
            yield foreign, wish


def _around(
    cidr: Cidr, lengths: Sequence[tuple[int, int]], wishes: Mapping[Cidr, Route]
) -> Iterator[Route]:
    for version, length in lengths:
        if version == cidr.version and length < cidr.prefixlen:
            wish = wishes.get(cidr.supernet(new_prefix=length))
            if wish is not None:
                yield wish
