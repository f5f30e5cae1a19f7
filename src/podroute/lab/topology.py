"""What does a lab of so many workers look like: who has which name, address and block? Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from podroute.model.cidr import Address, Cidr

ROUTER: Final = "router"
ANNOUNCER: Final = "announcer"  # a machine beside the workers, where a lab has one
BRIDGE: Final = "cbr0"
PODS_OF_A_WORKER: Final = ("a", "b")
MOST_WORKERS: Final = 20

NODE_NETWORKS: Final[tuple[Cidr, ...]] = (
    IPv4Network("10.240.0.0/24"),
    IPv6Network("fd00:10:240::/64"),
)
CLUSTER_CIDRS: Final[tuple[Cidr, ...]] = (
    IPv4Network("10.200.0.0/16"),
    IPv6Network("fd00:10:200::/48"),
)
BLOCK_PREFIXES: Final = (24, 64)
FIRST_NODES: Final[tuple[Address, ...]] = (
    IPv4Address("10.240.0.30"),
    IPv6Address("fd00:10:240::30"),
)

ANNOUNCERS: Final[tuple[Address, ...]] = (
    IPv4Address("10.240.0.2"),
    IPv6Address("fd00:10:240::2"),
)

FOREIGN_CIDR: Final = IPv4Network("10.200.250.0/24")
FOREIGN_NEXT_HOP: Final = IPv4Address("10.240.0.250")


@dataclass(frozen=True, slots=True)
class Worker:
    """A machine that is registered as a Node, with an address and a block of each family."""

    number: int
    internal_ips: tuple[Address, ...]
    pod_cidrs: tuple[Cidr, ...] = ()

    @property
    def name(self) -> str:
        """Its name as a Node and as a network namespace."""
        return f"worker-{self.number}"

    @property
    def uid(self) -> str:
        """The same in every lab: there is no other cluster to take it for."""
        return f"00000000-0000-4000-8000-{self.number:012d}"

    def pods(self) -> tuple[str, ...]:
        """The names of its Pods."""
        return tuple(f"pod-{self.number}{letter}" for letter in PODS_OF_A_WORKER)

    def pod_addresses(self, pod: str) -> tuple[Address, ...]:
        """Where ``pod`` is: after the bridge, in the order in which the Pods are attached."""
        offset = self.pods().index(pod) + 2
        return tuple(_address_at(cidr, offset) for cidr in self.pod_cidrs)


@dataclass(frozen=True, slots=True)
class Topology:
    """A router and its workers; ``families`` is 1, or 2 with dual stack."""

    workers: tuple[Worker, ...]
    families: int

    def places(self) -> Iterator[str]:
        """Every network namespace by name."""
        yield ROUTER
        for worker in self.workers:
            yield worker.name
        for worker in self.workers:
            yield from worker.pods()

    def cluster_cidrs(self) -> tuple[Cidr, ...]:
        """The Pods' range of each family."""
        return CLUSTER_CIDRS[: self.families]

    def given(self, pod_cidrs: Iterable[tuple[Cidr, ...]]) -> "Topology":
        """The same workers, each with its blocks."""
        workers = zip(self.workers, pod_cidrs, strict=True)
        return Topology(
            tuple(replace(worker, pod_cidrs=blocks) for worker, blocks in workers), self.families
        )

    def without(self, worker: Worker) -> "Topology":
        """The lab after ``worker`` has left."""
        return Topology(tuple(one for one in self.workers if one != worker), self.families)


def registered(count: int, *, dual_stack: bool) -> Topology:
    """Workers that have addresses and no block yet."""
    families = 2 if dual_stack else 1
    workers = (
        Worker(number, tuple(first + number for first in FIRST_NODES[:families]))
        for number in range(count)
    )
    return Topology(tuple(workers), families)


def gateway(cidr: Cidr) -> Address:
    """The first address: the bridge of a worker, the router of a node network."""
    return _address_at(cidr, 1)


def address_line(address: Address, cidr: Cidr, device: str) -> str:
    """The ``ip`` command that gives ``device`` an address of ``cidr``, usable at once."""
    # IPv6 would first spend a second on looking for duplicates
    at_once = " nodad" if isinstance(cidr, IPv6Network) else ""
    return f"address add {address}/{cidr.prefixlen} dev {device}{at_once}"


def route_line(verb: str, destination: Cidr | str, next_hop: Address) -> str:
    """The ``ip`` command that adds or deletes a route."""
    return f"route {verb} {destination} via {next_hop}"


def joined(values: Iterable[Address | Cidr]) -> str:
    """Both families in one cell of a table."""
    return ",".join(map(str, values))


def _address_at(cidr: Cidr, offset: int) -> Address:
    return cidr.network_address + offset
