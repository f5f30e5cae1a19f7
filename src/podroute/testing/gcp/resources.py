"""Which routes does the simulated API take, and what does it say about them? Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Final, Protocol, cast

from podroute.model.cidr import contains, parse_cidr
from podroute.testing.gcp.refusal import Document, Refusal, invalid

_NAME: Final = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
_HOPS: Final = ("nextHopIp", "nextHopInstance", "nextHopGateway", "nextHopIlb", "nextHopVpnTunnel")
_KNOWN: Final = frozenset(("name", "network", "destRange", "description", "priority", "tags"))
_MAX_PRIORITY: Final = 65535


@dataclass(frozen=True)
class Network:
    """A VPC network with the ranges of its subnets, and its peerings as the API shows them."""

    name: str
    subnets: tuple[str, ...] = ()
    peerings: tuple[Document, ...] = ()

    def holds(self, address: str) -> bool:
        """Whether it is in one of the subnets."""
        return any(ip_address(address) in ip_network(subnet) for subnet in self.subnets)


@dataclass(frozen=True)
class InstanceSpec:
    """A virtual machine with one network interface; ``external``: its IPv6 address is one."""

    name: str
    address: str
    zone: str = "us-central1-a"
    network: str = "kubernetes"
    ipv6_address: str = ""
    running: bool = True
    forwards: bool = True
    external: bool = False

    def path(self, project: str) -> str:
        """Its full name behind the root."""
        return f"projects/{project}/zones/{self.zone}/instances/{self.name}"


class Project(Protocol):
    """What checking a route needs."""

    @property
    def instances(self) -> dict[str, InstanceSpec]: ...

    def network(self, name: str) -> Network: ...

    def url(self, path: str) -> str: ...


def checked_route(body: Document, project: Project) -> Document:
    """The route as it is stored.

    Raises:
        Refusal: no such route is possible.
    """
    hops = [hop for hop in _HOPS if body.get(hop)]
    unknown = sorted(body.keys() - _KNOWN - set(_HOPS))
    if unknown:
        message = f'Invalid JSON payload received. Unknown name "{unknown[0]}"'
        raise Refusal(400, "badRequest", message)
    name, priority = str(body.get("name", "")), body.get("priority", 1000)
    if not _NAME.fullmatch(name):
        raise invalid(name, "name", f"Must be a match of regex '{_NAME.pattern}'")
    if len(hops) != 1:
        raise invalid(hops, "nextHop", "Exactly one next hop must be specified.")
    if not isinstance(priority, int) or not 0 <= priority <= _MAX_PRIORITY:
        raise invalid(priority, "priority", "Must be between 0 and 65535.")
    network = project.network(str(body.get("network", "")).rpartition("/")[2])
    destination = _checked_destination(str(body.get("destRange", "")), network)
    url = project.url(f"global/networks/{network.name}")
    hop = _checked_hop(hops[0], str(body[hops[0]]), network, project)
    if hops[0] == "nextHopIp" and ip_address(hop).version != ip_network(destination).version:
        raise invalid(hop, "nextHopIp", "It must be of the same IP version as destRange.")
    return {**body, "priority": priority, "destRange": destination, "network": url, hops[0]: hop}


def _checked_destination(text: str, network: Network) -> str:
    try:
        destination = parse_cidr(text)
    except ValueError as error:
        raise invalid(text, "destRange", str(error)) from error
    for subnet in network.subnets:
        if contains(parse_cidr(subnet), destination):
            raise invalid(text, "destRange", f"It is within the subnet {subnet}.")
    return str(destination)


def _checked_hop(kind: str, value: str, network: Network, project: Project) -> str:
    if kind == "nextHopIp":
        try:
            held = network.holds(value)
        except ValueError as error:
            raise invalid(value, kind, str(error)) from error
        if not held:
            raise invalid(value, kind, "The address is in no subnet of the network.")
        return str(ip_address(value))
    if kind == "nextHopInstance":
        path = "projects/" + value.partition("projects/")[2]
        spec = project.instances.get(path)
        if spec is None:
            raise invalid(value, kind, "The referenced instance resource cannot be found.")
        return project.url(f"zones/{spec.zone}/instances/{spec.name}")
    return value


def default_route(network: Network, url: str, gateways: str) -> Document:
    """Out to the internet."""
    return {
        "name": f"default-route-{_digest(network.name)}",
        "network": url,
        "destRange": "0.0.0.0/0",
        "priority": 1000,
        "description": "Default route to the Internet.",
        "nextHopGateway": f"{gateways}/default-internet-gateway",
    }


def subnet_route(network: Network, subnet: str, url: str) -> Document:
    """To the machines of a subnet."""
    return {
        "name": f"default-route-{_digest(network.name + subnet)}",
        "network": url,
        "destRange": subnet,
        "priority": 0,
        "description": f"Default local route to the subnetwork {subnet}.",
        "nextHopNetwork": url,
    }


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


class Hops:
    """Who is found at the next hops of routes at this moment."""

    def __init__(self, instances: Iterable[InstanceSpec]) -> None:
        self._by_path = {f"{one.zone}/instances/{one.name}": one for one in instances}
        self._by_address = {
            (one.network, address): one
            for one in self._by_path.values()
            for address in (one.address, one.ipv6_address)
        }

    def warnings(self, route: Document) -> list[Document]:
        """What is wrong with the next hop of ``route``, as far as it is an instance."""
        network = str(route["network"])
        address = str(route.get("nextHopIp", ""))
        url = str(route.get("nextHopInstance", ""))
        about = {"route_network": network, "ip_address": address, "instance": url}
        if address:
            spec = self._by_address.get((network.rpartition("/")[2], address))
            found = "NEXT_HOP_ADDRESS_NOT_ASSIGNED"
        elif url:
            spec = self._by_path.get(url.partition("/zones/")[2])
            found = "NEXT_HOP_INSTANCE_NOT_FOUND"
        else:
            return []
        destination = str(route.get("destRange", ""))
        codes: Iterable[str] = _faults_of(spec, network, destination) if spec else [found]
        return [_warning(code, about) for code in codes]


def _faults_of(spec: InstanceSpec, network: str, destination: str) -> Iterator[str]:
    if spec.network != network.rpartition("/")[2]:
        yield "NEXT_HOP_INSTANCE_NOT_ON_NETWORK"
    if ":" in destination and not spec.ipv6_address:
        yield "NEXT_HOP_INSTANCE_HAS_NO_IPV6_INTERFACE"
    if not spec.running:
        yield "NEXT_HOP_NOT_RUNNING"
    if not spec.forwards:
        yield "NEXT_HOP_CANNOT_IP_FORWARD"


def _warning(code: str, about: Mapping[str, str]) -> Document:
    """Names what it is about, as the API does."""
    return {
        "code": code,
        "message": f"{code.capitalize().replace('_', ' ')}.",
        "data": [{"key": key, "value": value} for key, value in about.items() if value],
    }


def instance_document(spec: InstanceSpec, project: Project) -> Document:
    """An instance as the API shows it."""
    interface: Document = {
        "kind": "compute#networkInterface",
        "name": "nic0",
        "network": project.url(f"global/networks/{spec.network}"),
        "networkIP": spec.address,
    }
    if spec.external:
        access = {"name": "external-ipv6", "type": "DIRECT_IPV6", "externalIpv6PrefixLength": 96}
        interface["ipv6AccessConfigs"] = [{**access, "externalIpv6": spec.ipv6_address}]
    elif spec.ipv6_address:
        interface["ipv6Address"] = spec.ipv6_address
    shown: Document = {
        "kind": "compute#instance",
        "id": str(int(_digest(spec.zone + spec.name), 16)),
        "name": spec.name,
        "zone": project.url(f"zones/{spec.zone}"),
        "status": "RUNNING" if spec.running else "TERMINATED",
        "canIpForward": spec.forwards,
        "networkInterfaces": [interface],
        "selfLink": project.url(f"zones/{spec.zone}/instances/{spec.name}"),
    }
    return shown


def by_zone(instances: Iterable[InstanceSpec], project: Project) -> Document:
    """``items`` of an aggregated list."""
    found: dict[str, list[Document]] = {}
    for spec in instances:
        found.setdefault(f"zones/{spec.zone}", []).append(instance_document(spec, project))
    return cast("Document", {zone: {"instances": some} for zone, some in found.items()})
