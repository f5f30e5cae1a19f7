"""Which steps make this machine a worker with these podCIDRs, and which take that back? Pure.

The order: nothing is heard before it is guarded, nothing is forwarded before the firewall is there,
and the runtime is told when all that is done; a former gateway goes when no new Pod is given one of
its addresses any more. After any interrupted prefix a second plan holds the
rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from podroute.bridge.checks import Finding, problems
from podroute.bridge.cni_conflist import conflist_steps, is_first_writing
from podroute.bridge.cni_trust import doubts
from podroute.bridge.desired import Wish, has_pods
from podroute.bridge.firewall import firewall_steps
from podroute.bridge.leftovers import leftovers
from podroute.bridge.links import (
    address_steps,
    bridge_steps,
    conflict,
    former_addresses,
    port_steps,
    running_steps,
)
from podroute.bridge.mtu import narrow_uplinks, too_small
from podroute.bridge.seen import Host
from podroute.bridge.steps import Blocked, Step
from podroute.bridge.sysctls import (
    GIVE_IPV6,
    NO_IPV6,
    before_up,
    bridged,
    forwarding,
    speaks,
)
from podroute.bridge.unnoted import is_short_of_notes, unnoted
from podroute.model.cidr import Cidr


@dataclass(frozen=True, slots=True)
class Plan:
    """``steps`` are carried out in this order, and none after one that failed."""

    steps: tuple[Step, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    problems: tuple[Finding, ...] = ()
    unsure: bool = False  # Pods' own addresses would tell more, and were not looked at
    served: tuple[Cidr, ...] = ()  # podCIDRs that are reached here when the steps are done
    short: bool = False  # of notes: Pods' own addresses, now and then, tell which are lost


def plan_host(wish: Wish, host: Host) -> Plan:
    """What is to be done, and what cannot be; one family goes without the other."""
    spoken = tuple(cidr for cidr in wish.pod_cidrs if speaks(host, cidr.version))
    unspoken = (cidr for cidr in wish.pod_cidrs if cidr not in spoken)
    blocked = tuple(Blocked(f"podCIDR {cidr}", f"{NO_IPV6}: {GIVE_IPV6}") for cidr in unspoken)
    if not blocked:
        return _plan(wish, host)
    if not spoken:
        return Plan(blocked=blocked)
    retained = tuple(one for one in wish.retained if speaks(host, one.version))
    plan = _plan(replace(wish, pod_cidrs=spoken, retained=retained), host)
    return replace(plan, blocked=(*blocked, *plan.blocked))


def _plan(wish: Wish, host: Host) -> Plan:
    found = (*problems(wish, host), *narrow_uplinks(wish), *doubts(host.cni))
    in_the_way = conflict(wish, host) or too_small(wish)
    if in_the_way is not None:
        return Plan((), (in_the_way,), found)
    last = tuple(conflist_steps(wish, host))
    told = (one for one in last if not isinstance(one, Blocked))
    rest = (*former_addresses(wish, host), *unnoted(wish, host), *leftovers(host))
    steps = (*_steps(wish, host), *told, *rest)
    blocked = tuple(one for one in last if isinstance(one, Blocked))
    short = is_short_of_notes(wish, host)
    return Plan(steps, blocked, found, _is_unsure(wish, host), wish.pod_cidrs, short)


def _is_unsure(wish: Wish, host: Host) -> bool:
    """Only where it would be decided otherwise: a look into every Pod is not for each pass."""
    if host.pod_addresses is not None or not has_pods(host, wish.settings.bridge):
        return False
    return bool(wish.retained) or is_first_writing(wish, host.cni)


def _steps(wish: Wish, host: Host) -> Iterator[Step]:
    yield from bridge_steps(wish, host)
    yield from before_up(wish, host)
    yield from address_steps(wish, host)
    yield from firewall_steps(wish, host)
    yield from bridged(wish, host)
    yield from forwarding(wish, host)
    yield from running_steps(wish, host)
    yield from port_steps(wish, host)
