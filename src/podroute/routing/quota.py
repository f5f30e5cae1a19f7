"""What of a plan has room in a router that takes only so many routes? Pure."""

from collections.abc import Sequence
from typing import Final

from podroute.model.route import Quota
from podroute.routing.steps import Blocked, Create, Step

QUOTA: Final = "quota"  # the holder where there is no room
NEAR: Final = 80  # percent, from which on people are told


def within_quota(steps: Sequence[Step], quota: Quota | None) -> tuple[Step, ...]:
    """The same, but what has no room is blocked, the last destinations first.

    Room that removals of the same plan make is there for the next one.
    """
    if quota is None:
        return tuple(steps)
    room = quota.limit - quota.used
    fitting: list[Step] = []
    for step in steps:
        if not isinstance(step, Create):
            fitting.append(step)
        elif room > 0:
            room -= 1
            fitting.append(step)
        else:
            fitting.append(_no_room(step, quota))
    return tuple(fitting)


def is_near(quota: Quota) -> bool:
    """Whether there will soon be no room."""
    return quota.used * 100 >= quota.limit * NEAR


def _no_room(step: Create, quota: Quota) -> Blocked:
    route = step.route
    reason = (
        f"the router takes {quota.limit} routes and has {quota.used}: raise its quota, or remove "
        "routes that nobody needs"
    )
    return Blocked(route.node, route.destination, route.next_hop, QUOTA, reason)
