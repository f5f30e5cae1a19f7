"""Two routers of one network, a machine that programs both, and two workers with a Pod each."""

import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from podroute.testing.netns import Namespace, empty_namespace
from tests.onprem.lan import PODS, ROUTER, SWITCH, WORKERS, plug

RIGHT: Final = ("10.240.0.2", "fd00:10:240::2")
OPERATOR: Final = ("10.240.0.3", "fd00:10:240::3")
LEFT_PORT: Final = "port0"
FORWARDS: Final = (
    "net.ipv4.ip_forward=1",
    "net.ipv6.conf.all.forwarding=1",
    "net.ipv4.conf.all.send_redirects=0",  # else workers learn a way around the routers
    "net.ipv4.conf.eth0.send_redirects=0",
)
OBEYS_NOBODY: Final = (
    "net.ipv4.conf.all.accept_redirects=0",
    "net.ipv4.conf.eth0.accept_redirects=0",
    "net.ipv6.conf.eth0.accept_redirects=0",
)
INTERVAL: Final = 0.1  # seconds between two pings


@dataclass(frozen=True)
class Pair:
    """The workers' gateway is ``left``, until somebody moves it."""

    switch: Namespace
    left: Namespace
    right: Namespace
    operator: Namespace
    workers: tuple[Namespace, Namespace]

    def lead_through(self, gateway: tuple[str, str]) -> None:
        """What VRRP would do: the workers send by this router from now on."""
        for worker in self.workers:
            for one in gateway:
                worker.ip("route", "replace", "default", "via", one)

    def cut_left(self, *, off: bool) -> None:
        """Its link, at the switch."""
        self.switch.ip("link", "set", LEFT_PORT, "down" if off else "up")


@contextmanager
def pair() -> Generator[Pair]:
    """The routers forward, and know no way to any Pod."""
    with ExitStack() as stack:
        switch, *machines = (stack.enter_context(empty_namespace()) for _ in range(6))
        switch.ip("-batch", "-", lines=SWITCH.splitlines())
        places = (ROUTER, RIGHT, OPERATOR, *WORKERS)
        for port, (machine, addresses) in enumerate(zip(machines, places, strict=True)):
            plug(switch, machine, port, *addresses)
        left, right, operator, *workers = machines
        for router in (left, right):
            router.run("sysctl", "-qw", *FORWARDS)
        for worker, addresses in zip(workers, PODS, strict=True):
            worker.run("sysctl", "-qw", *OBEYS_NOBODY)
            for one in addresses:
                worker.ip("address", "add", one, "dev", "lo")
        made = Pair(switch, left, right, operator, (workers[0], workers[1]))
        made.lead_through(ROUTER)
        yield made


@dataclass(frozen=True)
class Count:
    """Of the pings from one Pod to another."""

    source: str
    target: str
    sent: int
    lost: int

    @property
    def words(self) -> str:
        return f"{self.source} -> {self.target}: {self.lost} of {self.sent} lost"


@contextmanager
def pinging(network: Pair) -> Generator[list[Count]]:
    """Ten pings each second between the Pods, both ways and both families; counted at the end."""
    ways = [
        (worker, source, target)
        for worker, one, other in zip(network.workers, PODS, PODS[::-1], strict=True)
        for source, target in zip(one, other, strict=True)
    ]
    counts: list[Count] = []
    running: list[subprocess.Popen[str]] = []
    try:
        for worker, source, target in ways:
            command = ["ping", "-n", "-q", "-i", str(INTERVAL), "-I", source, target]
            with worker.entered():
                running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        yield counts
    finally:
        for (_, source, target), ping in zip(ways, running, strict=False):
            ping.send_signal(signal.SIGINT)
            told, _ = ping.communicate(timeout=10)
            found = re.search(r"(\d+) packets transmitted, (\d+) received", told)
            assert found, told
            sent, received = map(int, found.groups())
            counts.append(Count(source, target, sent, sent - received))
