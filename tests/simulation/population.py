"""What happens to Nodes: they come, go, change and lie."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from random import Random
from typing import Final

from podroute.claims.rules import ClaimRules
from podroute.model.cidr import Address, Cidr, parse_address, parse_cidr
from podroute.model.condition import CREATED, NOT_CREATED, NetworkCondition
from podroute.model.node import Node, NodeName, NodeUid, Unreadable
from podroute.routing.observed import Someone
from tests.builders import pool, rules
from tests.simulation.cluster import Cluster

RULES: Final[ClaimRules] = rules(
    pool("10.200.0.0/16", 24),
    pool("fd00:10:200::/48", 64),
    reserved="10.32.0.0/24 10.200.250.0/24",
    node_cidrs="10.240.0.0/16 fd00:10:240::/64",
)
ODD_BLOCKS: Final = (
    "0.0.0.0/0",
    "10.200.0.0/16",
    "10.200.2.0/23",
    "10.200.3.0/25",
    "10.32.0.0/24",
    "10.200.250.0/24",
    "10.240.0.0/24",
    "169.254.169.254/32",
    "127.0.0.0/24",
    "192.168.7.0/24",
)
ODD_ADDRESSES: Final = (
    "10.241.0.9",
    "10.200.3.7",
    "127.0.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "fd00:10:200::7",
)
OF_OTHERS: Final = (
    NetworkCondition("False", "CalicoIsUp", "Calico is running"),
    NetworkCondition("True", "CiliumIsDown", "not yet"),
)
OF_OURS: Final = (
    None,
    NetworkCondition("False", CREATED, "somebody's words"),
    NetworkCondition("True", NOT_CREATED, "somebody's words"),
    NetworkCondition("True", "", ""),
)


@cache
def block(number: int, version: int = 4) -> Cidr:
    """The podCIDR of that number."""
    return parse_cidr(
        f"10.200.{number % 250}.0/24" if version == 4 else f"fd00:10:200:{number:x}::/64"
    )


@cache
def address(number: int, version: int = 4) -> Address:
    """The InternalIP of that number."""
    text = f"10.240.{number // 200}.{number % 200 + 2}"
    return parse_address(text if version == 4 else f"fd00:10:240::{number + 2:x}")


class Population:
    """Each method is one thing that happens."""

    def __init__(self, cluster: Cluster, dice: Random) -> None:
        self.families = dice.choice(((4,), (4,), (4,), (4, 6)))
        self._cluster = cluster
        self._dice = dice
        self._blocks = self._addresses = self._uids = 0
        self._backup: Mapping[str, Someone] = {}
        self._lost: list[Someone] = []  # by accident: they come back

    def happenings(self) -> Iterator[tuple[int, Callable[[], object]]]:
        """All there are, and how often."""
        yield 10, self.join
        yield 8, self.leave
        yield 5, self.come_again
        yield 3, self.swap_addresses
        yield 3, self.move_block
        yield 5, self.flip_address
        yield 2, self.lose_addresses
        yield 2, self.lose_blocks
        yield 5, self.lie
        yield 1, self.spoil
        yield 1, self.delete_many
        yield 1, self.delete_all
        yield 4, self.return_lost
        yield 2, self.back_up
        yield 1, self.restore
        yield 4, self.say_condition
        yield 2, self.start_to_delete

    def join(self) -> None:
        """A new Node, with a block or, for the moment, without."""
        name = NodeName(f"n{self._dice.randrange(60)}")
        if name not in self._cluster.nodes:
            self._cluster.put(self._fresh(name))

    def leave(self) -> None:
        if (node := self._anybody()) is not None:
            self._cluster.remove(node.name)

    def come_again(self) -> None:
        """Under the same name, another machine; sometimes with the same block or address."""
        if (node := self._anybody()) is None:
            return
        self._cluster.remove(node.name)
        other = self._fresh(NodeName(node.name))
        if self._dice.random() < 0.4:
            other = replace(other, pod_cidrs=node.pod_cidrs or ())
        if self._dice.random() < 0.3:
            other = replace(other, internal_ips=node.internal_ips)
        self._cluster.put(other)

    def swap_addresses(self) -> None:
        """In two steps, so that for a while both show the same."""
        one, other = self._a_node(), self._a_node()
        if one is not None and other is not None and one.name != other.name:
            self._cluster.put(replace(one, internal_ips=other.internal_ips))
            self._cluster.put(replace(other, internal_ips=one.internal_ips))

    def move_block(self) -> None:
        """A Node's block becomes another's, who may have had one."""
        one, other = self._a_node(), self._a_node()
        if one is None or other is None or one.name == other.name:
            return
        if self._dice.random() < 0.5:
            self._cluster.put(replace(one, pod_cidrs=()))
        else:
            self._cluster.remove(one.name)
        self._cluster.put(replace(other, pod_cidrs=one.pod_cidrs))

    def flip_address(self) -> None:
        if (node := self._a_node()) is not None:
            mine = self._own_addresses()
            more = self._dice.random() < 0.3
            self._cluster.put(
                replace(node, internal_ips=(*mine, *node.internal_ips) if more else mine)
            )

    def lose_addresses(self) -> None:
        if (node := self._a_node()) is not None:
            self._cluster.put(replace(node, internal_ips=()))

    def lose_blocks(self) -> None:
        if (node := self._a_node()) is not None:
            self._cluster.put(replace(node, pod_cidrs=()))

    def lie(self) -> None:
        """A kubelet says of its Node what it likes."""
        node, other, dice = self._a_node(), self._a_node(), self._dice
        if node is None or other is None:
            return
        claims = (
            replace(node, pod_cidrs=(parse_cidr(dice.choice(ODD_BLOCKS)),)),
            replace(node, pod_cidrs=other.pod_cidrs),
            replace(node, pod_cidrs=(*node.pod_cidrs, *other.pod_cidrs)),
            replace(node, internal_ips=other.internal_ips),
            replace(node, internal_ips=(*other.internal_ips, *node.internal_ips)),
            replace(node, internal_ips=(parse_address(dice.choice(ODD_ADDRESSES)),)),
            replace(node, internal_ips=tuple(address(i) for i in range(40))),
            replace(node, created="1970-01-01T00:00:00Z", pod_cidrs=other.pod_cidrs),
            replace(node, pod_cidrs=other.pod_cidrs, internal_ips=other.internal_ips),
        )
        self._cluster.put(dice.choice(claims))

    def spoil(self) -> None:
        """Its object cannot be read, or not even its podCIDRs."""
        if (node := self._anybody()) is not None:
            seen = node.pod_cidrs if self._dice.random() < 0.5 else None
            self._cluster.put(Unreadable(node.name, "spoilt", node.internal_ips, seen, node.uid))

    def delete_many(self) -> None:
        """By accident: most of them are there again, later."""
        for node in list(self._cluster.nodes.values()):
            if self._dice.random() < 0.5:
                self._lost.append(node)
                self._cluster.remove(node.name)

    def delete_all(self) -> None:
        self._lost.extend(self._cluster.nodes.values())
        for name in list(self._cluster.nodes):
            self._cluster.remove(name)

    def return_lost(self) -> None:
        """They register again: another UID, the rest as before."""
        for node in self._lost:
            if node.name not in self._cluster.nodes:
                self._cluster.put(replace(node, uid=self._uid()))
        self._lost.clear()

    def back_up(self) -> None:
        self._backup = dict(self._cluster.nodes)

    def restore(self) -> None:
        if self._backup:
            self._cluster.restore(self._backup)

    def say_condition(self) -> None:
        """Somebody else writes it."""
        if (node := self._anybody()) is not None:
            one = self._dice.choice((*OF_OURS, *OF_OTHERS))
            self._cluster.put(replace(node, network=one))

    def start_to_delete(self) -> None:
        if (node := self._anybody()) is not None:
            self._cluster.put(replace(node, deleting=True))

    def mend(self) -> None:
        """What cannot be read is removed."""
        for node in list(self._cluster.nodes.values()):
            if isinstance(node, Unreadable):
                self._cluster.remove(node.name)

    def _fresh(self, name: NodeName) -> Node:
        pod_cidrs: tuple[Cidr, ...] = ()
        if self._dice.random() < 0.85:
            self._blocks += 1
            number = self._blocks if self._dice.random() < 0.8 else self._dice.randrange(30)
            pod_cidrs = tuple(block(number, family) for family in self.families)
        created = f"2026-01-01T00:{self._dice.randrange(60):02}:00Z"
        return Node(name, self._own_addresses(), pod_cidrs, self._uid(), created)

    def _own_addresses(self) -> tuple[Address, ...]:
        self._addresses += 1
        return tuple(address(self._addresses, family) for family in self.families)

    def _uid(self) -> NodeUid:
        self._uids += 1
        return NodeUid(f"uid-{self._uids}")

    def _anybody(self) -> Someone | None:
        everybody = list(self._cluster.nodes.values())
        return self._dice.choice(everybody) if everybody else None

    def _a_node(self) -> Node | None:
        node = self._anybody()
        return node if isinstance(node, Node) else None
