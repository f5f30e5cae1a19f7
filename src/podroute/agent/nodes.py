"""What the agent knows of its Node, and of the others: from flags, a file or the API server."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from podroute.model.cidr import Address, Cidr
from podroute.model.node import Node, Roster


class NodesUnreadable(Exception):  # noqa: N818 -- named for the state
    """The source holds no Nodes that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of a worker's Node; ``missing`` says why nothing can be done yet, and is "" else."""

    pod_cidrs: tuple[Cidr, ...] = ()
    internal_ips: tuple[Address, ...] = ()
    missing: str = ""
    others: Roster = field(default_factory=Roster)


class Source(Protocol):
    """Where Nodes are told of."""

    async def run(self, changed: Callable[[], object], told: Callable[[str], object]) -> None:
        """For ever: calls ``changed`` at news, and ``told`` where it hears nothing, with why."""
        ...

    def known(self) -> Known | None:
        """As it is now; None: nothing has been heard yet.

        Raises:
            NodesUnreadable: the source cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """A worker without an API server: its podCIDRs are a setting."""

    pod_cidrs: tuple[Cidr, ...]

    async def run(self, changed: Callable[[], object], told: Callable[[str], object]) -> None:
        """Nothing changes."""
        del changed, told
        await asyncio.Event().wait()

    def known(self) -> Known:
        return Known(self.pod_cidrs)


class Listed:
    """The Nodes of a file, which is read at each look: it may be another meanwhile."""

    def __init__(self, name: str, read: Callable[[], Roster]) -> None:
        self._name = name
        self._read = read

    async def run(self, changed: Callable[[], object], told: Callable[[str], object]) -> None:
        """The agent's own period brings what is new."""
        del changed, told
        await asyncio.Event().wait()

    def known(self) -> Known:
        return known_of(self._name, self._read())


def known_of(name: str, roster: Roster) -> Known:
    """What ``roster`` says of the Node ``name``, and of the others.

    Among these it stays without its claims, so that the last worker is not taken for no list.
    """
    others = Roster(
        tuple(
            replace(node, pod_cidrs=(), internal_ips=()) if node.name == name else node
            for node in roster.nodes
        ),
        tuple(node for node in roster.unreadable if node.name != name),
    )
    for one in roster.everybody():
        if one.name != name:
            continue
        if isinstance(one, Node):
            missing = "" if one.pod_cidrs else f"Node {name} has no podCIDR yet"
            return Known(one.pod_cidrs, one.internal_ips, missing, others)
        return Known((), (), f"Node {name} cannot be read: {one.reason}", others)
    return Known((), (), f"there is no Node {name}", others)
