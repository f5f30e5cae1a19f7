"""A numbered case of node IPAM at a real API server, in few words."""

import os
import signal
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from tests.cluster.api import ApiError
from tests.cluster.control_plane import ControlPlane
from tests.cluster.node_ipam import ALONE, ANYWHERE, Cluster, until_true
from tests.cluster.nodes import NodeBody, node_body
from tests.cluster.pages import metrics
from tests.cluster.pod_cidrs import Nodes
from tests.cluster.process import Process

NO_REST: Final = (*ALONE, ANYWHERE, "--quarantine=0s", "--settle=0s")
CHANGED: Final = '"event": "address plan changed"'
_FILE: Final = "podroute.yaml"
_FINALIZER: Final = "example.com/kept"


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    resource_version: str


class _Node(msgspec.Struct):
    metadata: _Metadata


class _NodeList(msgspec.Struct):
    items: list[_Node]


def cidr_flags(text: str) -> Sequence[str]:
    """For ``CIDR by LENGTH, CIDR by LENGTH``."""
    families = [one.split(" by ") for one in text.split(", ")]
    ranges = ",".join(cidr for cidr, _ in families)
    return [
        f"--cluster-cidr={ranges}",
        *(
            f"--node-cidr-mask-size-ipv{6 if ':' in cidr else 4}={length}"
            for cidr, length in families
        ),
    ]


def start(cluster: Cluster, cidrs: str, *flags: str) -> Process:
    """A controller, alone, that serves metrics; no block rests where ``flags`` do not say so."""
    given = " ".join(flags)
    usual = [flag for flag in NO_REST if flag.partition("=")[0] not in given]
    return cluster.controller(*usual, *cidr_flags(cidrs), *flags)


def start_with_pools(
    cluster: Cluster, *pools: Mapping[str, object], kubeconfig: Path | None = None
) -> Process:
    """The same, by a file that ``change`` changes."""
    _write(cluster, pools)
    return cluster.controller(
        *NO_REST, f"--config={cluster.directory / _FILE}", kubeconfig=kubeconfig
    )


def change(
    cluster: Cluster, controller: Process, *pools: Mapping[str, object], said: str = CHANGED
) -> None:
    """Once it has said one thing more about it."""
    so_far = controller.log.read_text().count(said)
    _write(cluster, pools)
    os.kill(controller.pid, signal.SIGHUP)
    until_true(lambda: controller.log.read_text().count(said) > so_far)


def _write(cluster: Cluster, pools: Sequence[Mapping[str, object]]) -> None:
    body = {"apiVersion": "podroute/v1alpha1", "pools": pools}
    (cluster.directory / _FILE).write_bytes(msgspec.json.encode(body))


def one_pool(name: str, cidr: str, length: int, **more: object) -> Mapping[str, object]:
    """For a configuration file."""
    return {"name": name, "cluster-cidr": cidr, "node-cidr-mask-size": length, **more}


def labelled(name: str, **labels: str) -> NodeBody:
    """A Node that is to be served."""
    return {**node_body(name), "metadata": {"name": name, "labels": labels}}


def kept(name: str, *pod_cidrs: str) -> NodeBody:
    """A Node that stays, with a deletionTimestamp, until ``let_go``."""
    metadata = {"name": name, "finalizers": [_FINALIZER]}
    return {**node_body(name, pod_cidrs=pod_cidrs), "metadata": metadata}


def let_go(plane: ControlPlane, name: str) -> None:
    """Its finalizer is gone."""
    with plane.api.connect() as connection:
        connection.patch(f"/api/v1/nodes/{name}", b'{"metadata": {"finalizers": null}}')


def given_in_turn(cluster: Cluster, names: Iterable[str]) -> Sequence[str]:
    """Each Node registers when the one before has its podCIDR."""
    given: list[str] = []
    for name in names:
        cluster.join([name])
        given.append(block_of(cluster, name))
    return given


def remove_all(cluster: Cluster, names: Collection[str]) -> None:
    """Each at most once: who is gone is gone."""
    for name in names:
        with suppress(ApiError):
            cluster.remove(name)


def blocks(nodes: Nodes) -> Mapping[str, str]:
    """By the Node's name; separated by spaces."""
    return {name: " ".join(node.pod_cidrs) for name, node in nodes.items()}


def block_of(cluster: Cluster, name: str) -> str:
    """What this Node has, once everybody has something."""
    return blocks(cluster.served(len(cluster.nodes())))[name]


def versions(cluster: Cluster) -> Mapping[str, str]:
    """Equal where nobody has written to a Node."""
    listed = msgspec.json.decode(cluster.plane.api.get("/api/v1/nodes"), type=_NodeList)
    return {node.metadata.name: node.metadata.resource_version for node in listed.items}


def until_told(cluster: Cluster, reason: str, *names: str) -> None:
    """Once an Event with this reason is on each of these Nodes."""
    until_true(lambda: {one.regarding.name for one in cluster.events(reason)} >= set(names))


def until_waiting(cluster: Cluster, *names: str) -> None:
    """Once they are told that there is no block for them."""
    until_told(cluster, "CIDRNotAvailable", *names)


def used(controller: Process, pool: str, cidr: str, state: str = "used") -> float:
    """How many blocks of one CIDR are in this state."""
    return metrics(controller)[f"podroute_ipam_blocks {cidr} {pool} {state}"]
