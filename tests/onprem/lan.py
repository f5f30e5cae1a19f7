"""A router, a machine for its announcer and two workers with a Pod each, on one network."""

import os
import re
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from podroute.testing.netns import Namespace, empty_namespace
from tests.netns.lab_command import until

SWITCH: Final = """\
link set lo up
link add name nodes type bridge
link set nodes addrgenmode none up
"""
ROUTER: Final = ("10.240.0.1", "fd00:10:240::1")
ANNOUNCER: Final = ("10.240.0.2", "fd00:10:240::2")
WORKERS: Final = (("10.240.0.30", "fd00:10:240::30"), ("10.240.0.31", "fd00:10:240::31"))
PODS: Final = (("10.200.0.7", "fd00:10:200::7"), ("10.200.1.7", "fd00:10:200:1::7"))


@dataclass(frozen=True)
class Lan:
    """The Pods are addresses of the workers; ``router`` is also the switch."""

    router: Namespace
    announcer: Namespace
    workers: tuple[Namespace, Namespace]

    def pods_meet(self) -> bool:
        """Whether the one Pod reaches the other in both families."""
        return all(self._answers(source, target) for source, target in zip(*PODS, strict=True))

    def unheard(self, counter: str) -> int:
        """How many segments of TCP router and announcer have dropped for this reason."""
        return sum(_counted(one, counter) for one in (self.router, self.announcer))

    def _answers(self, source: str, target: str) -> bool:
        try:
            self.workers[0].run("ping", "-c1", "-W1", "-I", source, target)
        except RuntimeError:
            return False
        return True


def _counted(machine: Namespace, counter: str) -> int:
    names, counts, *_ = machine.run("cat", "/proc/net/netstat").splitlines()
    return int(dict(zip(names.split(), counts.split(), strict=True))[counter])


@dataclass(frozen=True)
class Ping:
    """One that goes on; ``said`` is what it prints."""

    said: Path

    def lost(self) -> tuple[int, int]:
        """How many packets it has sent until now, and how many of them were not answered.

        To the last one that was: what is on its way is not lost.
        """
        before = self._last()
        until(lambda: self._last() > before + 1)
        answered = self._answered()
        return max(answered), max(answered) - len(answered)

    def _last(self) -> int:
        return max(self._answered(), default=0)

    def _answered(self) -> set[int]:
        return {int(one) for one in re.findall(r"icmp_seq=(\d+) ttl=", self.said.read_text())}


@contextmanager
def pinging(machine: Namespace, *words: str) -> Generator[Ping]:
    """Fifty times a second; ``words`` say from where and to whom."""
    with TemporaryDirectory() as folder:
        made = Ping(Path(folder, "said"))
        with made.said.open("w") as said, machine.entered():
            process = subprocess.Popen(["ping", "-n", "-i", "0.02", *words], stdout=said)
        try:
            yield made
        finally:
            process.kill()
            process.wait()


@contextmanager
def lan() -> Generator[Lan]:
    """The router forwards, and knows no way to any Pod."""
    with ExitStack() as stack:
        router, announcer, *workers = (stack.enter_context(empty_namespace()) for _ in range(4))
        router.ip("-batch", "-", lines=SWITCH.splitlines())
        router.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        _address(router, "nodes", *ROUTER)
        plug(router, announcer, 0, *ANNOUNCER)
        for number, (worker, node, pod) in enumerate(zip(workers, WORKERS, PODS, strict=True)):
            plug(router, worker, number + 1, *node)
            for one in pod:
                worker.ip("address", "add", one, "dev", "lo")
            for one in ROUTER:
                worker.ip("route", "add", "default", "via", one)
        yield Lan(router, announcer, (workers[0], workers[1]))


def plug(router: Namespace, machine: Namespace, port: int, *addresses: str) -> None:
    """Gives the machine its link and addresses; ``router`` is also the switch."""
    inside = f"/proc/{os.getpid()}/fd/{machine.handle}"
    ours = ("link", "add", f"port{port}", "type", "veth", "peer", "name", "eth0", "netns", inside)
    router.ip(*ours)
    router.ip("link", "set", f"port{port}", "master", "nodes", "addrgenmode", "none", "up")
    machine.ip("link", "set", "lo", "up")
    machine.ip("link", "set", "eth0", "addrgenmode", "none", "up")
    _address(machine, "eth0", *addresses)


def _address(machine: Namespace, link: str, v4: str, v6: str) -> None:
    machine.ip("address", "add", f"{v4}/24", "dev", link)
    for one in (v6, f"fe80::{v6.rpartition(':')[2]}"):  # neighbours are asked from the latter
        machine.ip("address", "add", f"{one}/64", "dev", link, "nodad")
