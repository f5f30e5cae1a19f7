"""Ledgers in few words."""

from collections.abc import Iterable
from dataclasses import replace

from podroute.ipam.audit import Finding
from podroute.ipam.facts import Fact, Foreign, Freed
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.ipam.usage import FamilyUsage
from podroute.model.cidr import parse_cidr
from podroute.model.node import Node, NodeName, NodeUid, Unreadable
from podroute.model.pool import CidrPool
from podroute.model.selector import parse_selector
from tests.builders import pool


def families(*texts: str) -> tuple[CidrPool, ...]:
    """Each as ``CIDR by LENGTH``."""
    return tuple(pool(cidr, int(length)) for cidr, length in (one.split(" by ") for one in texts))


def one_pool(name: str, *texts: str, selector: str = "", draining: bool = False) -> Pool:
    """``texts`` as for ``families``."""
    return Pool(name, families(*texts), parse_selector(selector), draining)


def plan(*pools: Pool, reserved: str = "", quarantine: float = 0.0) -> AddressPlan:
    """``reserved`` is separated by spaces."""
    return AddressPlan(pools, tuple(map(parse_cidr, reserved.split())), quarantine)


def ledger_of(
    address_plan: AddressPlan | str, nodes: Iterable[Node | Unreadable] = (), *, reserved: str = ""
) -> Ledger:
    """One that has seen its first list; a text is ``CIDR by LENGTH, CIDR by LENGTH``."""
    if isinstance(address_plan, str):
        only = one_pool("default", *address_plan.split(", "))
        address_plan = plan(only, reserved=reserved)
    ledger = Ledger(address_plan)
    assert ledger.relist(nodes, 0.0) == ()
    return ledger


def given(ledger: Ledger, now: float = 0.0, limit: int | None = None) -> list[str]:
    """Each grant as ``NODE CIDR CIDR``."""
    granted = ledger.grant(now, limit).granted
    return [" ".join((one.node, *map(str, one.pod_cidrs))) for one in granted]


def waiting(ledger: Ledger, now: float = 0.0) -> list[str]:
    """Each as ``NODE POOL``, after a grant."""
    return [f"{one.node} {one.pool}" for one in ledger.grant(now).waiting]


def land(ledger: Ledger, node: Node, now: float = 0.0) -> Node:
    """``node`` is granted its blocks, the patch is applied, and the watch shows it."""
    ledger.observe(node, now)
    (grant,) = (one for one in ledger.grant(now).granted if one.uid == node.uid)
    ledger.answered(grant, "applied", now)
    served = replace(node, pod_cidrs=grant.pod_cidrs)
    assert all(isinstance(fact, Finding) for fact in ledger.observe(served, now))
    return served


def fill(ledger: Ledger, count: int, prefix: str = "n") -> list[str]:
    """``count`` Nodes register, are served and shown; their blocks."""
    blocks: list[str] = []
    for number in range(count):
        uid = NodeUid(f"uid-{prefix}{number}")
        served = land(ledger, Node(NodeName(f"{prefix}{number}"), (), (), uid, f"2026-{number:06}"))
        blocks.extend(map(str, served.pod_cidrs))
    return blocks


def told(facts: Iterable[Fact]) -> list[str]:
    """Each fact as a line."""
    return [_line(fact) for fact in facts]


def _line(fact: Fact) -> str:
    match fact:
        case Foreign(node, _, cidrs, at_birth):
            when = "at birth" if at_birth else "later"
            return f"foreign {when}: {node} {' '.join(map(str, cidrs))}"
        case Freed(node, _, cidrs):
            return f"freed: {node} {' '.join(map(str, cidrs))}"
        case Finding(fault, claim, other, more):
            beside = f", {other.node} {other.cidr}" if other else ""
            crowd = f" +{more}" if more else ""
            return f"{fault}: {claim.node} {claim.cidr}{beside}{crowd}"


def usage(ledger: Ledger, now: float = 0.0, *, family: int = 0) -> FamilyUsage:
    """Of one CIDR of the first pool."""
    return ledger.usage(now)[0].families[family]


def states(ledger: Ledger, now: float = 0) -> tuple[int, int, int, int]:
    """Of the first CIDR: used, pending, quarantined, free."""
    figures = usage(ledger, now)
    return figures.used, figures.pending, figures.quarantined, figures.free
