"""Values for tests, from the texts that a person would write. Pure."""

from typing import Literal

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import InstalledRoute, Kind, Route


def route(destination: str, next_hop: str, node: str = "worker-0") -> Route:
    """A wish: ``route("10.200.0.0/24", "10.240.0.30")``."""
    return Route(parse_cidr(destination), parse_address(next_hop), NodeName(node))


def installed(
    destination: str,
    next_hop: str,
    ownership: Literal["ours", "foreign"] = "ours",
    *,
    preference: int = 0,
) -> InstalledRoute:
    """A unicast route as found; its handle is made up."""
    handle = f"{destination} via {next_hop}"
    return InstalledRoute(
        parse_cidr(destination), parse_address(next_hop), ownership, handle, preference=preference
    )


def without_next_hop(
    destination: str, kind: Kind, ownership: Literal["ours", "foreign"] = "ours"
) -> InstalledRoute:
    """A blackhole, a link or a multipath route as found."""
    return InstalledRoute(parse_cidr(destination), None, ownership, f"{kind} {destination}", kind)
