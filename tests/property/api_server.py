"""A very small API server, and patches on their way to it."""

from collections import deque
from dataclasses import dataclass, replace

from podroute.ipam.facts import Grant
from podroute.model.node import Node, NodeName, NodeUid


@dataclass
class Flight:
    """A patch under way; ``heard``: its answer reaches the sender, who has not given it up."""

    grant: Grant
    heard: bool = True
    doubled: bool = False  # the sender does not know of it


class Server:
    """The API server: a podCIDR is set once, by a patch that names the Node's UID."""

    def __init__(self) -> None:
        self.nodes: dict[NodeUid, Node] = {}
        self.news: deque[Node | NodeUid] = deque()  # the watch; a UID: this Node is gone
        self.born = 0

    def named(self, name: str) -> Node | None:
        return next((node for node in self.nodes.values() if node.name == name), None)

    def register(self, name: str, zone: str) -> None:
        uid = NodeUid(f"{name}-{self.born}")
        created = f"2026-01-01T00:00:{self.born:09}Z"
        self.born += 1
        self.put(Node(NodeName(name), (), (), uid, created, labels=(("zone", zone),)))

    def put(self, node: Node) -> None:
        self.nodes[node.uid] = node
        self.news.append(node)

    def delete(self, uid: NodeUid) -> None:
        del self.nodes[uid]
        self.news.append(uid)

    def patch(self, grant: Grant) -> bool:
        node = self.nodes.get(grant.uid)
        if node is None or node.pod_cidrs not in ((), grant.pod_cidrs):
            return False
        if not node.pod_cidrs:
            self.put(replace(node, pod_cidrs=grant.pod_cidrs))
        return True

    def patch_and_forget(self, grant: Grant) -> bool:
        """It is carried out, and then a backup from before is restored."""
        before = self.nodes.copy()
        done = self.patch(grant)
        self.nodes = before
        return done

    def come_to_rest(self) -> None:
        """Who leaves without a podCIDR is gone; of all others there is word once more."""
        for node in [*self.nodes.values()]:
            if node.deleting and not node.pod_cidrs:
                self.delete(node.uid)
            else:
                self.put(node)
