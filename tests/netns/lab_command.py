"""The lab as its users have it: the real command, with a state folder of its own."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import msgspec

from podroute.lab.directory import LabDirectory, Record
from podroute.lab.matrix import Matrix, measure
from podroute.lab.places import Places
from tests.environment import unmeasured


@dataclass(frozen=True)
class LabCommand:
    """Runs ``podroute lab …``; ``prefix`` is what runs it, ``variables`` come on top of ours."""

    state: Path
    prefix: Sequence[str] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def argv(self, *arguments: str) -> list[str]:
        return [*self.prefix, sys.executable, "-m", "podroute", "lab", *arguments]

    def environment(self) -> dict[str, str]:
        ours = {
            key: value
            for key, value in os.environ.items()
            if key not in {"FORCE_COLOR", "CNI_PATH"} and not key.startswith("PODROUTE_")
        }
        return {**ours, "XDG_STATE_HOME": str(self.state), **self.variables}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The same, and does not wait for its end."""
        return subprocess.Popen(
            self.argv(*arguments),
            env=unmeasured(self.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def folder(self, name: str = "default") -> LabDirectory:
        return LabDirectory(self.state / "podroute/labs" / name)

    def record(self, name: str = "default") -> Record:
        record = self.folder(name).record()
        assert record is not None
        return record

    def folders(self) -> list[str]:
        """The labs that have left or keep something on the disk."""
        labs = self.state / "podroute/labs"
        return sorted(one.name for one in labs.iterdir() if one.is_dir()) if labs.exists() else []

    def processes(self) -> list[int]:
        """Everything that runs for a lab of this state folder."""
        mark = str(self.state).encode()
        found: list[int] = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(FileNotFoundError, ProcessLookupError):
                if mark in path.read_bytes():
                    found.append(int(path.parent.name))
        return found


def matrix(lab: LabCommand) -> Matrix:
    """Who reaches whom in the lab that is up."""
    record = lab.record()
    return measure(Places(record.holder), record.topology())


def suggested(said: str, verb: str) -> list[str]:
    """The words behind ``podroute lab`` of the line with that verb."""
    (line,) = [one.strip() for one in said.splitlines() if f" podroute {verb} " in one]
    words = shlex.split(line)
    assert words[:2] == ["podroute", "lab"]
    return words[2:]


def until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Looks again and again; fails when it takes too long."""
    deadline, pause = time.monotonic() + seconds, Event()
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.005)


class KernelRoute(msgspec.Struct, frozen=True):
    """What identifies a route, without counters and ages."""

    dst: str
    gateway: str = ""
    dev: str = ""
    protocol: str = ""
    table: str = ""


class KernelLink(msgspec.Struct, frozen=True):
    """What identifies a link."""

    ifindex: int
    ifname: str
    flags: list[str]


@dataclass(frozen=True)
class Host:
    """All of this machine that a lab could have touched."""

    links: list[KernelLink]
    routes: set[KernelRoute]
    mounts: str
    netns: tuple[str, ...] | None
    forwarding: str


def host() -> Host:
    """The machine as it is now."""
    routes = [
        route
        for family in ("-4", "-6")
        for route in msgspec.json.decode(
            _ip(family, "route", "show", "table", "all"), type=list[KernelRoute]
        )
    ]
    netns = Path("/run/netns")
    return Host(
        msgspec.json.decode(_ip("link"), type=list[KernelLink]),
        set(routes),
        Path("/proc/self/mounts").read_text(),
        tuple(sorted(one.name for one in netns.iterdir())) if netns.exists() else None,
        Path("/proc/sys/net/ipv4/ip_forward").read_text(),
    )


def _ip(*arguments: str) -> str:
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    command = ["ip", "-json", *arguments]
    environment = {**os.environ, "PATH": path}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return ended.stdout or "[]"
