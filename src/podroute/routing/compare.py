"""How does what is wished stand against what is installed? Pure.

    wished    installed                     finding
    ------    -------------------------     ------------------------------
    a route   nothing                       Missing
    a route   ours or foreign, as wished    InSync
    a route   ours, otherwise               Wrong
    a route   foreign, otherwise            InTheWay
    nothing   ours                          Stale, or Kept for a Node that still exists
    nothing   foreign                       nothing: it is not our business

Of several routes to one destination the one in use counts, unless one of ours is as wished; the
others of ours are Stale.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from podroute.claims.judge import Judgement
from podroute.claims.keep import Kept
from podroute.model.cidr import Bounds, Cidr, bounds, sort_key
from podroute.model.route import InstalledRoute, Route, RouteTable, use_order


@dataclass(frozen=True, slots=True)
class InSync:
    """Traffic goes where it should."""

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


@dataclass(frozen=True, slots=True)
class Stale:
    """A route of ours that nobody needs."""

    installed: InstalledRoute


Finding: TypeAlias = InSync | Missing | Wrong | InTheWay | Stale | Kept


def compare(judgement: Judgement, table: RouteTable) -> tuple[Finding, ...]:
    """One finding for each wish, by destination, then what is installed without a wish."""
    found: dict[Bounds, tuple[InstalledRoute, ...]] = {
        bounds(wish.destination): () for wish in judgement.believed
    }
    unwished = _sort_out(table, found)
    findings: list[Finding] = []
    leftover: list[InstalledRoute] = []
    for route, present in zip(judgement.believed, found.values(), strict=True):
        if len(present) > 1:
            finding, surplus = _choose(route, sorted(present, key=use_order))
            findings.append(finding)
            leftover.extend(surplus)
        else:
            findings.append(_finding(route, next(iter(present), None)))
    staying = {one.installed for one in judgement.kept}
    leftover.extend(route for route in unwished if route not in staying)
    rest: list[Stale | Kept] = [*map(Stale, leftover), *judgement.kept]
    return (*findings, *sorted(rest, key=_order))


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


def _choose(
    route: Route, by_use: Sequence[InstalledRoute]
) -> tuple[Finding, Sequence[InstalledRoute]]:
    """What counts among several routes to one destination, and those of ours that go.

    One of ours that is as wished stays in any case: it may be the new half of a replacement. Where
    none is, the first of ours stays until the traffic goes right.
    """
    in_use = by_use[0]
    ours = [one for one in by_use if one.ownership == "ours"]
    right = next((one for one in ours if _is_as_wished(route, one)), None)
    staying = right or (None if _is_as_wished(route, in_use) else next(iter(ours), None))
    surplus = [one for one in ours if one is not staying]
    if in_use.ownership == "ours" and right is not None:
        return InSync(route, right), surplus
    return _finding(route, in_use), surplus


def _finding(route: Route, in_use: InstalledRoute | None) -> Finding:
    if in_use is None:
        return Missing(route)
    if _is_as_wished(route, in_use):
        return InSync(route, in_use)
    return Wrong(route, in_use) if in_use.ownership == "ours" else InTheWay(route, in_use)


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
        if foreign.ownership == "foreign" and foreign.destination not in wishes:
            for wish in _around(foreign.destination, lengths, wishes):
                yield foreign, wish


def _around(
    cidr: Cidr, lengths: Sequence[tuple[int, int]], wishes: Mapping[Cidr, Route]
) -> Iterator[Route]:
    for version, length in lengths:
        if version == cidr.version and length < cidr.prefixlen:
            wish = wishes.get(cidr.supernet(new_prefix=length))
            if wish is not None:
                yield wish
