"""Which of a Node's claims are believed, and who is in the way of the others? Pure.

A Node's podCIDRs and addresses are its own word. One block and one next hop have one owner: the
incumbent, whose route is installed, else the Node that was created first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from podroute.claims.contest import Claim, settle
from podroute.claims.keep import Kept, kept_routes
from podroute.claims.rules import ClaimCourt, ClaimRules, never_a_pod_cidr
from podroute.model.cidr import Address, Bounds, Cidr, bounds, sort_key
from podroute.model.node import Node, NodeName, Roster, by_age
from podroute.model.route import InstalledRoute, Route, RouteTable, use_order

ADDRESS_PLAN = "address plan"  # the holder where a rule and no Node stands against a claim


@dataclass(frozen=True, slots=True)
class Rejected:
    """A claim that is not believed; ``holder`` is the Node or the rule that stands against it."""

    node: NodeName
    destination: Cidr
    next_hop: Address | None  # None: the Node shows no usable one
    holder: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A podCIDR of an IP version that no cluster CIDR is of: a policy, and no fault (B23)."""

    node: NodeName
    destination: Cidr


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the Nodes claim, judged: disjoint routes, refusals, and Nodes without a podCIDR.

    ``kept`` are routes of ours without a believed claim that still serve a Node.
    """

    believed: tuple[Route, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    waiting: tuple[NodeName, ...] = ()
    kept: tuple[Kept, ...] = ()
    unrouted: tuple[Unrouted, ...] = ()


def judge_claims(roster: Roster, table: RouteTable, rules: ClaimRules) -> Judgement:
    """The same for any order of the Nodes and of the installed routes."""
    nodes = by_age(roster.nodes)
    ours = [route for route in table.routes if route.ownership == "ours"]
    bench = _Bench(ClaimCourt(rules, table), _incumbents(ours))
    owners = bench.next_hop_owners(nodes)
    verdicts = [verdict for node in nodes for verdict in bench.verdicts(node, owners)]
    claims = [verdict for verdict in verdicts if isinstance(verdict, Claim)]
    faulty = [verdict for verdict in verdicts if isinstance(verdict, Rejected)]
    guards = list(_guards(faulty, roster, bench.incumbents))
    standing, outdone = settle([*claims, *guards])
    if guards:
        guarded = {id(guard.route) for guard in guards}
        standing = tuple(claim for claim in standing if id(claim.route) not in guarded)
        outdone = tuple(loss for loss in outdone if id(loss[0].route) not in guarded)
    losers = {claim.route.node for claim, _ in outdone}
    return Judgement(
        tuple(claim.route for claim in standing),
        (*faulty, *(_rejected(claim.route, winner) for claim, winner in outdone)),
        tuple(node.name for node in nodes if not node.pod_cidrs),
        tuple(kept_routes(_unwished(ours, standing), roster, losers)),
        tuple(verdict for verdict in verdicts if isinstance(verdict, Unrouted)),
    )


def _guards(
    faulty: Sequence[Rejected], roster: Roster, incumbents: Mapping[Bounds, InstalledRoute]
) -> Iterator[Claim]:
    """The installed routes of Nodes whose own claims are broken: no newcomer gets the blocks."""
    broken = [(claim.node, claim.destination) for claim in faulty]
    for unreadable in sorted(roster.unreadable, key=lambda one: one.name):
        broken += [(NodeName(unreadable.name), cidr) for cidr in unreadable.pod_cidrs or ()]
    for name, cidr in broken:
        block = bounds(cidr)
        installed = incumbents.get(block)
        hop = None if installed is None else installed.next_hop
        if hop is not None and not never_a_pod_cidr(cidr):
            yield Claim(Route(cidr, hop, name), block, incumbent=True)


def _unwished(ours: Sequence[InstalledRoute], standing: Sequence[Claim]) -> list[InstalledRoute]:
    """Those of ``ours`` to destinations that no claim of ``standing`` is about."""
    if sum(claim.incumbent for claim in standing) == len(ours):
        return []  # in a quiet cluster every route is claimed, once
    wished = {claim.block for claim in standing}
    rest = (route for route in ours if bounds(route.destination) not in wished)
    return sorted(rest, key=lambda route: (sort_key(route.destination), use_order(route)))


def _rejected(route: Route, winner: Route) -> Rejected:
    reason = f"{route.destination} overlaps {winner.destination} of {winner.node}"
    return Rejected(route.node, route.destination, route.next_hop, winner.node, reason)


def _incumbents(ours: Iterable[InstalledRoute]) -> Mapping[Bounds, InstalledRoute]:
    """Our unicast route in use for each destination."""
    incumbents: dict[Bounds, InstalledRoute] = {}
    for route in ours:
        if route.next_hop is not None:
            block = bounds(route.destination)
            other = incumbents.setdefault(block, route)
            if other is not route:
                incumbents[block] = min(route, other, key=use_order)
    return incumbents


@dataclass(frozen=True)
class _Bench:
    """The facts that each claim is held against."""

    court: ClaimCourt
    incumbents: Mapping[Bounds, InstalledRoute]

    def next_hop_owners(self, nodes: Sequence[Node]) -> Mapping[Address, Node | str]:
        """The one Node that may use each address, or why no Node may."""
        owners: dict[Address, Node | str] = {}
        for node in nodes:
            for address in node.internal_ips:
                owner = owners.get(address)
                if owner is None:
                    fault = self.court.fault_of_next_hop(address)
                    owners[address] = fault or node
                elif isinstance(owner, Node) and self._takes_over(node, owner, address):
                    owners[address] = node
        return owners

    def verdicts(
        self, node: Node, owners: Mapping[Address, Node | str]
    ) -> Iterator[Claim | Rejected | Unrouted]:
        """One for each podCIDR of ``node``."""
        for cidr in node.pod_cidrs:
            block = bounds(cidr)
            installed = self.incumbents.get(block)
            if installed is None and self.court.passes_over(cidr):
                yield Unrouted(node.name, cidr)
                continue
            incumbent = None if installed is None else installed.next_hop
            hop = _next_hop(node, cidr, owners, incumbent)
            if isinstance(hop, str):
                yield _no_next_hop(node, cidr, owners, hop)
                continue
            stays = hop == incumbent
            fault = self.court.fault_of_block(cidr, block, installed=stays)
            if fault:
                yield Rejected(node.name, cidr, hop, ADDRESS_PLAN, fault)
            else:
                yield Claim(Route(cidr, hop, node.name, node.provider_id), block, stays)

    def _takes_over(self, node: Node, owner: Node, address: Address) -> bool:
        return self._leads(node, address) and not self._leads(owner, address)

    def _leads(self, node: Node, address: Address) -> bool:
        routes = (self.incumbents.get(bounds(cidr)) for cidr in node.pod_cidrs)
        return any(route is not None and route.next_hop == address for route in routes)


def _next_hop(
    node: Node, cidr: Cidr, owners: Mapping[Address, Node | str], incumbent: Address | None
) -> Address | str:
    """The incumbent where it is still an address of the Node, else its first usable one."""
    if incumbent is not None and owners.get(incumbent) is node:
        return incumbent
    fault = f"{node.name} shows no IPv{cidr.version} InternalIP"
    for address in node.internal_ips:
        if address.version != cidr.version:
            continue
        owner = owners[address]
        if owner is node:
            return address
        fault = owner if isinstance(owner, str) else f"{address} is the InternalIP of {owner.name}"
    return fault


def _no_next_hop(
    node: Node, cidr: Cidr, owners: Mapping[Address, Node | str], fault: str
) -> Rejected:
    claimants = (owners[ip] for ip in node.internal_ips if ip.version == cidr.version)
    holder = next((owner.name for owner in claimants if isinstance(owner, Node)), ADDRESS_PLAN)
    return Rejected(node.name, cidr, None, holder, fault)
