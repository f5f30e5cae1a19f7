"""The state of a simulated project: networks, instances, routes and operations."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from podroute.testing.gcp.faults import Faults
from podroute.testing.gcp.operations import Job, Operations
from podroute.testing.gcp.refusal import Document, Refusal, already_exists, no_room, not_found
from podroute.testing.gcp.resources import (
    Hops,
    InstanceSpec,
    Network,
    checked_route,
    default_route,
    subnet_route,
)


@dataclass
class Entry:
    """A route, and when it is in lists."""

    document: Document
    since: float
    until: float = float("inf")


@dataclass
class Cloud:
    """One project. ``limit`` is its quota of routes; ``now`` gives seconds."""

    project: str = "podroute-test"
    networks: Sequence[Network] = (Network("kubernetes", ("10.240.0.0/24", "fd00:10:240::/64")),)
    limit: int = 250
    faults: Faults = field(default_factory=Faults)
    now: Callable[[], float] = time.monotonic
    root: str = "https://www.googleapis.com/compute/v1"
    firewalls: list[Document] = field(default_factory=list[dict[str, object]])
    instances: dict[str, InstanceSpec] = field(default_factory=dict[str, InstanceSpec])
    operations: Operations = field(init=False)
    _routes: dict[str, Entry] = field(default_factory=dict[str, Entry])
    _gone: list[Entry] = field(default_factory=list[Entry])
    _numbers: Callable[[], int] = field(default_factory=lambda: count(1000).__next__)
    _lists: int = 0

    def __post_init__(self) -> None:
        """Every network has a route to the internet and one for each subnet."""
        self.operations = Operations(self.project)
        for network in self.networks:
            url = self.url(f"global/networks/{network.name}")
            self._put(default_route(network, url, self.url("global/gateways")))
            for subnet in network.subnets:
                self._put(subnet_route(network, subnet, url))

    def url(self, path: str) -> str:
        """The full name of a resource of the project."""
        return f"{self.root}/projects/{self.project}/{path}"

    def plant(self, **fields: object) -> Document:
        """A route that is there already, whatever is in it: names as in the API."""
        network = fields.pop("network", self.networks[0].name)
        url = self.url(f"global/networks/{network}")
        return self._put({"priority": 1000, **fields, "network": url})

    def uproot(self, name: str) -> None:
        """A route is gone at once."""
        self._routes.pop(name, None)

    def open_firewall(self, name: str, *ranges: str, protocols: Sequence[str] = ("all",)) -> None:
        """A rule of the first network lets these ranges in."""
        self.firewalls.append(
            {
                "kind": "compute#firewall",
                "name": name,
                "network": self.url(f"global/networks/{self.networks[0].name}"),
                "direction": "INGRESS",
                "priority": 1000,
                "disabled": False,
                "sourceRanges": list(ranges),
                "allowed": [{"IPProtocol": one} for one in protocols],
            }
        )

    def start_instance(self, spec: InstanceSpec) -> None:
        """It is there, under this name in its zone."""
        self.instances = {**self.instances, spec.path(self.project): spec}

    def stop_instance(self, name: str) -> None:
        """All of that name are there, and do not run."""
        self.instances = {
            path: replace(one, running=False) if one.name == name else one
            for path, one in self.instances.items()
        }

    def end_instance(self, name: str) -> None:
        """All of that name are gone; routes to them stay."""
        self.instances = {path: one for path, one in self.instances.items() if one.name != name}

    def insert(self, body: Document, request_id: str) -> Job:
        """``routes.insert``.

        Raises:
            Refusal: it is not done.
        """
        known = self.operations.known(request_id)
        if known is not None:
            return known
        route = checked_route(body, self)
        path = f"global/routes/{route['name']}"
        if str(route["name"]) in self._routes:
            raise already_exists(self.project, path)
        error: Refusal | None = None
        if self.used() >= self.limit:
            error = no_room("ROUTES", self.limit)
            if not self.faults.late_quota:
                raise error
        job = self._job("insert", self.url(path), request_id)
        if error is None:
            self._put(route, job.ends + self.faults.lag)
        else:
            job.fail("QUOTA_EXCEEDED", error.message, 403)
        return job

    def delete(self, name: str, request_id: str) -> Job:
        """``routes.delete``.

        Raises:
            Refusal: it is not done.
        """
        known = self.operations.known(request_id)
        if known is not None:
            return known
        entry = self._entry(name)
        if entry.document.get("nextHopNetwork"):
            message = f"Route {name} belongs to a subnet and cannot be deleted."
            raise Refusal(400, "invalid", message)
        job = self._job("delete", self.url(f"global/routes/{name}"), request_id)
        del self._routes[str(entry.document["name"])]
        entry.until = job.ends + self.faults.lag
        self._gone.append(entry)
        return job

    def route(self, name: str) -> Document:
        """``routes.get``, by name or number."""
        return _shown(self._entry(name), Hops(self.instances.values()))

    def listed(self) -> list[Document]:
        """``routes.list``, unfiltered, in the order of the names."""
        now = self.now()
        self._lists += 1
        fresh = self.faults.unsteady and self._lists % 2 == 0
        self._gone = [one for one in self._gone if one.until > now]
        entries = list(self._routes.values())
        if not fresh:
            entries = [one for one in entries if one.since <= now]
            entries += self._gone
        hops = Hops(self.instances.values())
        return sorted((_shown(one, hops) for one in entries), key=lambda one: str(one["name"]))

    def routes(self, network: str = "kubernetes") -> dict[str, Document]:
        """What really is there, written by somebody, by name."""
        return {
            str(one.document["name"]): one.document
            for one in tuple(self._routes.values())
            if str(one.document["network"]).endswith(f"/networks/{network}")
            and not one.document.get("nextHopNetwork")
            and not one.document.get("nextHopGateway")
        }

    def used(self) -> int:
        """Routes that count against the quota."""
        return sum(not one.document.get("nextHopNetwork") for one in tuple(self._routes.values()))

    def network(self, name: str) -> Network:
        """``networks.get``.

        Raises:
            Refusal: there is none.
        """
        for network in self.networks:
            if network.name == name:
                return network
        raise not_found(self.project, f"global/networks/{name}")

    def replant(self, routes: Iterable[Document]) -> None:
        """The routes are these, in the shape that ``routes`` gives."""
        for name in self.routes():
            self.uproot(name)
        for route in routes:
            self._put(dict(route))

    def _entry(self, name: str) -> Entry:
        for entry in self._routes.values():
            if name in {entry.document["name"], entry.document["id"]}:
                return entry
        raise not_found(self.project, f"global/routes/{name}")

    def _put(self, document: Document, since: float = 0.0) -> Document:
        name = str(document["name"])
        whole = {
            "kind": "compute#route",
            "id": str(self._numbers()),
            "creationTimestamp": "2026-01-01T00:00:00.000-08:00",
            **document,
            "selfLink": self.url(f"global/routes/{name}"),
        }
        self._routes[name] = Entry(whole, since)
        return whole

    def _job(self, verb: str, target: str, request_id: str) -> Job:
        now = self.now()
        return self.operations.begin(
            verb, target, request_id, (now, now + self.faults.operation_time)
        )


def _shown(entry: Entry, hops: Hops) -> Document:
    warnings = hops.warnings(entry.document)
    return {**entry.document, **({"warnings": warnings} if warnings else {})}
