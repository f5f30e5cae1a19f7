"""Routes of ours and others' to one destination; ours belong at preference 100."""

from dataclasses import replace

from podroute.model.route import InstalledRoute, Ownership
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked, Delete, Step
from tests.builders import SEED_RULES, installed, node, roster, route, table

CIDR, HOP, OLD, OTHER = "10.200.1.0/24", "10.240.0.31", "10.240.0.9", "10.240.0.8"
PLACE = 100
WISHED = route(CIDR, HOP, "w")


def ours(via: str, preference: int = PLACE) -> InstalledRoute:
    deviation = "" if preference == PLACE else f"metric {preference}, not {PLACE}"
    return installed(CIDR, via, preference=preference, deviation=deviation)


def theirs(via: str, preference: int = PLACE) -> InstalledRoute:
    return installed(CIDR, via, "foreign", preference=preference)


def some(ownership: Ownership, via: str) -> InstalledRoute:
    """For some packets only."""
    words = "for tos 0x10 only"
    return installed(CIDR, via, ownership, preference=PLACE, deviation=words, partial=True)


SHAPED = installed(CIDR, HOP, preference=PLACE, deviation="with mtu")
DROPPED = installed(CIDR, kind="blackhole", preference=PLACE, deviation="blackhole, not unicast")
HOLE = installed(CIDR, kind="blackhole", preference=9, deviation="blackhole, not unicast")
SEVERAL = installed(CIDR, "", "foreign", kind="multipath", preference=PLACE)

SECOND = replace(theirs(HOP), handle=f"{CIDR} via {HOP} foreign too")


def surplus(one: InstalledRoute) -> Delete:
    """It goes since another is enough."""
    return Delete(one, WISHED.node)


def blocked_by(holder: InstalledRoute) -> Blocked:
    reason = f"{holder.handle} is not ours"
    remedy = "remove that route at the router"
    return Blocked(WISHED.node, WISHED.destination, WISHED.next_hop, holder.handle, reason, remedy)


def steps(present: list[InstalledRoute], *, adopt: bool = False) -> tuple[Step, ...]:
    """For one Node that claims the destination."""
    seen = table(*present, preference=PLACE)
    return propose(roster(node("w", HOP, CIDR)), seen, SEED_RULES, adopt=adopt).steps
