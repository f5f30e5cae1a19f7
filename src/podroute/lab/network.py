"""Building the node network: a router with a bridge, and workers on it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from podroute.lab.places import NETNS, OUTSIDE, Places, for_each
from podroute.lab.topology import (
    NODE_NETWORKS,
    ROUTER,
    Topology,
    Worker,
    address_line,
    gateway,
    route_line,
)
from podroute.model.cidr import Address

BRIDGE_OF_ROUTER: Final = "nodes"
# a bridge without an address of its own takes one from its ports: it would change as workers leave,
# and those that stay would go on sending to the old one
MAC_OF_ROUTER: Final = "02:00:0a:f0:00:01"

# A new namespace takes some of the host's IPv4 settings over, so every one that matters is written.
SETTINGS: Final[Mapping[str, str]] = {
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
}
SETTINGS_OF_IPV6: Final[Mapping[str, str]] = {
    "ipv6/conf/all/disable_ipv6": "0",
    "ipv6/conf/default/disable_ipv6": "0",
    "ipv6/conf/all/accept_dad": "0",
    "ipv6/conf/default/accept_dad": "0",
}
FORWARDING: Final = ("ipv4/ip_forward", "ipv6/conf/all/forwarding")


def build_nodes(places: Places, topology: Topology) -> None:
    """Every namespace, the node network, and default routes to the router.

    The router forwards; a worker does not yet, as any new machine.
    """
    places.ip(OUTSIDE, (f"netns add {place}" for place in topology.places()))

    def set_up(place: str) -> None:
        _write_settings(places, place, topology)

    for_each(set_up, [ROUTER, *(worker.name for worker in topology.workers)])
    places.ip(ROUTER, _router_lines(topology))

    def connect(worker: Worker) -> None:
        places.ip(worker.name, _machine_lines(worker.internal_ips))

    for_each(connect, topology.workers)


def add_machine(
    places: Places, topology: Topology, name: str, addresses: Sequence[Address]
) -> None:
    """One more on the node network, which is no worker."""
    places.ip(OUTSIDE, [f"netns add {name}"])
    _write_settings(places, name, topology)
    places.ip(ROUTER, _port_lines(name))
    places.ip(name, _machine_lines(addresses[: topology.families]))


def remove_worker(places: Places, worker: Worker) -> None:
    """Switches the machine off: its namespace and its Pods' are gone at once."""
    gone = (*worker.pods(), worker.name)
    places.ip(OUTSIDE, (f"netns delete {place}" for place in gone))


def _write_settings(places: Places, place: str, topology: Topology) -> None:
    settings = {**SETTINGS, **(SETTINGS_OF_IPV6 if topology.families > 1 else {})}
    forwarding = "1" if place == ROUTER else "0"
    settings |= dict.fromkeys(FORWARDING[: topology.families], forwarding)
    for value in sorted(set(settings.values())):
        files = [f"/proc/sys/net/{name}" for name, one in settings.items() if one == value]
        places.run(place, ["tee", *files], given=value)


def _router_lines(topology: Topology) -> Iterator[str]:
    yield "link set lo up"
    yield f"link add {BRIDGE_OF_ROUTER} address {MAC_OF_ROUTER} type bridge"
    for network in NODE_NETWORKS[: topology.families]:
        yield address_line(gateway(network), network, BRIDGE_OF_ROUTER)
    yield f"link set {BRIDGE_OF_ROUTER} up"
    for worker in topology.workers:
        yield from _port_lines(worker.name)


def _port_lines(name: str) -> Iterator[str]:
    yield f"link add {name} type veth peer name eth0 netns {NETNS}/{name}"
    yield f"link set {name} master {BRIDGE_OF_ROUTER} up"


def _machine_lines(addresses: Sequence[Address]) -> Iterator[str]:
    yield "link set lo up"
    yield "link set eth0 up"
    for address, network in zip(addresses, NODE_NETWORKS, strict=False):
        yield address_line(address, network, "eth0")
        yield route_line("add", "default", gateway(network))
