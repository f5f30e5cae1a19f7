"""A machine as namespaces of this one: whatever runs in it, and what that mounts, ends with it."""

import os
import signal
import subprocess
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from podroute.testing.netns import Namespace
from tests.cluster.process import Process

CGROUPS: Final = Path("/sys/fs/cgroup")
PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
_WITHIN: Final = timedelta(seconds=30)
_NAMESPACES: Final = ("--mount", "--uts", "--ipc", "--pid")
_APART: Final = ("unshare", *_NAMESPACES, "--fork", "--mount-proc", "--kill-child")
# What it writes stays with it. A kubelet sets six parameters of the kernel, which all machines here
# share: it gets copies of them.
_BOOT: Final = """\
set -eu
own=$1 name=$2
mount -t tmpfs machine "$own"
for folder in etc opt var; do
    mkdir -p "$own/$folder" "$own/work/$folder"
    mount -t overlay machine "/$folder" \
        -o "lowerdir=/$folder,upperdir=$own/$folder,workdir=$own/work/$folder"
done
for folder in /etc/cni /opt/cni /run /var/lib/containerd /var/lib/kubelet /var/log; do
    mkdir -p "$folder"
    mount -t tmpfs machine "$folder"
done
for parameter in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
    kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
    mkdir -p "$own/sys/${parameter%/*}"
    cat "/proc/sys/$parameter" >"$own/sys/$parameter"
    mount --bind "$own/sys/$parameter" "/proc/sys/$parameter"
done
echo "$name" >/proc/sys/kernel/hostname
echo 0 >/proc/sys/net/ipv4/ip_forward
trap '' CHLD
echo booted
exec sleep infinity
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Running; ``init`` is the process with which it ends."""

    name: str
    network: Namespace
    directory: Path
    init: int
    cgroup: str
    started: list[Process] = field(default_factory=list[Process])

    def path(self, inside: str) -> Path:
        """Where its file is seen from here."""
        return Path(f"/proc/{self.init}/root{inside}")

    def write(self, inside: str, text: str) -> None:
        """One of its files."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(
        self, program: Path, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> Process:
        """For as long as the machine runs; its words are in ``directory``."""
        process = Process.start(
            program,
            arguments,
            self.directory,
            {"PATH": PATH, **(environment or {})},
            self._entering(),
        )
        self.started.append(process)
        return process

    def run(self, *command: str) -> str:
        """What it prints.

        Raises:
            RuntimeError: it failed; the text is what it said.
        """
        done = subprocess.run(
            [*self._entering(), *command],
            check=False,
            capture_output=True,
            text=True,
            env={"PATH": PATH},
        )
        if done.returncode:
            message = f"{self.name}: {' '.join(command)}: {done.stderr.strip()}"
            raise RuntimeError(message)
        return done.stdout

    def _entering(self) -> list[str]:
        return ["nsenter", f"--target={self.init}", *_NAMESPACES, "--net"]


@contextmanager
def running(name: str, network: Namespace, directory: Path) -> Generator[Machine]:
    """Switched off after the block, as if by its plug."""
    own = directory / "own"
    own.mkdir(parents=True)
    shell = Path("/bin/sh")
    with network.entered():
        booting = Process.start(
            shell, ["-c", _BOOT, "boot", str(own), name], directory, {"PATH": PATH}, _APART
        )
    try:
        booting.line("booted", within=_WITHIN)
        init = _child_of(booting.pid)
    except BaseException:
        booting.kill()
        raise
    cgroup = f"/podroute-{os.getpid()}-{name}"
    machine = Machine(name, network, directory, init, cgroup)
    try:
        yield machine
    finally:
        os.kill(init, signal.SIGKILL)
        booting.status(within=_WITHIN)  # the kernel ends all of a machine before its first process
        for process in machine.started:
            process.kill()
        _remove_cgroups(cgroup)


def _child_of(process: int) -> int:
    (child,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(child)


def _remove_cgroups(cgroup: str) -> None:
    """In each hierarchy, the inner ones first; they are empty by now."""
    for tree in _trees(cgroup):
        for folder, _, _ in os.walk(tree, topdown=False):
            Path(folder).rmdir()


def _trees(cgroup: str) -> Iterator[Path]:
    for hierarchy in (CGROUPS, *CGROUPS.iterdir()):
        tree = Path(f"{hierarchy}{cgroup}")
        if tree.is_dir():
            yield tree
