"""The closed set of things that a plan can say about a destination. Pure."""

from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from podroute.model.cidr import Address, Cidr
from podroute.model.node import NodeName
from podroute.model.route import InstalledRoute, Route

UNWANTED: Final = "no Node needs it"
ENOUGH: Final = "another route is enough"


@dataclass(frozen=True, slots=True)
class Create:
    """Install a route that is missing."""

    route: Route


@dataclass(frozen=True, slots=True)
class Replace:
    """Turn an installed route of ours into the wished one, without a gap."""

    installed: InstalledRoute
    route: Route


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove exactly this route of ours: destination, next hop and preference as found.

    ``node``: that needs its block, for which another route is enough.
    """

    installed: InstalledRoute
    node: NodeName | None = None


@dataclass(frozen=True, slots=True)
class Adopt:
    """Put a route of ours in the place of a foreign one that leads to the wished next hop.

    ``written``: ours is there already, only the foreign one goes.
    """

    installed: InstalledRoute
    route: Route
    written: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """A wish that is not carried out: ``holder`` is in the way, ``reason`` says how.

    ``remedy``: what a person does about that, where the reason does not say it.
    """

    node: NodeName
    destination: Cidr
    next_hop: Address | None  # None: no next hop of the Node is usable
    holder: str  # a foreign route's handle, another Node, or the rule's name
    reason: str
    remedy: str = ""


Change: TypeAlias = Create | Replace | Delete | Adopt
Step: TypeAlias = Change | Blocked


def destination_of(step: Step) -> Cidr:
    """The CIDR that the step is about."""
    match step:
        case Create(route=route) | Replace(route=route) | Adopt(route=route):
            return route.destination
        case Delete(installed=installed):
            return installed.destination
        case Blocked(destination=destination):
            return destination
        case _:
            assert_never(step)


def wish_of(change: Change) -> Route | None:
    """The route that is there afterwards; None: none is."""
    match change:
        case Create(route=route) | Replace(route=route) | Adopt(route=route):
            return route
        case Delete():
            return None
        case _:
            assert_never(change)


def is_disruptive(change: Change) -> bool:
    """Whether traffic may lose the way that it takes: not where a route is only completed."""
    match change:
        case Replace(installed=installed, route=route):
            return not (installed.incomplete and installed.next_hop == route.next_hop)
        case Create() | Adopt():
            return False
        case Delete():
            return True
        case _:
            assert_never(change)


def node_of(change: Change) -> NodeName | None:
    """The Node that the change is for; None where there is none any more."""
    match change:
        case Create(route=route) | Replace(route=route) | Adopt(route=route):
            return route.node
        case Delete(node=node):
            return node
        case _:
            assert_never(change)
