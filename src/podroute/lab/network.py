"""Building the node network: a router with a bridge, and workers on it."""

from collections.abc import Iterable, Iterator, Mapping
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
        places.ip(worker.name, _worker_lines(worker))

    for_each(connect, topology.workers)


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
        yield f"link add {worker.name} type veth peer name eth0 netns {NETNS}/{worker.name}"
        yield f"link set {worker.name} master {BRIDGE_OF_ROUTER} up"


def _worker_lines(worker: Worker) -> Iterable[str]:
    yield "link set lo up"
    yield "link set eth0 up"
    for address, network in zip(worker.internal_ips, NODE_NETWORKS, strict=False):
        yield address_line(address, network, "eth0")
        yield route_line("add", "default", gateway(network))
