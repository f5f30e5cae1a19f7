"""Which instances are in the network, and where? Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from podroute.model.cidr import Address, parse_address
from podroute.providers.gcp.names import network_url, path_of
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.wire import Instance


@dataclass(frozen=True, slots=True)
class Machine:
    """An instance in the network: ``path`` names it in its project and zone."""

    path: str
    addresses: tuple[Address, ...]
    forwards: bool = True  # it may send and receive what is not its own
    status: str = "RUNNING"

    @property
    def name(self) -> str:
        """Of the instance alone."""
        return self.path.rpartition("/")[2]

    @property
    def zone(self) -> str:
        """Where it is."""
        return self.path.split("/")[-3]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The instances in the network; empty where none were asked for."""

    by_path: Mapping[str, Machine] = field(default_factory=dict[str, Machine])
    by_address: Mapping[Address, Machine] = field(default_factory=dict[Address, Machine])


def inventory_of(instances: Iterable[Instance], options: GcpOptions) -> Inventory:
    """Who is in the network, and where."""
    network = path_of(network_url(options))
    machines = [
        Machine(
            path_of(one.self_link),
            tuple(_addresses(one, network)),
            one.can_ip_forward,
            one.status,
        )
        for one in instances
    ]
    present = [machine for machine in machines if machine.addresses]
    by_address = {address: one for one in present for address in one.addresses}
    return Inventory({one.path: one for one in present}, by_address)


def _addresses(instance: Instance, network: str) -> Iterator[Address]:
    for interface in instance.network_interfaces:
        if path_of(interface.network) == network:
            yield from map(parse_address, interface.addresses)
