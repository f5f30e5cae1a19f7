"""How are Google Cloud's routes and podroute's the same thing in other words? Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from math import inf
from typing import Final

from podroute.model.cidr import Address, Cidr, parse_address, parse_meant_cidr, sort_key
from podroute.model.route import InstalledRoute, Kind, Ownership, Quota, Route
from podroute.providers.gcp.inventory import Inventory
from podroute.providers.gcp.names import (
    mark,
    network_url,
    path_of,
    path_of_machine,
    route_name,
)
from podroute.providers.gcp.settings import SPARE, GcpOptions
from podroute.providers.gcp.wire import Project, RouteResource

_QUOTA_METRIC: Final = "ROUTES"
_OF_NEXT_HOP: Final = "NEXT_HOP_"  # how the codes of warnings begin that concern it


def is_ours(resource: RouteResource, options: GcpOptions) -> bool:
    """By the owner mark."""
    return resource.description == mark(options)


def is_in_network(resource: RouteResource, options: GcpOptions) -> bool:
    """Whether the route is in the managed scope."""
    return path_of(resource.network) == path_of(network_url(options))


def wished_resource(route: Route, options: GcpOptions, inventory: Inventory) -> RouteResource:
    """What ``route`` asks for.

    Raises:
        ValueError: no instance may be named for its next hop; the text says why.
    """
    by_address = options.next_hop == "address"
    return RouteResource(
        name=route_name(route.destination, options),
        network=network_url(options),
        dest_range=str(route.destination),
        description=mark(options),
        priority=options.priority,
        tags=options.instance_tags,
        next_hop_ip=str(route.next_hop) if by_address else "",
        next_hop_instance="" if by_address else _instance_url(route, options, inventory),
    )


def _instance_url(route: Route, options: GcpOptions, inventory: Inventory) -> str:
    machine = inventory.by_address.get(route.next_hop)
    if machine is None:
        message = (
            f"no instance in network {options.network} has {route.next_hop}: "
            f"see gcloud compute instances list --filter={route.node}"
        )
        raise ValueError(message)
    said = path_of_machine(route.provider_id)
    if said and said != machine.path:
        words = f"and {route.node} is {said} by its providerID"
        message = f"{route.next_hop} is that of {machine.path}, {words}"
        raise ValueError(message)
    if not said and machine.name != route.node.partition(".")[0].lower():
        message = f"{route.next_hop} is that of instance {machine.name}, not of {route.node}"
        raise ValueError(message)
    return f"{options.root}/{machine.path}"


def insert_body(resource: RouteResource) -> Mapping[str, object]:
    """The body of ``routes.insert``."""
    body: dict[str, object] = {
        "name": resource.name,
        "network": resource.network,
        "destRange": resource.dest_range,
        "description": resource.description,
        "priority": resource.priority,
    }
    if resource.next_hop_ip:
        body["nextHopIp"] = resource.next_hop_ip
    else:
        body["nextHopInstance"] = resource.next_hop_instance
    if resource.tags:
        body["tags"] = list(resource.tags)
    return body


def same_route(present: RouteResource, wished: RouteResource) -> bool:
    """Whether a route under the wished name is the wished one, in every respect that we write."""
    return _content(present) == _content(wished)


def _content(resource: RouteResource) -> tuple[object, ...]:
    return (
        path_of(resource.network),
        _read(parse_meant_cidr, resource.dest_range),
        resource.description,
        resource.priority,
        sorted(resource.tags),
        _read(parse_address, resource.next_hop_ip),
        path_of(resource.next_hop_instance),
        is_static(resource),
    )


def _read(parse: Callable[[str], Cidr | Address], text: str) -> Cidr | Address | None:
    """What somebody else has written need not be what we would."""
    try:
        return parse(text)
    except ValueError:
        return None


def installed_route(
    resource: RouteResource, options: GcpOptions, inventory: Inventory
) -> InstalledRoute | None:
    """The route as a plan sees it; None: it has no destination that could be anybody's."""
    try:
        destination = parse_meant_cidr(resource.dest_range)
        kind, next_hop = _way(resource, destination, inventory)
    except ValueError:
        return None
    ours = is_ours(resource, options)
    ownership: Ownership = "ours" if ours else "foreign"
    deviations = _deviations(resource, kind, options) if ours else _restrictions(resource)
    return InstalledRoute(
        destination,
        next_hop,
        ownership,
        _handle(resource),
        kind,
        resource.priority,
        ", ".join(deviations),
        partial=_is_partial(resource, options),
        warning=_warning(resource),
    )


def _way(
    resource: RouteResource, destination: Cidr, inventory: Inventory
) -> tuple[Kind, Address | None]:
    if resource.next_hop_ip:
        return "unicast", parse_address(resource.next_hop_ip)
    if not resource.next_hop_instance:
        return "link", None
    machine = inventory.by_path.get(path_of(resource.next_hop_instance))
    addresses = machine.addresses if machine else ()
    found = next((one for one in addresses if one.version == destination.version), None)
    return ("blackhole", None) if found is None else ("unicast", found)


def _is_partial(resource: RouteResource, options: GcpOptions) -> bool:
    """Whether some instances for which our routes are do not use it."""
    wished = options.instance_tags
    return bool(resource.tags) and not (wished and set(resource.tags) >= set(wished))


def _warning(resource: RouteResource) -> str:
    codes = [one.code for one in resource.warnings if one.code.startswith(_OF_NEXT_HOP)]
    return f"Google Cloud warns: {', '.join(codes)}" if codes else ""


def _restrictions(resource: RouteResource) -> Iterator[str]:
    if resource.tags:
        yield f"for instances with tag {' or '.join(resource.tags)} only"


def _deviations(resource: RouteResource, kind: Kind, options: GcpOptions) -> Iterator[str]:
    if resource.priority != options.priority:
        yield f"priority {resource.priority}, not {options.priority}"
    if sorted(resource.tags) != list(options.instance_tags):
        yield f"{_tags(resource.tags)}, not {_tags(options.instance_tags)}"
    if kind == "blackhole":
        yield f"{_words_of_hop(resource)} is not in the network"
    elif kind == "link":
        yield f"{_words_of_hop(resource)}, not a Node"
    elif bool(resource.next_hop_instance) != (options.next_hop == "instance"):
        yield f"next hop by {'instance' if resource.next_hop_instance else 'address'}"


def _tags(tags: Sequence[str]) -> str:
    return f"tags {','.join(tags)}" if tags else "no tags"


def _handle(resource: RouteResource) -> str:
    words = f"route {resource.name} via {_words_of_hop(resource)} priority {resource.priority}"
    return f"{words} {_tags(resource.tags)}" if resource.tags else words


def _words_of_hop(resource: RouteResource) -> str:
    if resource.next_hop_ip:
        return resource.next_hop_ip
    for word, value in (
        ("instance", resource.next_hop_instance),
        ("gateway", resource.next_hop_gateway),
        ("load balancer", resource.next_hop_ilb),
        ("subnet of network", resource.next_hop_network),
        ("peering", resource.next_hop_peering),
        ("VPN tunnel", resource.next_hop_vpn_tunnel),
        ("hub", resource.next_hop_hub),
        ("interconnect", resource.next_hop_interconnect_attachment),
    ):
        if value:
            return f"{word} {value.rpartition('/')[2]}"
    return "something else"


def subnets(resources: Iterable[RouteResource]) -> tuple[Cidr, ...] | None:
    """Where the network's own machines are; None: it does not list its subnets."""
    found = {
        parse_meant_cidr(one.dest_range)
        for one in resources
        if one.next_hop_network and one.dest_range
    }
    return tuple(sorted(found, key=sort_key)) if found else None


def gateways(networks: Iterable[Cidr]) -> frozenset[Address]:
    """Google Cloud's own address in each subnet: the second of an IPv4 range."""
    return frozenset(one.network_address + 1 for one in networks if isinstance(one, IPv4Network))


def is_static(resource: RouteResource) -> bool:
    """Whether somebody has written it: those of subnets and peerings are not counted."""
    return not (resource.next_hop_network or resource.next_hop_peering or resource.next_hop_hub)


def quota_of(project: Project) -> Quota | None:
    """How many routes the project has, and may have; None: any number, or it does not say."""
    for quota in project.quotas:
        if quota.metric == _QUOTA_METRIC and 0 <= quota.limit < inf and 0 <= quota.usage < inf:
            return Quota(int(quota.usage), int(quota.limit), spare=SPARE)
    return None
