"""How patient a ledger is, and what it may say of Nodes. Pure."""

from dataclasses import dataclass, field

from podroute.routing.conditions import Whose
from podroute.routing.patience import Patience


@dataclass(frozen=True, slots=True)
class Policy:
    """``period`` is in seconds."""

    period: float = 10.0  # between two reads of the router; removals wait so long after a list
    patience: Patience = field(default_factory=Patience)
    conditions: Whose = "own"
    router: str = ""  # its name among several
