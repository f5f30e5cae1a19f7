"""What can be told about the Nodes of a cluster, whoever tells it."""

from dataclasses import dataclass
from typing import TypeAlias

from podroute.model.node import Node, Roster, Unreadable


@dataclass(frozen=True, slots=True)
class Relisted:
    """Everything that exists, as of one moment.

    ``rewound``: the cluster's version is lower than before, as after a restored backup.
    """

    roster: Roster
    version: str
    rewound: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A Node was added, or is another than before."""

    node: Node | Unreadable


@dataclass(frozen=True, slots=True)
class Removed:
    """A Node is gone; this is what was last known of it."""

    node: Node | Unreadable


@dataclass(frozen=True, slots=True)
class Alive:
    """The API server has nothing new to tell."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The watch or the list has failed, and is tried again."""

    reason: str


NodeEvent: TypeAlias = Relisted | Changed | Removed | Alive | Lost
