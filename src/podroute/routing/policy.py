"""How patient a ledger is, and what it may say of Nodes. Pure."""

from dataclasses import dataclass, field

from podroute.routing.attempts import Patience
from podroute.routing.conditions import Whose


@dataclass(frozen=True, slots=True)
class Policy:
    """``period`` is in seconds."""

    period: float = 10.0  # between two reads of the router; removals wait so long after a list
    patience: Patience = field(default_factory=Patience)
    conditions: Whose = "own"
    router: str = ""  # its name among several
