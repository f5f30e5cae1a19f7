"""podroute controller as the keeper of this kernel's routes, and what those went through."""

import json
import subprocess
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from tests.cluster.api import Api
from tests.cluster.node_ipam import ALONE, WITHIN, Cluster, until, until_true
from tests.cluster.nodes import node_body
from tests.cluster.process import Process

PROTOCOL: Final = "200"
KEPT: Final = ("--provider=linux", "--node-cidrs=10.240.0.0/16")
CREATED: Final = "RouteController created a route"


class Condition(msgspec.Struct, rename="camel", frozen=True):
    """Of a Node."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None


class _Status(msgspec.Struct):
    conditions: tuple[Condition, ...] = ()


class _Metadata(msgspec.Struct):
    name: str


class _Node(msgspec.Struct):
    metadata: _Metadata
    status: _Status


class _Nodes(msgspec.Struct):
    items: list[_Node]


AVAILABLE: Final = ("False", "RouteCreated", CREATED)


@dataclass(frozen=True, slots=True)
class Change:
    """The kernel's word that a route has come, perhaps in the place of another one, or is gone."""

    gone: bool
    destination: str
    next_hop: str
    metric: int


class Router:
    """The routes of this kernel that carry podroute's mark, and all that happens to them."""

    def __init__(self, record: Path, monitor: subprocess.Popen[bytes]) -> None:
        self._record = record
        self._monitor = monitor
        self._marks = count(1)

    def routes(self, version: int = 4) -> Mapping[str, str]:
        """The next hop by destination."""
        text = ip(f"-j -{version} route show proto", PROTOCOL)
        return {one["dst"]: one.get("gateway", "") for one in json.loads(text or "[]")}

    def until(self, wanted: Mapping[str, str], *, within: timedelta = WITHIN) -> Mapping[str, str]:
        """Once there are these routes and no others."""
        try:
            until_true(lambda: self.routes() == wanted, within=within)
        except AssertionError as error:
            message = f"{self.routes()} instead of {wanted}"
            raise AssertionError(message) from error
        return wanted

    def record(self) -> Sequence[Change]:
        """What has happened until now."""
        mark = f"192.0.2.{next(self._marks)}"
        ip("route add blackhole", mark, "proto 99")
        until_true(lambda: mark in self._record.read_text())
        ip("route delete blackhole", mark, "proto 99")
        lines = [line.split("] ")[-1].split() for line in self._record.read_text().splitlines()]
        return [_change(words) for words in lines if _after("proto", words) == PROTOCOL]

    def forget(self) -> None:
        """The record is empty again."""
        self.record()
        self._record.write_bytes(b"")


def _after(key: str, words: Sequence[str]) -> str:
    return words[words.index(key) + 1] if key in words else ""


def _change(words: Sequence[str]) -> Change:
    gone = words[0] == "Deleted"
    return Change(gone, words[gone], _after("via", words), int(_after("metric", words) or "0"))


def paths(record: Iterable[Change], destination: str) -> Sequence[str]:
    """The next hops that traffic had in turn; "" where it had none. Lower metrics come first."""
    installed: dict[int, str] = {}
    taken: list[str] = []
    for change in record:
        if change.destination == destination:
            if change.gone:
                del installed[change.metric]
            else:
                installed[change.metric] = change.next_hop
            best = installed[min(installed)] if installed else ""
            if not taken or taken[-1] != best:
                taken.append(best)
    return taken


def lost(record: Sequence[Change]) -> Collection[str]:
    """Destinations that had a path and then none, for however short."""
    return {one.destination for one in record if "" in paths(record, one.destination)}


@contextmanager
def router(directory: Path) -> Generator[Router]:
    """Without routes of ours before and after."""
    _flush()
    path = directory / "routes.record"
    with path.open("ab") as record:
        monitor = subprocess.Popen(
            ["ip", "-4", "-o", "monitor", "route"], stdin=subprocess.DEVNULL, stdout=record
        )
    try:
        made = Router(path, monitor)
        _until_heard(path)
        made.forget()
        yield made
    finally:
        monitor.kill()
        monitor.wait()
        _flush()


def _flush() -> None:
    for family in ("-4", "-6"):
        ip(family, "route flush proto", PROTOCOL)


def _until_heard(path: Path) -> None:
    """The monitor says nothing about its start: so it is asked until it answers."""

    def heard() -> bool:
        ip("route add blackhole 192.0.2.254 proto 99")
        ip("route delete blackhole 192.0.2.254 proto 99")
        return bool(path.read_text())

    until_true(heard)


def ip(*words: str, lines: Iterable[str] = ()) -> str:
    """What ``ip`` prints here; ``lines`` are its standard input."""
    arguments, text = " ".join(words).split(), "".join(f"{line}\n" for line in lines)
    done = subprocess.run(
        ["ip", *arguments], check=True, capture_output=True, text=True, input=text
    )
    return done.stdout


@dataclass(frozen=True, slots=True)
class Routed:
    """A cluster and the router before it."""

    cluster: Cluster
    router: Router

    def controller(self, *flags: str, kubeconfig: Path | None = None) -> Process:
        """That keeps the routes; alone where ``flags`` do not say otherwise."""
        alone = () if any("leader-elect" in flag for flag in flags) else ALONE
        return self.cluster.controller(
            *alone, *_besides(KEPT, flags), *flags, kubeconfig=kubeconfig
        )

    def register(self, name: str, internal_ip: str, *pod_cidrs: str) -> None:
        """One Node by the admin's hand."""
        self.cluster.register([node_body(name, internal_ips=[internal_ip], pod_cidrs=pod_cidrs)])

    def show(self, name: str, *internal_ips: str) -> None:
        """The Node's addresses are these."""
        addresses = [{"type": "InternalIP", "address": one} for one in internal_ips]
        self.patch_status(name, {"addresses": [{"$patch": "replace"}, *addresses]})

    def patch_status(self, name: str, status: Mapping[str, object]) -> None:
        """A strategic merge, by the admin."""
        with self.cluster.plane.api.connect() as connection:
            connection.send(
                "PATCH",
                f"/api/v1/nodes/{name}/status",
                msgspec.json.encode({"status": status}),
                kind="application/strategic-merge-patch+json",
            )

    def conditions(self) -> Mapping[str, Condition]:
        """NetworkUnavailable, by Node, where it is said."""
        return conditions_of(self.cluster.plane.api)

    def condition(self, name: str) -> Condition | None:
        """That of one Node."""
        return self.conditions().get(name)

    def until_condition(self, name: str, status: str, containing: str = "") -> Condition:
        """Once it is that, and its message says this."""

        def shown() -> Condition | None:
            condition = self.condition(name)
            well = condition and condition.status == status and containing in condition.message
            return condition if well else None

        try:
            return until(shown)
        except AssertionError as error:
            message = f"{name}: {self.condition(name)} instead of {status} {containing}"
            raise AssertionError(message) from error

    def until_available(self, *names: str) -> None:
        """Once all of them say so."""

        def lacking() -> Collection[str]:
            conditions = self.conditions()
            return [name for name in names if _words(conditions.get(name)) != AVAILABLE]

        try:
            until_true(lambda: not lacking())
        except AssertionError as error:
            message = f"not available: {lacking()}"
            raise AssertionError(message) from error

    def until_told(self, reason: str, name: str, containing: str = "") -> str:
        """The note of an Event about this Node, once it is there."""

        def told() -> str | None:
            events = self.cluster.events(reason)
            notes = (one.note for one in events if one.regarding.name == name)
            return next((note for note in notes if containing in note), None)

        return until(told)


def conditions_of(api: Api) -> Mapping[str, Condition]:
    """NetworkUnavailable, by Node, where it is said."""
    nodes = msgspec.json.decode(api.get("/api/v1/nodes"), type=_Nodes).items
    return {
        node.metadata.name: condition
        for node in nodes
        for condition in node.status.conditions
        if condition.type == "NetworkUnavailable"
    }


def _words(condition: Condition | None) -> tuple[str, ...]:
    return (condition.status, condition.reason, condition.message) if condition else ()


def _besides(usual: Collection[str], flags: Collection[str]) -> Sequence[str]:
    given = " ".join(flags)
    return [flag for flag in usual if flag.partition("=")[0] not in given]
