"""Which Nodes and routes have to do with each other? Pure.

A change at one Node can only concern those that claim the same addresses, and the routes to them.
Judged with these alone it comes out as among all thousands; ``neighbourhood`` finds them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from podroute.claims.rules import ClaimCourt, ClaimRules
from podroute.model.cidr import Address, Bounds, bounds, cidr_within
from podroute.model.node import Node, NodeName, Roster, Unreadable
from podroute.model.route import InstalledRoute, RouteTable
from podroute.routing.blocks import Blocks
from podroute.routing.guardrails import Scale

Key: TypeAlias = Bounds | Address | NodeName
"""A block, an InternalIP or a Node: what two that have to do with each other share."""
Someone: TypeAlias = Node | Unreadable
_Routes: TypeAlias = tuple[InstalledRoute, ...]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Nodes and routes that have to do with no others; ``blocks`` and ``names`` are all of them.

    Those among the names that are no more, and the blocks without a route, too.
    """

    roster: Roster
    table: RouteTable
    blocks: Collection[Bounds]
    names: Collection[NodeName]


class Observed:
    """The Nodes and the router's table as they were seen last."""

    def __init__(self, rules: ClaimRules) -> None:
        self.table = RouteTable()
        self.owned = 0  # routes of ours
        self._rules = rules
        self._court = ClaimCourt(rules, self.table)
        self._nodes: dict[NodeName, Someone] = {}
        self._dark: set[NodeName] = set()  # whose podCIDRs cannot be read
        self._claimants = _Index[Bounds, NodeName]()
        self._holders = _Index[Address, NodeName]()
        self._leading = _Index[Address, Bounds]()  # our routes, by next hop
        self._installed: dict[int, InstalledRoute] = {}  # by identity
        self._routes: dict[Bounds, _Routes] = {}
        self._contested = Blocks()  # that somebody may claim, or where a route of ours is
        self._strays = Blocks()  # of foreign routes only

    def node(self, name: NodeName) -> Someone | None:
        """As it was shown last."""
        return self._nodes.get(name)

    def nodes(self) -> Collection[Someone]:
        """All of them."""
        return self._nodes.values()

    def routes(self, block: Bounds) -> _Routes:
        """Those to exactly this block."""
        return self._routes.get(block, ())

    @property
    def dark(self) -> str:
        """A Node of which not even the podCIDRs can be read; "" where there is none."""
        return min(self._dark, default="")

    @property
    def scale(self) -> Scale:
        """What removals are measured against."""
        return Scale(self.owned, len(self._nodes), self.dark)

    def observe(self, node: Someone) -> AbstractSet[Key]:
        """A Node as it is now; the keys of what is to be looked at because of it."""
        name = NodeName(node.name)
        before = self._nodes.get(name)
        self._nodes[name] = node
        if before is not None and (before == node or _relevant(before) == _relevant(node)):
            return frozenset()
        return self._exchange(name, before, node)

    def gone(self, node: Someone) -> AbstractSet[Key]:
        """It is no more; another one of that name stays."""
        name = NodeName(node.name)
        present = self._nodes.get(name)
        if present is None or present.uid != node.uid:
            return frozenset()
        del self._nodes[name]
        return self._exchange(name, present, None)

    def relist(self, everybody: Iterable[Someone]) -> AbstractSet[Key]:
        """These and no others."""
        now = {NodeName(one.name): one for one in everybody}
        keys: set[Key] = set()
        for name in [name for name in self._nodes if name not in now]:
            keys.update(self.gone(self._nodes[name]))
        for one in now.values():
            keys.update(self.observe(one))
        return keys

    def install(self, table: RouteTable) -> AbstractSet[Key]:
        """The router's table as it was read; the keys of what is not as before.

        A provider that gives the same object for a route that has not changed makes this cheap.
        """
        before = self._exchange_routes(table.routes)
        blocks = {one for one, routes in before.items() if _differ(routes, self.routes(one))}
        for block in blocks:
            self._leading.discard(block, _next_hops(before[block]))
            self._leading.add(block, _next_hops(self.routes(block)))
            self._place(block)
        known, self.table = self.table, replace(table, routes=())
        if replace(known, quota=None) == replace(self.table, quota=None):
            return blocks
        self._court = ClaimCourt(self._rules, table)
        for block in self._claimants:
            self._place(block)
        return blocks | self.everything()

    def _exchange_routes(self, routes: _Routes) -> Mapping[Bounds, _Routes]:
        """What was there before at each destination that has another object now, or one less."""
        known, self._installed = self._installed, {id(one): one for one in routes}
        gone = [one for key, one in known.items() if key not in self._installed]
        new = [one for key, one in self._installed.items() if key not in known]
        before: dict[Bounds, _Routes] = {}
        for one in gone:
            block = bounds(one.destination)
            before.setdefault(block, self.routes(block))
            self._routes[block] = tuple(each for each in self._routes[block] if each is not one)
        for one in new:
            block = bounds(one.destination)
            before.setdefault(block, self.routes(block))
            self._routes[block] = (*self.routes(block), one)
        for block in [block for block in before if not self._routes[block]]:
            del self._routes[block]
        self.owned += sum(one.ownership == "ours" for one in new)
        self.owned -= sum(one.ownership == "ours" for one in gone)
        return before

    def everything(self) -> AbstractSet[Key]:
        """All keys that anything can be asked by."""
        return {*self._nodes, *self._routes}

    def neighbourhood(self, keys: Iterable[Key]) -> Neighbourhood:
        """All that has to do with ``keys``."""
        found: set[Key] = set()
        ahead = list(keys)
        while ahead:
            key = ahead.pop()
            if key not in found:
                found.add(key)
                ahead.extend(self._beside(key))
        names = sorted(key for key in found if isinstance(key, str))
        blocks = sorted(key for key in found if isinstance(key, tuple))
        routes = tuple(route for block in blocks for route in self.routes(block))
        roster = Roster.of(self._nodes[name] for name in names if name in self._nodes)
        return Neighbourhood(roster, replace(self.table, routes=routes), blocks, names)

    def _beside(self, key: Key) -> Iterator[Key]:
        if isinstance(key, str):
            node = self._nodes.get(key)
            if node is not None:
                yield from _stakes(node)
        elif isinstance(key, tuple):
            yield from self._claimants.of(key)
            yield from _next_hops(self.routes(key))
            yield from self._overlapping(key)
        else:
            yield from self._holders.of(key)
            yield from self._leading.of(key)

    def _overlapping(self, block: Bounds) -> Iterator[Bounds]:
        if block in self._contested:
            yield from self._contested.around(block)
            yield from self._contested.inside(block)
            yield from self._strays.inside(block)
        elif block in self._strays:
            yield from self._contested.around(block)

    def _exchange(
        self, name: NodeName, before: Someone | None, after: Someone | None
    ) -> AbstractSet[Key]:
        keys: set[Key] = {name}
        if before is not None:
            keys.update(_stakes(before))
            self._claimants.discard(name, _claims(before))
            self._holders.discard(name, before.internal_ips)
            self._dark.discard(name)
        if after is not None:
            keys.update(_stakes(after))
            self._claimants.add(name, _claims(after))
            self._holders.add(name, after.internal_ips)
            if after.pod_cidrs is None:
                self._dark.add(name)
        for key in keys:
            if isinstance(key, tuple):
                self._place(key)
        return keys

    def _place(self, block: Bounds) -> None:
        """What no rule allows is in nobody's way, unless a route of ours is there."""
        routes = self.routes(block)
        contested = any(one.ownership == "ours" for one in routes)
        if not contested and self._claimants.of(block):
            contested = not self._court.fault_of_block(cidr_within(block), block, installed=False)
        self._contested.put(block, present=contested)
        self._strays.put(block, present=bool(routes) and not contested)


_KeyT = TypeVar("_KeyT")
_ValueT = TypeVar("_ValueT")


class _Index(Generic[_KeyT, _ValueT]):
    """Who is to be found under a key: mostly one, so a tuple is the smallest."""

    def __init__(self) -> None:
        self._found: dict[_KeyT, tuple[_ValueT, ...]] = {}

    def __iter__(self) -> Iterator[_KeyT]:
        return iter(self._found)

    def of(self, key: _KeyT) -> tuple[_ValueT, ...]:
        return self._found.get(key, ())

    def add(self, value: _ValueT, keys: Iterable[_KeyT]) -> None:
        for key in keys:
            present = self._found.get(key, ())
            if value not in present:
                self._found[key] = (*present, value)

    def discard(self, value: _ValueT, keys: Iterable[_KeyT]) -> None:
        for key in keys:
            rest = tuple(one for one in self._found.get(key, ()) if one != value)
            if rest:
                self._found[key] = rest
            else:
                self._found.pop(key, None)


def _differ(before: _Routes, now: _Routes) -> bool:
    """Also in what the router says of the same routes."""
    return before != now or [one.warning for one in before] != [one.warning for one in now]


def _relevant(node: Someone) -> Someone:
    """All of it that a look depends on."""
    if isinstance(node, Node):
        return replace(node, network=None, labels=())
    return replace(node, network=None)


def _claims(node: Someone) -> Iterator[Bounds]:
    return map(bounds, node.pod_cidrs or ())


def _stakes(node: Someone) -> Iterator[Bounds | Address]:
    yield from _claims(node)
    yield from node.internal_ips


def _next_hops(routes: _Routes) -> Iterator[Address]:
    return (one.next_hop for one in routes if one.ownership == "ours" and one.next_hop)
