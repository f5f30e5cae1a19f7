"""What may a plan not do in one pass without a person's word? Pure.

A Node list that shrank by accident must not take the cluster's routes with it. Removals and
replacements are held together, with what is to follow them; creations are never held, nor what
completes a route.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from podroute.model.cidr import Cidr
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.routing.steps import Blocked, Change, Step, destination_of, is_disruptive

FEW = 3  # so many removals in a pass are never held: small clusters could not shrink
SHARE = 10  # percent of our routes that a pass may remove or replace
LATELY = 600.0  # seconds
SHARE_LATELY = 20  # percent of our routes that all passes of that time may remove or replace


@dataclass(frozen=True, slots=True)
class Scale:
    """What a plan is measured against."""

    owned: int  # our routes
    nodes: int  # that exist, readable or not
    dark: str = ""  # one whose podCIDR cannot be read
    lately: int = 0  # changes that were allowed already, of those that are counted


def scale_of(roster: Roster, table: RouteTable) -> Scale:
    """That of one whole look."""
    owned = sum(route.ownership == "ours" for route in table.routes)
    dark = (one.name for one in roster.unreadable if one.pod_cidrs is None)
    return Scale(owned, len(roster.nodes) + len(roster.unreadable), next(dark, ""))


Cause: TypeAlias = Literal["", "no Nodes", "unreadable Node", "at once", "lately"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``allowed`` may be applied; ``held`` waits for the word ``confirmation``."""

    allowed: tuple[Change, ...]
    held: tuple[Change, ...] = ()
    reason: str = ""
    confirmation: str = ""  # names exactly these held changes, no others
    cause: Cause = ""  # the reason without its numbers


def restrain(steps: Sequence[Step], scale: Scale, *, confirmed: str) -> Verdict:
    """Holds back disruptive changes where a fault is the likelier cause than a person's wish."""
    changes = tuple(step for step in steps if not isinstance(step, Blocked))
    disruptive = tuple(filter(is_disruptive, changes))
    cause, reason = _reason(len(disruptive), scale)
    harmless, held = _parted(changes)
    confirmation = _name(held)
    if not cause or confirmed == confirmation:
        return Verdict(changes)
    return Verdict(harmless, held, reason, confirmation, cause)


def _parted(changes: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The disruptive ones go with those that come after one about the same destination."""
    harmless: list[Change] = []
    held: list[Change] = []
    closed: set[Cidr] = set()
    for change in changes:
        destination = destination_of(change)
        if is_disruptive(change) or destination in closed:
            held.append(change)
            closed.add(destination)
        else:
            harmless.append(change)
    return tuple(harmless), tuple(held)


def _reason(disruptive: int, scale: Scale) -> tuple[Cause, str]:
    owned, lately = scale.owned, scale.lately
    at_once = max(FEW, owned * SHARE // 100)
    in_time = max(FEW, (owned + lately) * SHARE_LATELY // 100)
    cause: Cause = ""
    reason = ""
    if not disruptive:
        return cause, reason
    if not scale.nodes:
        cause = "no Nodes"
        reason = f"the Node list is empty while {owned} of our routes are installed"
    elif scale.dark:
        cause = "unreadable Node"
        reason = f"the podCIDR of {scale.dark} cannot be read: one of these routes may be its own"
    elif disruptive > at_once:
        cause = "at once"
        reason = (
            f"{disruptive} of our {owned} routes would be removed or replaced at once; "
            f"up to {at_once} pass unasked"
        )
    elif disruptive + lately > in_time:
        cause = "lately"
        reason = (
            f"{disruptive} more of our {owned} routes would be removed or replaced, after "
            f"{lately} within {LATELY / 60:g} minutes; up to {in_time} pass unasked"
        )
    return cause, reason


def _name(changes: Sequence[Change]) -> str:
    return sha256("\n".join(map(repr, changes)).encode()).hexdigest()[:8]
