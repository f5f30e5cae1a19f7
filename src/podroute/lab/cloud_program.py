"""The program that is a lab's cloud: ``python -m podroute.lab.cloud_program gcp|aws NAME=IP …``.

It serves the simulated API on a free port of the loopback, prints where, and then keeps the routes
of this kernel as the route table of the cloud says: the kernel is the cloud's router.
"""

import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Final, NamedTuple, TypeAlias

from podroute.lab.clouds import NETWORK, PROJECT
from podroute.lab.topology import CLUSTER_CIDRS, NODE_NETWORKS

PROTOCOL: Final = "202"  # of the kernel routes that stand for those of the cloud
PAUSE: Final = 0.1  # seconds between two looks


class Place(NamedTuple):
    """Where a kernel route stands: the lowest metric is used."""

    destination: str
    metric: int


Table: TypeAlias = Mapping[Place, str]
"""The next hop of each route; "" where it drops traffic."""


def changes(before: Table, after: Table) -> Iterator[str]:
    """The ``ip`` lines that lead from one table to the other."""
    for place in before.keys() - after.keys():
        yield f"route del {place.destination} metric {place.metric} proto {PROTOCOL}"
    for place, hop in after.items():
        if before.get(place) != hop:
            way = f"{place.destination} via {hop}" if hop else f"blackhole {place.destination}"
            yield f"route replace {way} metric {place.metric} proto {PROTOCOL}"


def main(arguments: Sequence[str]) -> None:
    """Until it is killed with the lab."""
    cloud, *texts = arguments
    workers = {name: ips.split() for name, _, ips in (one.partition("=") for one in texts)}
    opened = _gcp if cloud == "gcp" else _aws
    with opened(workers) as (endpoint, table):
        sys.stdout.write(f"{endpoint}\n")
        sys.stdout.flush()
        present: Table = {}
        while True:
            wished = table()
            lines = list(changes(present, wished))
            if lines:
                text = "".join(f"{line}\n" for line in lines)
                subprocess.run(["ip", "-batch", "-"], input=text, text=True, check=True)  # noqa: S607 -- found on the PATH
                present = wished
            Event().wait(PAUSE)


_Opened: TypeAlias = tuple[str, Callable[[], Table]]


@contextmanager
def _gcp(workers: Mapping[str, Sequence[str]]) -> Generator[_Opened]:
    from podroute.testing.gcp.cloud import Cloud  # noqa: PLC0415 -- only one of them is needed
    from podroute.testing.gcp.resources import InstanceSpec, Network  # noqa: PLC0415 -- as above
    from podroute.testing.gcp.running import running  # noqa: PLC0415 -- as above

    cloud = Cloud(PROJECT, (Network(NETWORK, tuple(map(str, NODE_NETWORKS))),))
    for name, (address, *six) in workers.items():
        cloud.start_instance(InstanceSpec(name, address, ipv6_address="".join(six)))
    sources = [str(cidr) for cidr in (*NODE_NETWORKS, *CLUSTER_CIDRS)]
    cloud.open_firewall("kubernetes-allow-internal", *sources)

    def next_hop(route: Mapping[str, object]) -> str:
        path = f"projects/{str(route.get('nextHopInstance')).partition('/projects/')[2]}"
        machine = cloud.instances.get(path)
        addresses = (machine.address, machine.ipv6_address) if machine else ()
        return str(route.get("nextHopIp") or _hop(str(route["destRange"]), addresses))

    def table() -> Table:
        return {
            Place(str(one["destRange"]), int(str(one["priority"]))): next_hop(one)
            for one in cloud.routes().values()
        }

    with running(cloud) as served:
        yield served.endpoint, table


@contextmanager
def _aws(workers: Mapping[str, Sequence[str]]) -> Generator[_Opened]:
    from podroute.testing.aws.server import ec2_server  # noqa: PLC0415 -- as above
    from podroute.testing.aws.vpc import Vpc  # noqa: PLC0415 -- as above

    with ec2_server() as server:
        four, six = NODE_NETWORKS
        vpc = Vpc(server, subnet=str(four), ipv6=str(six))
        route_table = vpc.table()
        started = {name: vpc.worker(name, *addresses) for name, addresses in workers.items()}
        machines = {one.instance: workers[name] for name, one in started.items()}
        vpc.open_to(route_table, next(iter(started.values())), map(str, CLUSTER_CIDRS))

        def table() -> Table:
            return {
                Place(destination, 1): _hop(destination, machines.get(target, ()))
                for destination, target, _ in vpc.routes(route_table)
                if "/" in destination
            }

        yield server.endpoint, table


def _hop(destination: str, addresses: Sequence[str]) -> str:
    """The address of the same IP version; "": none."""
    return next((one for one in addresses if one and (":" in one) == (":" in destination)), "")


if __name__ == "__main__":
    main(sys.argv[1:])
