"""What an API server writes about Nodes: lists, watch events and refusals."""

import msgspec

from podroute.kube.node_events import Relisted
from podroute.kube.watching import INITIAL_EVENTS_END
from podroute.model.node import Node, NodeName, NodeUid, Roster
from tests.unit.kube_server import Answer


def node(name: str) -> Node:
    """As ``item`` describes it, without podCIDRs."""
    return Node(NodeName(name), (), (), NodeUid(f"uid-{name}"))


def item(name: str, version: int, **spec: object) -> dict[str, object]:
    """A Node object."""
    metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"kind": "Node", "metadata": metadata, "spec": spec}


def line(kind: str, content: object) -> bytes:
    """One watch event."""
    return msgspec.json.encode({"type": kind, "object": content}) + b"\n"


def added(name: str, version: int) -> bytes:
    return line("ADDED", item(name, version))


def bookmark(version: int, *, ends_list: bool = False) -> bytes:
    annotations = {INITIAL_EVENTS_END: "true"} if ends_list else None
    metadata = {"resourceVersion": str(version), "annotations": annotations}
    return line("BOOKMARK", {"kind": "Node", "metadata": metadata})


def error(code: int, message: str) -> bytes:
    return line("ERROR", {"kind": "Status", "code": code, "message": message})


def initial(version: int, *names: str) -> bytes:
    """A streamed list, whole."""
    return b"".join(added(name, 1) for name in names) + bookmark(version, ends_list=True)


def status(code: int, message: str = "no") -> Answer:
    """A refusal."""
    return Answer(msgspec.json.encode({"kind": "Status", "message": message}), code)


def page(version: int, *names: str) -> Answer:
    """A whole NodeList."""
    content = {
        "kind": "NodeList",
        "items": [item(name, 1) for name in names],
        "metadata": {"resourceVersion": str(version)},
    }
    return Answer(msgspec.json.encode(content))


def relisted(version: int, *names: str, rewound: bool = False) -> Relisted:
    """What is made of such a list."""
    return Relisted(Roster(tuple(map(node, names))), str(version), rewound)
