"""The lab's Nodes as ``kubectl get nodes -o yaml`` prints them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import yaml

from podroute.lab.topology import Topology, Worker

Document: TypeAlias = "Mapping[str, Document] | Sequence[Document] | str"


def write_nodes(path: Path, topology: Topology, *, created: str) -> None:
    """All of it or nothing: somebody may be reading. ``created`` is in RFC 3339."""
    document: Document = {
        "apiVersion": "v1",
        "items": [_node(worker, created) for worker in topology.workers],
        "kind": "List",
        "metadata": {"resourceVersion": ""},
    }
    draft = path.with_suffix(".new")
    draft.write_text(yaml.safe_dump(document))
    draft.replace(path)


def _node(worker: Worker, created: str) -> Document:
    addresses = [{"address": str(one), "type": "InternalIP"} for one in worker.internal_ips]
    spec: dict[str, Document] = {}
    if worker.pod_cidrs:
        cidrs = [str(one) for one in worker.pod_cidrs]
        spec = {"podCIDR": cidrs[0], "podCIDRs": cidrs}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "creationTimestamp": created,
            "labels": {"kubernetes.io/hostname": worker.name},
            "name": worker.name,
            "uid": worker.uid,
        },
        "spec": spec,
        "status": {"addresses": [*addresses, {"address": worker.name, "type": "Hostname"}]},
    }
