"""One Lease at an API server that a test plays."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.unit.kube_server import Answer, Request

PARENT = "/apis/coordination.k8s.io/v1/namespaces/net/leases"
PATH = f"{PARENT}/podroute"

Plain = dict[str, Any]


@dataclass
class LeaseApi:
    """``lease`` may be changed at any time; each write makes another version."""

    lease: Plain | None = None
    version: int = 0
    writes: list[Plain] = field(default_factory=list[Plain])

    def put(self, **spec: object) -> None:
        """As somebody else would."""
        metadata = (self.lease or {}).get("metadata", {"name": "podroute", "namespace": "net"})
        self._store({"metadata": metadata, "spec": spec})

    def answer(self, request: Request) -> Answer:
        if request.method == "GET":
            return self._absent() if self.lease is None else self._told(self.lease)
        wanted: Plain = msgspec.json.decode(request.body)
        known = (self.lease or {}).get("metadata", {}).get("resourceVersion", "")
        if wanted["metadata"].get("resourceVersion", "") != known:
            return self._absent() if self.lease is None else Answer(b"{}", 409)
        self.writes.append(wanted)
        self._store(wanted)
        return self._told(wanted)

    def _store(self, lease: Plain) -> None:
        self.version += 1
        lease["metadata"] = {**lease["metadata"], "resourceVersion": str(self.version)}
        self.lease = lease

    def _told(self, lease: Plain) -> Answer:
        return Answer(msgspec.json.encode(lease))

    def _absent(self) -> Answer:
        status = {"kind": "Status", "details": {"name": "podroute"}}
        return Answer(msgspec.json.encode(status), 404)
