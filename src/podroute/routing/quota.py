"""What of a plan has room in a router that takes only so many routes? Pure."""

from collections.abc import Sequence
from typing import Final

from podroute.model.route import Quota
from podroute.routing.steps import Blocked, Create, Delete, Replace, Step, destination_of

QUOTA: Final = "quota"  # the holder where there is no room
NEAR: Final = 80  # percent, from which on people are told


def within_quota(steps: Sequence[Step], quota: Quota | None) -> tuple[Step, ...]:
    """The same, but what has no room is blocked, the last destinations first.

    Room that removals of the same plan make is there for the next one, and what replacements take
    for a moment is left to them.
    """
    if quota is None:
        return tuple(steps)
    fitting: list[Step] = []
    kept = quota.spare if any(isinstance(step, Replace) for step in steps) else 0
    left = quota
    for step in steps:
        if not isinstance(step, Create):
            fitting.append(step)
            continue
        version = step.route.destination.version
        if left.room(version) > kept:
            left = left.with_more(version)
            fitting.append(step)
        else:
            fitting.append(_no_room(step, left, kept))
    return tuple(fitting)


def quota_after(steps: Sequence[Step], quota: Quota) -> Quota:
    """The same when all steps are carried out."""
    left = quota
    for step in steps:
        if isinstance(step, Create | Delete):
            more = 1 if isinstance(step, Create) else -1
            left = left.with_more(destination_of(step).version, more)
    return left


def gaps(steps: Sequence[Step], quota: Quota) -> int:
    """How many replacements take the old route away first, for want of room for both."""
    if not (quota.spare and quota.is_full):
        return 0
    return sum(isinstance(step, Replace) for step in steps)


def is_near(quota: Quota) -> bool:
    """Whether there will soon be no room."""
    return quota.used * 100 >= quota.limit * NEAR


def _no_room(step: Create, left: Quota, kept: int) -> Blocked:
    route = step.route
    version = route.destination.version
    kind = "routes" if left.apart is None else f"IPv{version} routes"
    place = f", and a replacement takes {kept} for a moment" if kept else ""
    reason = (
        f"the router takes {left.limit} {kind}, and {left.used_by(version)} are there or come "
        f"first{place}: raise its quota, or remove routes that nobody needs"
    )
    return Blocked(route.node, route.destination, route.next_hop, QUOTA, reason)
