"""podroute agent on the workers of a lab: cbr0, forwarding, and how Pods are plugged in."""

import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from podroute.bridge.cni_conflist import FILE
from podroute.lab.failure import LabFailed
from podroute.lab.machine import own_environment
from podroute.lab.places import OUTSIDE, Places
from podroute.lab.topology import Topology, Worker, joined

FOLDER: Final = "/run/podroute"  # inside the lab, where it goes away with everything else
IN_STEP: Final = b"STATUS=in step"
PATIENCE: Final = 120.0  # seconds; one that cannot be ends at once
_LOOK_AGAIN: Final = 0.2
_LONGEST: Final = 4096
_NO_PLUGINS: Final = "/run/podroute/no-plugins"
# The number that the process has inside, by which it can be ended alone.
_NUMBERED: Final = 'echo $$ >"$1" && shift && exec "$@"'


@dataclass(frozen=True, slots=True)
class Agents:
    """Those of one lab; ``plugins`` is where CNI plugins are, ``folder`` where the Nodes are."""

    places: Places
    plugins: Path | None
    folder: Path
    _running: dict[str, subprocess.Popen[bytes]] = field(
        default_factory=dict[str, "subprocess.Popen[bytes]"]
    )

    def arguments(self, topology: Topology, worker: Worker, *more: str) -> list[str]:
        """What stands behind ``podroute``."""
        cidrs = joined(topology.cluster_cidrs())
        flags = ("--node-name", worker.name, "--cluster-cidr", cidrs)
        return ["agent", *more, *flags, "-f", "nodes.yaml"]

    def variables(self, worker: Worker) -> Mapping[str, str]:
        """Workers share their files here: each has folders of its own."""
        return {
            "PODROUTE_STATE_DIR": f"{FOLDER}/{worker.name}",
            "PODROUTE_CNI_CONF_DIR": f"{FOLDER}/{worker.name}/net.d",
            "PODROUTE_CNI_BIN_DIR": str(self.plugins or _NO_PLUGINS),
        }

    def start(self, topology: Topology) -> None:
        """Returns when every worker is in step.

        Raises:
            LabFailed: one is not.
        """
        with ExitStack() as stack:
            heard = {
                worker: stack.enter_context(closing(self._begin(topology, worker)))
                for worker in topology.workers
            }
            for worker, manager in heard.items():
                self._await(worker, manager)

    def kill(self, worker: Worker) -> None:
        """As when the machine loses its power."""
        self.places.run(OUTSIDE, ["sh", "-c", f"kill -9 $(cat {FOLDER}/{worker.name}.pid)"])
        self._running.pop(worker.name).wait()

    def _begin(self, topology: Topology, worker: Worker) -> socket.socket:
        """The end at which the new agent tells its state, as it would tell systemd."""
        name = f"{FOLDER}/{worker.name}"
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        manager.bind(str(self.places.path(f"{name}.notify")))
        manager.settimeout(_LOOK_AGAIN)
        podroute = [sys.executable, "-m", "podroute", *self.arguments(topology, worker)]
        command = ["sh", "-c", _NUMBERED, "sh", f"{name}.pid", *podroute]
        with self.places.path(f"{name}.log").open("ab") as log:
            self._running[worker.name] = subprocess.Popen(  # noqa: S603 -- ourselves
                self.places.argv(worker.name, command, directory=self.folder),
                env={
                    **own_environment(),
                    **self.variables(worker),
                    "NOTIFY_SOCKET": f"{name}.notify",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return manager

    def _await(self, worker: Worker, manager: socket.socket) -> None:
        process, deadline = self._running[worker.name], monotonic() + PATIENCE
        while process.poll() is None and monotonic() < deadline:
            try:
                if IN_STEP in manager.recv(_LONGEST):
                    return
            except TimeoutError:
                continue
        said = self.places.path(f"{FOLDER}/{worker.name}.log").read_text(errors="replace")
        message = f"podroute agent on {worker.name} does not get in step: {said.strip()}"
        raise LabFailed(message)


def conflist_of(places: Places, worker: Worker) -> bytes:
    """What the agent has written for the container runtime of ``worker``."""
    return places.path(f"{FOLDER}/{worker.name}/net.d/{FILE}").read_bytes()
