"""A worker as a network namespace, with a machine outside, and podroute agent on it."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event
from time import monotonic

from podroute.testing.netns import Namespace, empty_namespace
from tests.environment import unmeasured
from tests.netns.cni_runtime import Runtime
from tests.unit.command import CLEAN, Ended

BUILD = Path(__file__).parents[1] / "goprograms/build"
DEBIAN = Path("/usr/lib/cni")
LINKS = """\
link set lo up
link add eth0 type veth peer name outside
link set eth0 addrgenmode none
link set outside addrgenmode none
link set eth0 up
address add 10.240.0.30/24 dev eth0
address add fd00:10:240::30/64 dev eth0 nodad
address add fe80::30/64 dev eth0 nodad
"""
OUTSIDE = """\
link set lo up
link set outside name eth0
link set eth0 up
address add 10.240.0.1/24 dev eth0
address add fd00:10:240::1/64 dev eth0 nodad
address add fe80::1/64 dev eth0 nodad
address add 192.0.2.1/32 dev lo
address add 2001:db8::1/128 dev lo nodad
route add 10.200.0.0/16 via 10.240.0.30
route add fd00:10:200::/48 via fd00:10:240::30
"""
SETTINGS = (
    "ipv4/ip_forward",
    "ipv4/conf/eth0/forwarding",
    "ipv6/conf/all/forwarding",
    "ipv6/conf/cbr0/accept_dad",
    "ipv6/conf/cbr0/accept_ra",
)
DEFAULTS = """\
route add default via 10.240.0.1
route add default via fd00:10:240::1
"""


@cache
def built(name: str) -> Path:
    """Where these programs are; built at the first call."""
    done = subprocess.run([str(BUILD), name], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def plugins() -> Path:
    """The newest ones."""
    return built("cni-plugins")


@dataclass(frozen=True)
class WorkerPlace:
    """A worker at 10.240.0.30, and a machine outside at 10.240.0.1 and 192.0.2.1."""

    worker: Namespace
    outside: Namespace
    folder: Path
    bin_dir: Path | None = None  # of plugins of its own

    @property
    def conf(self) -> Path:
        return self.folder / "net.d"

    def flags(self, *arguments: str, bin_dir: Path | None = None) -> list[str]:
        folders = ["--cni-conf-dir", str(self.conf), "--state-dir", str(self.folder / "state")]
        return [*folders, "--cni-bin-dir", str(bin_dir or self.bin_dir or plugins()), *arguments]

    def agent(
        self, *arguments: str, within: Sequence[str] = (), bin_dir: Path | None = None
    ) -> Ended:
        """Runs to its end."""
        command = [*within, sys.executable, "-m", "podroute", "agent"]
        with self.worker.entered():
            done = subprocess.run(
                [*command, *self.flags(*arguments, bin_dir=bin_dir)],
                check=False,
                capture_output=True,
                text=True,
                env=CLEAN,
                timeout=60,
            )
        return Ended(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def running(self, *arguments: str, **variables: str) -> Generator[subprocess.Popen[str]]:
        """In the background; ended with the block."""
        command = [sys.executable, "-m", "podroute", "agent", *self.flags(*arguments)]
        with (self.folder / "log").open("a", encoding="utf-8") as log, self.worker.entered():
            process = subprocess.Popen(
                command, env={**unmeasured(CLEAN), **variables}, stderr=log, text=True
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def runtime(self, version: str = "1.1.0", folder: Path | None = None) -> Runtime:
        return Runtime(self.worker, self.conf, folder or plugins(), version)

    def fingerprint(self) -> dict[str, str]:
        """Everything of the machine that an agent could leave otherwise."""
        settings = self.worker.run(
            "sh", "-c", "cd /proc/sys/net && grep -r . ipv4 ipv6 bridge || :"
        )
        return {
            "links": self.worker.ip("-d", "link"),
            "addresses": self.worker.ip("address"),
            "routes": json.dumps(self.worker.routes()),
            "rules": self.worker.ip("rule") + self.worker.ip("-6", "rule"),
            "firewall": self.worker.run("nft", "list", "ruleset"),
            "settings": "\n".join(sorted(settings.splitlines())),
        }


def woken(process: subprocess.Popen[str]) -> int:
    """How often threads of it have gone back to sleep."""
    told = (one.read_text() for one in Path(f"/proc/{process.pid}/task").glob("*/status"))
    return sum(int(one.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for one in told)


def state(place: WorkerPlace) -> dict[str, str]:
    """What must be the same after each repair, without the numbers that links and rules get.

    And without the carrier: the kernel tells of it a while after the link is up.
    """

    def told(*command: str) -> str:
        return re.sub(r"NO-CARRIER,|,LOWER_UP| linkdown", "", place.worker.run(*command))

    addresses = told("ip", "-o", "address", "show", "scope", "global").splitlines()
    links = [line.split(":", 1)[1] for line in told("ip", "-o", "link").splitlines()]
    routes = "".join(told("ip", one, "route", "show", "proto", "kernel") for one in ("-4", "-6"))
    return {
        "firewall": told("nft", "list", "ruleset"),
        "addresses": "\n".join(sorted(" ".join(one.split()[1:4]) for one in addresses)),
        "routes": "\n".join(sorted(one for one in routes.splitlines() if one[:4] != "fe80")),
        "links": "\n".join(sorted(link.split(" state ")[0] for link in links)),
        "settings": told("sh", "-c", f"cd /proc/sys/net && grep -s . {' '.join(SETTINGS)} || :"),
        "files": told("sh", "-c", f"cat {place.conf}/* || :"),
    }


@contextmanager
def worker_place(folder: Path) -> Generator[WorkerPlace]:
    """A worker that has never run an agent."""
    with empty_namespace() as worker, empty_namespace() as outside:
        worker.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")  # the host's is inherited
        worker.ip("-batch", "-", lines=LINKS.splitlines())
        worker.ip("link", "set", "outside", "netns", f"/proc/{os.getpid()}/fd/{outside.handle}")
        outside.ip("-batch", "-", lines=OUTSIDE.splitlines())
        worker.ip("-batch", "-", lines=DEFAULTS.splitlines())
        for one in (worker, outside):
            one.until_up("eth0")
        yield WorkerPlace(worker, outside, folder)


@contextmanager
def pods(number: int) -> Generator[list[Namespace]]:
    """So many empty namespaces."""
    with ExitStack() as stack:
        yield [stack.enter_context(empty_namespace()) for _ in range(number)]


@dataclass(frozen=True)
class Plugged:
    """A worker with two Pods."""

    place: WorkerPlace
    runtime: Runtime
    a: Namespace
    b: Namespace

    def address(self, pod: str, version: int = 4) -> str:
        """The Pod's own, of one family."""
        return self.runtime.address(pod, version)


@contextmanager
def plugged_pods(place: WorkerPlace) -> Generator[Plugged]:
    """Two Pods on a worker that the agent has made."""
    with pods(2) as (a, b):
        runtime = place.runtime()
        for name, pod in (("a", a), ("b", b)):
            runtime.add(name, pod)
        yield Plugged(place, runtime, a, b)


def settled(*places: Namespace) -> None:
    """Waits until no IPv6 address of them is being checked for duplicates any more."""
    pause, deadline = Event(), monotonic() + 10
    while any(place.ip("-6", "address", "show", "tentative") for place in places):
        assert monotonic() < deadline, "addresses stay tentative"
        pause.wait(0.05)


def peer_seen(client: Namespace, server: Namespace, address: str, listening: str = "") -> str:
    """Whom ``server`` sees when ``client`` connects to port 8080 of ``address``."""
    settled(client, server)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with server.entered():
        listener = socket.create_server((listening or address, 8080), family=family)
    with closing(listener), client.entered(), closing(socket.socket(family)) as asking:
        asking.settimeout(5)
        asking.connect((address, 8080))
        listener.settimeout(5)
        answering, (peer, *_) = listener.accept()
        answering.close()
    return str(peer)


def ping(client: Namespace, address: str, *arguments: str) -> str:
    """What it prints; fails where an answer is missing."""
    settled(client)
    return client.run("ping", "-c", "1", "-W", "2", *arguments, address)
