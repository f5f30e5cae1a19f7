"""What was sent into a broken network does not arrive after it was given up."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typing_extensions import override

from podroute.kube.connection import Connection, connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.node_patches import assign_pod_cidrs
from podroute.kube.patch_answers import PatchAnswer, Unknown
from podroute.model.cidr import parse_cidr
from podroute.model.node import NodeName, NodeUid
from podroute.testing.netns import Namespace, empty_namespace
from tests.waiting import until

pytestmark = pytest.mark.netns

SERVER = "10.240.0.1"
RIGHT, WRONG = "02:00:00:00:00:01", "02:00:00:00:00:99"
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me}}]
clusters: [{name: here, cluster: {server: "http://10.240.0.1:8080"}}]
users: [{name: me, user: {token: secret}}]
"""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Wire:
    """A client and a server on one link, which can be cut without either of them being told."""

    client: Namespace
    listener: socket.socket
    heard: bytearray = field(default_factory=bytearray)
    ears: "list[Ear]" = field(default_factory=list["Ear"])

    def cut(self) -> None:
        self._send_to(WRONG)

    def mend(self) -> None:
        self._send_to(RIGHT)

    def unconfirmed(self) -> list[str]:
        """Sockets by which the client's kernel still wants to send something."""
        lines = self.client.run("ss", "-Htn", "state", "all", "dst", SERVER).splitlines()
        return [line for line in lines if line.split()[2] != "0"]

    def _send_to(self, mac: str) -> None:
        self.client.ip("neigh", "replace", SERVER, "lladdr", mac, "dev", "end1", "nud", "permanent")


@dataclass
class Ear(asyncio.Protocol):
    """The server's end of one connection: it answers whatever it hears."""

    wire: Wire

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.wire.ears.append(self)

    @override
    def data_received(self, data: bytes) -> None:
        self.wire.heard += data
        if b"\r\n\r\n" in data:
            self.transport.write(ANSWER)


@pytest.fixture
def wire() -> Generator[Wire]:
    with empty_namespace() as client, empty_namespace() as server, ExitStack() as stack:
        inside = f"/proc/{os.getpid()}/fd/{server.handle}"
        client.ip("link", "add", "end1", "type", "veth", "peer", "name", "end0", "netns", inside)
        server.ip("link", "set", "end0", "address", RIGHT, "up")
        client.ip("link", "set", "end1", "up")
        server.ip("address", "add", f"{SERVER}/24", "dev", "end0")
        client.ip("address", "add", "10.240.0.2/24", "dev", "end1")
        with server.entered():
            listener = stack.enter_context(socket.create_server((SERVER, 8080)))
        wire = Wire(client, listener)
        wire.mend()
        stack.enter_context(client.entered())
        yield wire


@asynccontextmanager
async def connected(wire: Wire, directory: Path) -> AsyncGenerator[Connection]:
    """One connection that has been used and is kept."""
    path = directory / "kubeconfig"
    path.write_text(KUBECONFIG)
    loop = asyncio.get_running_loop()
    async with (
        await loop.create_server(lambda: Ear(wire), sock=wire.listener),
        connect(find_login(ClusterAccess(str(path)))) as connection,
    ):
        await connection.request("GET", "/version", within=10)
        yield connection
        for ear in wire.ears:
            ear.transport.abort()


async def assigned(connection: Connection, within: float) -> PatchAnswer:
    cidrs = [parse_cidr("10.200.0.0/24")]
    return await assign_pod_cidrs(connection, NodeName("a"), NodeUid("uid-a"), cidrs, within)


async def test_a_patch_that_was_given_up_is_not_sent_again(wire: Wire, tmp_path: Path) -> None:
    async with connected(wire, tmp_path) as connection:
        wire.cut()
        assert isinstance(await assigned(connection, 0.5), Unknown)

        await until(lambda: not wire.unconfirmed(), within=2)
        wire.mend()
        assert (await connection.request("GET", "/version", within=10)).status == 200

    assert b"PATCH" not in wire.heard


async def test_the_kernel_gives_a_patch_up_while_its_sender_is_stopped(
    wire: Wire, tmp_path: Path
) -> None:
    async with connected(wire, tmp_path) as connection:
        wire.cut()
        patch = asyncio.create_task(assigned(connection, 60))
        await until(wire.unconfirmed)
        await until(lambda: not wire.unconfirmed())
        wire.mend()

        assert isinstance(await patch, Unknown)

    assert b"PATCH" not in wire.heard
