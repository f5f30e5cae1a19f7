"""What is so in EC2 and not in moto: black holes, one route to a destination, quotas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance

from podroute.testing.aws.faults import Fault

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-1"

_GONE: Final = frozenset({"terminated", "shutting-down"})
_NOT_FOUND: Final = "The {kind} ID '{name}' does not exist"


@dataclass(frozen=True, slots=True)
class End:
    """Where a route leads: ``instance`` is "" where traffic is dropped."""

    interface: str
    instance: str


def backend() -> EC2Backend:
    """Moto's own state."""
    return ec2_backends[ACCOUNT][REGION]


def give_ipv6(vpc: str, cidr: str) -> None:
    """That VPC has this range instead of one of Amazon's."""
    for association in backend().get_vpc(vpc).get_cidr_block_association_set(ipv6=True):
        association["cidr_block"] = cidr


def end_of(interface: str) -> End:
    """What EC2 shows for a route to that interface."""
    found = backend().enis.get(interface)
    instance = found.instance if found else None
    running = instance is not None and instance.state == "running"
    return End(interface, instance.id if running and instance is not None else "")


def instances_with(name: str, values: frozenset[str]) -> frozenset[str]:
    """The ids of those that a filter ``network-interface.…`` finds."""
    return frozenset(
        instance.id
        for instance, interface in _attached()
        if not values.isdisjoint(_values(name, interface))
    )


def _attached() -> Iterator[tuple[Instance, NetworkInterface]]:
    for reservation in backend().reservations.values():
        for instance in reservation.instances:
            for interface in instance.nics.values():
                yield instance, interface


def _values(name: str, interface: NetworkInterface) -> Iterator[str]:
    match name:
        case "network-interface.network-interface-id":
            yield interface.id
        case "network-interface.addresses.private-ip-address":
            yield from (one["PrivateIpAddress"] for one in interface.private_ip_addresses)
            yield interface.private_ip_address or ""
        case "network-interface.ipv6-addresses.ipv6-address":
            yield from vars(interface)["ipv6_addresses"]
        case _:
            message = f"the simulation has no filter {name}"
            raise NotImplementedError(message)


def meant_interface(parameters: Mapping[str, str]) -> str | Fault:
    """The interface that a route is to lead to; "" where it is to lead to something else."""
    interface = parameters.get("NetworkInterfaceId", "")
    instance = parameters.get("InstanceId", "")
    if instance:
        return _only_interface(instance)
    found = backend().enis.get(interface) if interface else None
    if interface and (found is None or (found.instance and found.instance.state in _GONE)):
        words = _NOT_FOUND.format(kind="networkInterface", name=interface)
        return Fault("InvalidNetworkInterfaceID.NotFound", words)
    return interface


def _only_interface(name: str) -> str | Fault:
    mine = [interface.id for instance, interface in _attached() if instance.id == name]
    living = any(instance.id == name and instance.state not in _GONE for instance, _ in _attached())
    if not mine or not living:
        words = _NOT_FOUND.format(kind="instance", name=name)
        return Fault("InvalidInstanceID.NotFound", words)
    if len(mine) > 1:
        words = f"There are multiple interfaces attached to instance '{name}'. Please specify an "
        return Fault("InvalidInstanceID", f"{words}interface ID for the operation instead.")
    return mine[0]


def refused_route(parameters: Mapping[str, str], quota: int) -> Fault | None:
    """Why EC2 would not create this route."""
    table = backend().route_tables.get(parameters.get("RouteTableId", ""))
    if table is None:
        return None
    v4, v6 = (parameters.get(f"Destination{kind}CidrBlock") for kind in ("", "Ipv6"))
    for route in table.routes:
        if (route.destination_cidr_block, route.destination_ipv6_cidr_block) == (v4, v6):
            return Fault("RouteAlreadyExists", f"The route identified by {v4 or v6} already exists")
    alike = sum(bool(route.destination_ipv6_cidr_block) == bool(v6) for route in table.routes)
    if alike >= quota:
        return Fault("RouteLimitExceeded", "The maximum number of routes has been reached.")
    return None
