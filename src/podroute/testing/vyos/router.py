"""The state of a simulated router: its configuration, running and saved."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from podroute.testing.https.faults import Faults
from podroute.testing.vyos.lines import OPERATIONS, Command, Refused, Tree, check, children, found

_LOCKED: Final = "Configuration system temporarily locked due to another commit in progress\n"
_STATIC: Final = ("protocols", "static")


def _interfaces() -> Tree:
    address = ["10.240.0.1/24", "fd00:10:240::1/64"]
    return {"ethernet": {"eth0": {"address": address, "hw-id": "50:00:00:01:00:00"}}}


@dataclass
class Router:
    """One router. ``locks``: so many commits find the configuration locked by somebody else.

    ``refused``: a commit with a line that has this word is refused.
    """

    keys: Sequence[str] = ("secret",)
    locks: int = 0
    disk_full: bool = False
    refused: str = ""
    faults: Faults = field(default_factory=Faults)
    running: Tree = field(default_factory=lambda: {"interfaces": _interfaces()})
    saved: Tree = field(default_factory=dict[str, object])
    commits: int = 0

    def commit(self, lines: Sequence[Command]) -> None:
        """All of them, or none.

        Raises:
            Refused: none.
        """
        candidate = deepcopy(self.running)
        for line in lines:
            if self.refused in line.path:
                message = f"\n\n{self.refused} is refused\nCommit failed\n"
                raise Refused(message)
            if line.op == "set":
                check(_below(line.path))
            OPERATIONS[line.op](candidate, line.path)
        if self.locks:
            self.locks -= 1
            raise Refused(_LOCKED)
        _verify(candidate)
        self.running = candidate
        self.commits += 1

    def save(self) -> str:
        """The words about it.

        Raises:
            Refused: it is not written.
        """
        if self.disk_full:
            message = "Could not write /config/config.boot: [Errno 28] No space left on device\n"
            raise Refused(message)
        self.saved = deepcopy(self.running)
        return "Saving configuration to '/config/config.boot'...\nDone\n"


def _below(path: Sequence[str]) -> Sequence[str]:
    """What is after ``protocols static`` of the default VRF or of another."""
    start = 3 if path[:2] == ["vrf", "name"] else 0
    if tuple(path[start : start + 2]) != _STATIC or len(path) < start + 4:
        message = f"\n\nConfiguration path: [{' '.join(path)}] is not valid\nSet failed\n\n"
        raise Refused(message)
    return path[start + 2 :]


def _verify(candidate: Tree) -> None:
    for name in children(found(candidate, ("vrf", "name"))):
        if found(candidate, ("vrf", "name", name, "table")) is None:
            message = f'VRF "{name}" table id is mandatory!\n\n[[vrf]] failed\nCommit failed\n'
            raise Refused(message)
