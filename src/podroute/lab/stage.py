"""What the demo works with: one lab, one screen, and the rule that a claim is checked."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from podroute.lab.agents import Agents
from podroute.lab.failure import LabFailed
from podroute.lab.machine import own_environment
from podroute.lab.matrix import PING, Matrix, measure
from podroute.lab.places import Ended, Places
from podroute.lab.screen import Screen, plain
from podroute.lab.topology import BRIDGE, ROUTER, Topology, Worker, gateway, joined

_NOTHING: Final[Mapping[str, str]] = {}
_TRIES: Final = 5  # of pings that are not answered as hoped
HERE: Final = ""  # a prompt without a name: this machine


class KernelAddress(msgspec.Struct, frozen=True):
    """An address as ``ip -json`` shows it."""

    local: str = ""


class KernelLink(msgspec.Struct, frozen=True):
    """A link as ``ip -json`` shows it."""

    addr_info: list[KernelAddress]


class KernelRoute(msgspec.Struct, frozen=True):
    """A route as ``ip -json`` shows it."""

    dst: str
    gateway: str = ""


@dataclass(slots=True)
class Stage:
    """The claims are counted: the demo is worth what it proves."""

    places: Places
    screen: Screen
    folder: Path
    topology: Topology
    agents: Agents
    claims: int = field(default=0)

    def claim(self, text: str, *, true: bool) -> None:
        """Says what was shown, provided that it is so.

        Raises:
            LabFailed: it is not.
        """
        if not true:
            message = f"the demo claims: {text}; and it is not so"
            raise LabFailed(message)
        self.claims += 1
        self.screen.shown(text)

    def podroute(self, verb: str, *flags: str, place: str = ROUTER) -> str:
        """Runs the real command and shows what it prints; returns that without colours.

        Raises:
            LabFailed: it did not end with 0.
        """
        arguments = [verb, *flags, "-f", "nodes.yaml"]
        self.screen.command(place, ["podroute", *arguments])
        command = [sys.executable, "-m", "podroute", *arguments]
        ended = self._run(place, command)
        self.screen.output(ended.output)
        self.screen.output(ended.errors)
        if ended.status:
            message = f"podroute {verb} ended with {ended.status}"
            raise LabFailed(message)
        return plain(ended.output)

    def start_agents(self) -> None:
        """Shows what the first one is going to do, and starts all.

        Raises:
            LabFailed: a worker does not get in step.
        """
        first, *others = self.topology.workers
        dry = self.agents.arguments(self.topology, first, "--dry-run")
        self.screen.command(first.name, ["podroute", *dry])
        more = self.agents.variables(first)
        ended = self._run(first.name, [sys.executable, "-m", "podroute", *dry], more)
        self.screen.output(ended.output + ended.errors)
        real = self.agents.arguments(self.topology, first)
        self.screen.command(first.name, ["podroute", *real, "&"])
        self.screen.say(f"The same on {', '.join(one.name for one in others)}.")
        self.agents.start(self.topology)

    def has_ports(self, worker: Worker) -> bool:
        """Whether every Pod is plugged into cbr0."""
        show = ["ip", "-json", "link", "show", "master", BRIDGE, "up"]
        ended = self.places.attempt(worker.name, show)
        ports = [] if ended.status else msgspec.json.decode(ended.output or "[]", type=list[object])
        return len(ports) == len(worker.pods())

    def has_bridge(self, worker: Worker) -> bool:
        """Whether cbr0 is there, with the first address of each block."""
        show = ["ip", "-json", "address", "show", "dev", BRIDGE]
        ended = self.places.attempt(worker.name, show)
        if ended.status:
            return False
        links = msgspec.json.decode(ended.output, type=list[KernelLink])
        present = {one.local for link in links for one in link.addr_info}
        return {str(gateway(cidr)) for cidr in worker.pod_cidrs} <= present

    def routed(self, verb: str, *flags: str) -> str:
        """The same with the flags that say which router and which address plan."""
        cidrs = joined(self.topology.cluster_cidrs())
        return self.podroute(verb, "--provider", "linux", "--cluster-cidr", cidrs, *flags)

    def ip(self, line: str, place: str = ROUTER) -> None:
        """Changes a machine behind podroute's back."""
        words = ["ip", *line.split()]
        self.screen.command(place, words)
        self.places.run(place, words)

    def matrix(self, hoped: Callable[[Matrix], bool]) -> Matrix:
        """Pings from every Pod to every other, and shows which are answered."""
        matrix = self._measured(hoped)
        self.screen.command("every-pod", [*PING, "EVERY-OTHER-POD"])
        self._show(matrix)
        return matrix

    def claim_all_reached(self, text: str) -> None:
        """The same, but the matrix is shown only where it has gaps.

        Raises:
            LabFailed: a Pod does not reach another.
        """
        matrix = self._measured(Matrix.complete)
        if not matrix.complete():
            self._show(matrix)
        total = len(matrix.answered)
        self.claim(f"{text}: {total} of {total} pings", true=matrix.complete())

    def _measured(self, hoped: Callable[[Matrix], bool]) -> Matrix:
        """Again where it is not as hoped: a busy machine is late for a ping that waits a second."""
        matrix = measure(self.places, self.topology)
        for _ in range(_TRIES - 1):
            if hoped(matrix):
                break
            matrix = measure(self.places, self.topology)
        return matrix

    def kernel(self) -> Mapping[str, str]:
        """Next hop by destination, as the router's kernel tells it."""
        routes = [
            route
            for family in ("-4", "-6")[: self.topology.families]
            for route in msgspec.json.decode(
                self.places.run(ROUTER, ["ip", "-json", family, "route"]), type=list[KernelRoute]
            )
        ]
        return {route.dst: route.gateway for route in routes}

    def wished(self) -> Mapping[str, str]:
        """Next hop by podCIDR, as it should be."""
        return {
            str(cidr): str(address)
            for worker in self.topology.workers
            for cidr, address in zip(worker.pod_cidrs, worker.internal_ips, strict=True)
        }

    def _show(self, matrix: Matrix) -> None:
        self.screen.output("\n".join(matrix.lines(lambda yes: self.screen.sign(reached=yes))))

    def _run(self, place: str, command: list[str], more: Mapping[str, str] = _NOTHING) -> Ended:
        colour = {"FORCE_COLOR": "1"} if self.screen.colour else {"NO_COLOR": "1"}
        rest = own_environment()
        rest.pop("NO_COLOR", None)
        variables = {**rest, **colour, **more}
        if place != HERE:
            return self.places.attempt(place, command, directory=self.folder, env=variables)
        ended = subprocess.run(  # noqa: S603 -- ourselves
            command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)
