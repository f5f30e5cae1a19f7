"""Nodes as a kubelet would register them, and many of them at once."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

from tests.cluster.api import Api

NodeBody: TypeAlias = Mapping[str, object]

_FIRST_ADDRESS: Final = IPv4Address("10.240.0.20")
_CONNECTIONS: Final = 16


def node_body(
    name: str, *, internal_ips: Sequence[str] = (), pod_cidrs: Sequence[str] = ()
) -> NodeBody:
    """A Node for the API server. It keeps the status of a Node that it creates."""
    addresses = [{"type": "InternalIP", "address": address} for address in internal_ips]
    spec = {"podCIDR": pod_cidrs[0], "podCIDRs": list(pod_cidrs)} if pod_cidrs else {}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": spec,
        "status": {"addresses": [*addresses, {"type": "Hostname", "address": name}]},
    }


def node_bodies(count: int, *, cluster_cidr: str | None = None) -> Iterator[NodeBody]:
    """worker-0 at 10.240.0.20 and on; with a cluster CIDR, each has the next /24 of it."""
    blocks = iter(()) if cluster_cidr is None else IPv4Network(cluster_cidr).subnets(new_prefix=24)
    for number in range(count):
        yield node_body(
            f"worker-{number}",
            internal_ips=[str(_FIRST_ADDRESS + number)],
            pod_cidrs=[str(block) for block in islice(blocks, 1)],
        )


def create_nodes(api: Api, bodies: Iterable[NodeBody]) -> int:
    """How many were made, over a few connections in parallel."""
    waiting: SimpleQueue[bytes] = SimpleQueue()
    for body in bodies:
        waiting.put(json.dumps(body).encode())
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        workers = [pool.submit(_create_waiting, api, waiting) for _ in range(_CONNECTIONS)]
        return sum(worker.result() for worker in workers)


def _create_waiting(api: Api, waiting: "SimpleQueue[bytes]") -> int:
    created = 0
    with api.connect() as connection:
        while True:
            try:
                body = waiting.get_nowait()
            except Empty:
                return created
            connection.send("POST", "/api/v1/nodes", body)
            created += 1
