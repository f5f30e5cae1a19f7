"""A router in the network namespace of the tests, and workers with Pods in their own behind it."""

import os
import socket
import subprocess
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import count, dropwhile
from pathlib import Path
from threading import Event, Thread
from typing import Final

from podroute.testing.netns import Namespace, empty_namespace

ROUTER: Final = "10.240.0.1"
BRIDGE: Final = "nodes"
PORT: Final = 4_000  # of the Pods, UDP
PAUSE: Final = 0.005  # seconds between two datagrams of traffic
_LINK_LOCAL: Final = "fe80::1"  # without one there are no IPv6 neighbours
_MAC: Final = "02:00:0a:f0:00:01"  # else the bridge changes its own with its ports
_SETTINGS: Final = (
    ("ip_forward", "1"),
    *(
        (f"conf/{which}/{name}", "0")
        for which in ("all", "default")
        for name in ("rp_filter", "send_redirects")
    ),
)
_LAST_ANSWERS: Final = 10  # seconds


@dataclass(frozen=True, slots=True)
class Worker:
    """A machine: packets to the Pods' addresses that reach it get to its own Pods."""

    name: str
    internal_ip: str
    namespace: Namespace
    pods: Sequence[Namespace]


class NodeNetwork:
    """10.240.0.0/16, of which this kernel is the router."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._links = count()
        self._over = Event()

    def worker(self, name: str, internal_ip: str, *pod_cidrs: str) -> Worker:
        """With a Pod, the second address of the block, for each podCIDR."""
        machine = self._stack.enter_context(self.machine(internal_ip))
        _write_settings(machine)
        pods = [self._pod(machine, number, cidr) for number, cidr in enumerate(pod_cidrs)]
        for pod, cidr in zip(pods, pod_cidrs, strict=True):
            self._answer(pod, pod_address(cidr), name)
        return Worker(name, internal_ip, machine, pods)

    @contextmanager
    def machine(self, internal_ip: str) -> Generator[Namespace]:
        """On the network, with the kernel's own settings and nothing else; gone after the block."""
        link = f"worker{next(self._links)}"
        with empty_namespace() as machine:
            _ip(f"link add {link} type veth peer name eth0 netns {_path(machine)}")
            try:
                _ip(f"link set {link} addrgenmode none")
                _ip(f"link set {link} master {BRIDGE} up")
                _ip_inside(
                    machine,
                    f"address add {internal_ip}/16 dev eth0",
                    "link set lo up",
                    "link set eth0 up",
                    f"route add default via {ROUTER}",
                )
                yield machine
            finally:
                _ip(f"link delete {link}")  # the kernel takes its time over it

    def _pod(self, machine: Namespace, number: int, cidr: str) -> Namespace:
        pod = self._stack.enter_context(empty_namespace())
        gateway, length = str(IPv4Network(cidr)[1]), IPv4Network(cidr).prefixlen
        _ip_inside(
            machine,
            f"link add pod{number} type veth peer name eth0 netns {_path(pod)}",
            f"address add {gateway}/{length} dev pod{number}",
            f"link set pod{number} up",
        )
        _ip_inside(
            pod,
            f"address add {pod_address(cidr)}/{length} dev eth0",
            "link set lo up",
            "link set eth0 up",
            f"route add default via {gateway}",
        )
        return pod

    def _answer(self, pod: Namespace, address: str, name: str) -> None:
        """The Pod answers every datagram with it and the name of its machine."""
        answering = _socket_inside(pod)
        answering.bind((address, PORT))
        answering.settimeout(0.2)

        def serve() -> None:
            with answering:
                while not self._over.is_set():
                    try:
                        words, asking = answering.recvfrom(64)
                        answering.sendto(words + b" " + name.encode(), asking)
                    except OSError:
                        continue  # nobody asks, or the way back is not there

        Thread(target=serve, daemon=True).start()

    def end(self) -> None:
        """Nobody answers any more."""
        self._over.set()


@dataclass(frozen=True, slots=True)
class Reply:
    """Who answered a datagram, "" for nobody, and when that was sent (monotonic, seconds)."""

    sent: float
    worker: str


class Traffic:
    """Datagrams from a Pod to one address, one after the other without waiting for answers."""

    def __init__(self, source: Namespace, address: str) -> None:
        self._socket = _socket_inside(source)
        self._socket.setblocking(False)  # noqa: FBT003 -- as the socket module has it
        self._target = (address, PORT)
        self._sent: list[float] = []
        self._answers: dict[int, str] = {}
        self._over = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> Sequence[Reply]:
        """Stops, once the last one is answered; all of them in the order of sending."""
        self._over.set()
        self._thread.join()
        return [Reply(sent, self._answers.get(one, "")) for one, sent in enumerate(self._sent)]

    def last(self) -> str:
        """Who has answered one of the latest."""
        latest = len(self._sent) - 20
        return next((name for one, name in [*self._answers.items()][-20:] if one >= latest), "")

    def _run(self) -> None:
        with self._socket:
            while not self._over.wait(PAUSE):
                self._sent.append(time.monotonic())
                self._send(len(self._sent) - 1)
                self._receive()
            pause, deadline = Event(), time.monotonic() + _LAST_ANSWERS
            while len(self._sent) - 1 not in self._answers and time.monotonic() < deadline:
                pause.wait(PAUSE)
                self._receive()

    def _send(self, number: int) -> None:
        try:
            self._socket.sendto(str(number).encode(), self._target)
        except OSError:
            return  # the error of an earlier one: no route, or nobody there

    def _receive(self) -> None:
        while True:
            try:
                words = self._socket.recv(64).decode()
            except BlockingIOError:
                return
            except OSError:
                continue
            number, _, name = words.partition(" ")
            self._answers[int(number)] = name


def in_order(replies: Iterable[Reply]) -> Sequence[str]:
    """Who answered, each as often as another one took over."""
    names: list[str] = []
    for reply in replies:
        if reply.worker and (not names or names[-1] != reply.worker):
            names.append(reply.worker)
    return names


def longest_gap(replies: Iterable[Reply]) -> int:
    """How many datagrams in a row nobody answered, at most, after the first answer."""
    longest = row = 0
    for reply in dropwhile(lambda reply: not reply.worker, replies):
        row = 0 if reply.worker else row + 1
        longest = max(longest, row)
    return longest


def pod_address(pod_cidr: str) -> str:
    """Of the Pod that each worker has there."""
    return str(IPv4Network(pod_cidr)[2])


@contextmanager
def node_network() -> Generator[NodeNetwork]:
    """The router's link and settings are gone after the block."""
    for name, value in _SETTINGS:
        Path("/proc/sys/net/ipv4", name).write_text(value)
    _ip(f"link add {BRIDGE} address {_MAC} type bridge")
    try:
        _ip(f"link set {BRIDGE} addrgenmode none")  # a browser minds one that comes later
        _ip(f"address add {ROUTER}/16 dev {BRIDGE}")
        _ip(f"address add {_LINK_LOCAL}/64 dev {BRIDGE} nodad")
        _ip(f"link set {BRIDGE} up")
        with ExitStack() as stack:
            network = NodeNetwork(stack)
            stack.callback(network.end)
            network.worker("", "10.240.255.2")  # the bridge has a carrier
            yield network
    finally:
        _ip(f"link delete {BRIDGE}")


def _write_settings(namespace: Namespace) -> None:
    with namespace.entered():
        for name, value in _SETTINGS:
            Path("/proc/sys/net/ipv4", name).write_text(value)


def _socket_inside(namespace: Namespace) -> socket.socket:
    with namespace.entered():
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)


def _path(namespace: Namespace) -> str:
    return f"/proc/{os.getpid()}/fd/{namespace.handle}"


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)


def _ip_inside(namespace: Namespace, *lines: str) -> None:
    namespace.ip("-batch", "-", lines=lines)
