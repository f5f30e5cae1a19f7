"""The command line as a person uses it, in this process or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TypeAlias

from podroute.cli.main import main
from tests.environment import unmeasured

ROOT = Path(__file__).parents[2]
ROUTERS = Path(__file__).parent / "routers"
CLEAN = {
    key: text for key, text in unmeasured(os.environ).items() if not key.startswith("PODROUTE_")
}

Body: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command has printed, and its exit status."""

    status: int
    out: str
    err: str


def podroute(*arguments: str) -> Ended:
    """In this process."""
    out, err = TextIOWrapper(BytesIO(), "utf-8"), TextIOWrapper(BytesIO(), "utf-8")
    with file_router_installed(), redirect_stdout(out), redirect_stderr(err):
        status = main(arguments)
    return Ended(status, _text(out), _text(err))


def process(
    *arguments: str,
    stdin: str = "",
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    within: Sequence[str] = (),
) -> Ended:
    """In a process of its own; ``within`` is a command that starts it."""
    done = subprocess.run(
        [*within, sys.executable, "-m", "podroute", *arguments],
        check=False,
        capture_output=True,
        input=stdin.encode(),
        env={**CLEAN, **process_environment(), **(environment or {})},
        timeout=60,
        cwd=directory,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def process_environment() -> Mapping[str, str]:
    """So that a process finds the file router too."""
    return {"PYTHONPATH": os.pathsep.join([str(ROUTERS), str(ROOT)])}


@contextmanager
def file_router_installed() -> Generator[None]:
    """As if its distribution were installed."""
    sys.path.insert(0, str(ROUTERS))
    try:
        yield
    finally:
        sys.path.remove(str(ROUTERS))


def _text(stream: TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def node(name: str, ip: str = "", *pod_cidrs: str) -> Body:
    """A Node as the API server shows it."""
    spec: Body = {"podCIDR": pod_cidrs[0], "podCIDRs": list(pod_cidrs)} if pod_cidrs else {}
    addresses = [{"type": "InternalIP", "address": ip}] if ip else []
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "uid": f"uid-{name}"},
        "spec": spec,
        "status": {"addresses": addresses},
    }


def worker(number: int) -> Body:
    """Number 0 is 10.240.0.30 with 10.200.0.0/24, and so on."""
    return node(f"worker-{number}", f"10.240.0.{30 + number}", f"10.200.{number}.0/24")


def node_list(*bodies: Body) -> str:
    """What kubectl prints of them."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})


class World:
    """A file with Nodes, and a router with routes."""

    def __init__(self, folder: Path) -> None:
        self.nodes_file = folder / "nodes.json"
        self.routes_file = folder / "routes"
        self.plan_file = folder / "routes.plan"
        self.routes()

    def nodes(self, *bodies: Body) -> None:
        """From now on these are all."""
        self.nodes_file.write_text(node_list(*bodies))

    def routes(self, *lines: str) -> None:
        """From now on these are installed: DESTINATION NEXT-HOP OWNER."""
        self.routes_file.write_text("".join(f"{line}\n" for line in lines))

    def installed(self) -> list[str]:
        """What is installed, sorted."""
        return sorted(self.routes_file.read_text().splitlines())

    def router(self, fault: str = "none") -> list[str]:
        """The flags for the router and the address plan."""
        options = ["--provider-option", f"file={self.routes_file}"]
        options += ["--provider-option", f"fault={fault}"]
        return ["--provider", "file", *options, "--cluster-cidr", "10.200.0.0/16"]

    def flags(self, fault: str = "none") -> list[str]:
        """The same, and the Nodes."""
        return [*self.router(fault), "-f", str(self.nodes_file)]


def planned(folder: Path) -> World:
    """Two workers without routes, and a plan for them."""
    world = World(folder)
    world.nodes(worker(0), worker(1))
    assert podroute("plan", *world.flags(), "--out", str(world.plan_file)).status == 0
    return world
