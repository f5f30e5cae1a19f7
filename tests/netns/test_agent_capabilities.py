"""What plugins of the chain do for a Pod that asks for it: hostPorts, limits of bandwidth."""

import socket
import struct
from contextlib import closing, suppress

import pytest

from podroute.testing.netns import Namespace
from tests.netns.agents import WorkerPlace, peer_seen, pods, settled
from tests.netns.cni_runtime import UNLIMITED

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
SEND_FORCED, RECEIVE_FORCED = 32, 33  # SO_SNDBUFFORCE, SO_RCVBUFFORCE: beyond the usual limit
STAMPED = 35  # SO_TIMESTAMPNS, and what the kernel calls its answer


@pytest.mark.parametrize(
    ("version", "worker", "outside"),
    [(4, "10.240.0.30", "10.240.0.1"), (6, "fd00:10:240::30", "fd00:10:240::1")],
)
def test_a_host_port_leads_to_the_pod(
    place: WorkerPlace, version: int, worker: str, outside: str
) -> None:
    assert place.agent(*DUAL, "--once").status == 0
    ports = [{"hostPort": 8080, "containerPort": 8080, "protocol": "tcp", "hostIP": ""}]
    with pods(1) as (pod,):
        runtime = place.runtime()
        runtime.add("a", pod, portMappings=ports)
        address = runtime.address("a", version)
        assert peer_seen(place.outside, pod, worker, address) == outside
        runtime.remove("a", pod, portMappings=ports)


def test_a_host_port_opens_nothing_of_the_worker_itself(place: WorkerPlace) -> None:
    """For the worker's own connections portmap lets 127.0.0.1 pass the bridge."""
    assert place.agent("--pod-cidr", "10.200.0.0/24", "--once").status == 0
    ports = [{"hostPort": 8080, "containerPort": 8080, "protocol": "tcp", "hostIP": ""}]
    with pods(2) as (pod, curious):
        runtime = place.runtime()
        runtime.add("a", pod, portMappings=ports)
        address = runtime.address("a")
        assert peer_seen(place.worker, pod, "127.0.0.1", address) == "10.200.0.1"
        runtime.remove("a", pod, portMappings=ports)
        assert place.worker.run("cat", "/proc/sys/net/ipv4/conf/cbr0/route_localnet") == "1\n"

        runtime.add("b", curious)
        curious.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet")
        curious.ip("address", "delete", "127.0.0.1/8", "dev", "lo")
        curious.ip("route", "add", "127.0.0.1/32", "via", "10.200.0.1")

        with pytest.raises(TimeoutError):
            peer_seen(curious, place.worker, "127.0.0.1")


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("limited", ["a", "b"])
def test_a_limit_is_kept_within_a_fifth(place: WorkerPlace, limited: str, version: int) -> None:
    """That of the Pod that receives, and that of the one that sends."""
    assert place.agent(*DUAL, "--once").status == 0
    rate, burst = 40_000_000, 400_000  # bits
    limit = {"ingressRate": rate, "ingressBurst": burst, "egressRate": rate, "egressBurst": burst}
    with pods(2) as both:
        runtime = place.runtime()
        for name, pod in zip("ab", both, strict=True):
            runtime.add(name, pod, bandwidth=limit if name == limited else UNLIMITED)
        a, b = both
        reached = throughput(b, a, runtime.address("a", version), megabytes=8)
    assert 0.8 * rate < reached < 1.2 * rate


def throughput(sender: Namespace, receiver: Namespace, address: str, *, megabytes: int) -> float:
    """Bits a second, after the first half; by when they arrived, not by when they were read.

    Where root may, all of it has room in the kernel: it goes on while this process stands still.
    """
    settled(sender, receiver)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with receiver.entered():
        listener = socket.create_server((address, 8080), family=family)
        give_room(listener, RECEIVE_FORCED, megabytes)
    with sender.entered():
        sending = socket.create_connection((address, 8080), timeout=30)
    with closing(listener), closing(sending):
        receiving, _ = listener.accept()
        receiving.setsockopt(socket.SOL_SOCKET, STAMPED, 1)
        give_room(sending, SEND_FORCED, megabytes)
        sending.settimeout(0)
        half, size, got, arrivals = megabytes << 19, megabytes << 20, 0, list[tuple[int, float]]()
        with closing(receiving):
            while got < size:
                try:
                    sending.send(bytes(1 << 16))
                except BlockingIOError:
                    text, stamps, *_ = receiving.recvmsg(1 << 16, 64)
                    got += len(text)
                    arrivals += [(got, seconds(one)) for *_, one in stamps if got >= half]
        (before, since), *_, (after, until) = arrivals
        return (after - before) * 8 / (until - since)


def give_room(one: socket.socket, direction: int, megabytes: int) -> None:
    with suppress(PermissionError):  # root of a user namespace may not
        one.setsockopt(socket.SOL_SOCKET, direction, megabytes << 22)


def seconds(stamp: bytes) -> float:
    """Of a timespec."""
    whole, nano = struct.unpack("qq", stamp)
    return float(whole + nano / 1e9)
