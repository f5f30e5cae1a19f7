"""The resources of the compute API, with the fields that podroute reads. Pure.

Names and meanings are those of Google's discovery document ``compute.v1``.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec


class Resource(msgspec.Struct, frozen=True, rename="camel"):
    """Fields that are not named here are ignored."""


class Warned(Resource, frozen=True):
    """A warning beside an answer or on a resource."""

    code: str = ""


class RouteResource(Resource, frozen=True):
    """``Route``."""

    name: str
    network: str = ""
    dest_range: str = ""
    description: str = ""
    priority: int = 1000
    tags: tuple[str, ...] = ()
    next_hop_ip: str = ""
    next_hop_instance: str = ""
    next_hop_gateway: str = ""
    next_hop_ilb: str = ""
    next_hop_network: str = ""
    next_hop_peering: str = ""
    next_hop_vpn_tunnel: str = ""
    next_hop_hub: str = ""
    next_hop_interconnect_attachment: str = ""
    warnings: tuple[Warned, ...] = ()


class RouteList(Resource, frozen=True):
    """One page."""

    items: tuple[RouteResource, ...] = ()
    next_page_token: str = ""
    warning: Warned = Warned()


class Ipv6Access(Resource, frozen=True):
    """How an interface is reached from outside by IPv6."""

    external_ipv6: str = ""


class NetworkInterface(Resource, frozen=True):
    """Of an instance: in a subnet with external IPv6 that is its only address of the kind."""

    network: str = ""
    network_ip: str = msgspec.field(default="", name="networkIP")
    ipv6_address: str = ""
    ipv6_access_configs: tuple[Ipv6Access, ...] = ()

    @property
    def addresses(self) -> Iterator[str]:
        """Those that Kubernetes takes for InternalIPs."""
        external = (one.external_ipv6 for one in self.ipv6_access_configs)
        yield from filter(None, (self.network_ip, self.ipv6_address, *external))


class Instance(Resource, frozen=True):
    """``Instance``."""

    name: str
    self_link: str = ""
    network_interfaces: tuple[NetworkInterface, ...] = ()
    can_ip_forward: bool = False
    status: str = "RUNNING"


class InstancesOfZone(Resource, frozen=True):
    """A part of a page."""

    instances: tuple[Instance, ...] = ()
    warning: Warned = Warned()


class InstanceList(Resource, frozen=True):
    """One page of all zones."""

    items: Mapping[str, InstancesOfZone] = {}
    next_page_token: str = ""
    warning: Warned = Warned()
    unreachables: tuple[str, ...] = ()


class FirewallProtocol(Resource, frozen=True):
    """What a firewall rule is about; without ``ports``: all of them."""

    protocol: str = msgspec.field(default="", name="IPProtocol")
    ports: tuple[str, ...] = ()


class Firewall(Resource, frozen=True):
    """``Firewall``, a rule."""

    name: str
    network: str = ""
    direction: str = "INGRESS"
    disabled: bool = False
    priority: int = 1000
    source_ranges: tuple[str, ...] = ()
    allowed: tuple[FirewallProtocol, ...] = ()
    denied: tuple[FirewallProtocol, ...] = ()
    target_tags: tuple[str, ...] = ()
    target_service_accounts: tuple[str, ...] = ()
    destination_ranges: tuple[str, ...] = ()

    @property
    def is_for_some(self) -> bool:
        """Not for whatever reaches any instance of the network."""
        return bool(self.target_tags or self.target_service_accounts or self.destination_ranges)


class FirewallList(Resource, frozen=True):
    """One page."""

    items: tuple[Firewall, ...] = ()
    next_page_token: str = ""
    warning: Warned = Warned()


class Peering(Resource, frozen=True):
    """``NetworkPeering``: what a network and another one let each other know."""

    name: str
    network: str = ""
    state: str = ""
    export_custom_routes: bool = False
    stack_type: str = "IPV4_ONLY"


class NetworkResource(Resource, frozen=True):
    """``Network``."""

    name: str
    peerings: tuple[Peering, ...] = ()


class OperationFault(Resource, frozen=True):
    """Why an operation failed."""

    code: str = ""
    message: str = ""


class OperationError(Resource, frozen=True):
    """All reasons."""

    errors: tuple[OperationFault, ...] = ()


class Operation(Resource, frozen=True):
    """``Operation``."""

    name: str
    status: Literal["PENDING", "RUNNING", "DONE"] = "PENDING"
    error: OperationError | None = None
    http_error_status_code: int = 0


class OperationList(Resource, frozen=True):
    """One page."""

    items: tuple[Operation, ...] = ()
    next_page_token: str = ""


class ProjectQuota(Resource, frozen=True):
    """How much of something a project may have."""

    metric: str = ""
    limit: float = 0.0
    usage: float = 0.0


class Project(Resource, frozen=True):
    """``Project``."""

    quotas: tuple[ProjectQuota, ...] = ()


class ApiFault(Resource, frozen=True):
    """One reason of an error."""

    reason: str = ""


class ApiError(Resource, frozen=True):
    """What an answer with a status from 400 on holds."""

    message: str = ""
    errors: tuple[ApiFault, ...] = ()


class ApiErrorBody(Resource, frozen=True):
    """The whole answer."""

    error: ApiError = ApiError()
