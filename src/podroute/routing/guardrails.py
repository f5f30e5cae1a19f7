"""What may a plan not do in one pass without a person's word? Pure.

A Node list that shrank by accident must not take the cluster's routes with it. Removals and
replacements are held together, with what is to follow them; creations are never held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from podroute.model.cidr import Cidr
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.routing.steps import Blocked, Change, Delete, Replace, Step, destination_of

FEW = 3  # so many removals in a pass are never held: small clusters could not shrink
SHARE = 10  # percent of our routes that a pass may remove or replace


@dataclass(frozen=True, slots=True)
class Verdict:
    """``allowed`` may be applied; ``held`` waits for the word ``confirmation``."""

    allowed: tuple[Change, ...]
    held: tuple[Change, ...] = ()
    reason: str = ""
    confirmation: str = ""  # names exactly these held changes, no others


def restrain(
    steps: Sequence[Step], roster: Roster, table: RouteTable, *, confirmed: str
) -> Verdict:
    """Holds back disruptive changes where a fault is the likelier cause than a person's wish."""
    changes = tuple(step for step in steps if not isinstance(step, Blocked))
    disruptive = tuple(change for change in changes if isinstance(change, Delete | Replace))
    reason = _reason(disruptive, roster, table)
    harmless, held = _parted(changes)
    confirmation = _name(held)
    if not reason or confirmed == confirmation:
        return Verdict(changes)
    return Verdict(harmless, held, reason, confirmation)


def _parted(changes: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The disruptive ones go with those that come after one about the same destination."""
    harmless: list[Change] = []
    held: list[Change] = []
    closed: set[Cidr] = set()
    for change in changes:
        destination = destination_of(change)
        if isinstance(change, Delete | Replace) or destination in closed:
            held.append(change)
            closed.add(destination)
        else:
            harmless.append(change)
    return tuple(harmless), tuple(held)


def _reason(disruptive: Sequence[Change], roster: Roster, table: RouteTable) -> str:
    if not disruptive:
        return ""
    owned = sum(route.ownership == "ours" for route in table.routes)
    if not roster.nodes and not roster.unreadable:
        return f"the Node list is empty while {owned} of our routes are installed"
    dark = [node.name for node in roster.unreadable if node.pod_cidrs is None]
    if dark:
        return f"the podCIDR of {dark[0]} cannot be read: one of these routes may be its own"
    limit = max(FEW, owned * SHARE // 100)
    if len(disruptive) > limit:
        return (
            f"{len(disruptive)} of our {owned} routes would be removed or replaced at once; "
            f"up to {limit} pass unasked"
        )
    return ""


def _name(changes: Sequence[Change]) -> str:
    return sha256("\n".join(map(repr, changes)).encode()).hexdigest()[:8]
