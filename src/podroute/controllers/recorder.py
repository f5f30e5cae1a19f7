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


class RouterRecorder:
    """Says in each message which one of several routers it is about."""

    def __init__(self, recorder: Announcer, router: str) -> None:
        self._recorder = recorder
        self._router = router

    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        return self._recorder.record(node, uid, severity, reason, self._named(message))

    def announce(self, severity: Severity, reason: str, message: str) -> bool:
        return self._recorder.announce(severity, reason, self._named(message))

    def _named(self, message: str) -> str:
        return f"router {self._router}: {message}"


_: type[Announcer] = RouterRecorder
