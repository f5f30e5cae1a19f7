"""Who writes Events; it never waits and never fails."""

from typing import Literal, Protocol, TypeAlias

from podroute.model.node import NodeName, NodeUid

Severity: TypeAlias = Literal["Normal", "Warning"]


class Recorder(Protocol):
    """About Nodes."""

    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        """One occurrence; repetitions become one Event with a count. False: it was dropped."""
        ...


class Announcer(Recorder, Protocol):
    """About the controller's own work, too."""

    def announce(self, severity: Severity, reason: str, message: str) -> bool:
        """As ``record``, about the Lease by which the leader is known."""
        ...
