"""Connection: whom we trust, and what is said when it does not work."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import httpx2
import pytest

from podroute.kube.api_errors import ApiUnreachable, explained
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Cluster, Login, User
from podroute.kube.rate_limit import RateLimit
from tests.unit.kube_callers import get, login, streamed, trusting
from tests.unit.kube_server import LOOPBACK, NAME, Answer, Server, serving
from tests.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.answer = lambda _: Answer(b"hello")
        yield one


@pytest.mark.parametrize(
    "cluster",
    [
        {"insecure-skip-tls-verify": True},
        {"tls-server-name": NAME, "certificate-authority": "pki/ca.crt"},
    ],
)
async def test_trust_is_as_the_kubeconfig_says(server: Server, cluster: dict[str, object]) -> None:
    async with connect(login(server, {"server": server.url, **cluster})) as connection:
        assert await get(connection) == b"hello"
        assert await streamed(connection) == b"hello"


async def test_a_server_that_is_not_reached_is_named_with_the_cause(server: Server) -> None:
    rows: list[tuple[dict[str, object], str]] = [
        (trusting(server, server=f"https://{NAME}.invalid"), "its name is not known"),
        (trusting(server, server="https://127.0.0.1:1"), "connection refused: is the API server"),
        ({"server": server.url}, "its certificate is not trusted (self-signed certificate in"),
        (trusting(server, tls_server_name="other"), "not trusted (Hostname mismatch"),
        ({"server": server.url.replace("https", "http")}, "is not reached: "),
        (trusting(server, server=server.url.replace("https", "http")), "is not reached: "),
        (
            trusting(server, proxy_url="http://127.0.0.1:1"),
            "the proxy http://127.0.0.1:1: connection refused: is the proxy",
        ),
    ]
    for cluster, words in rows:
        who = login(server, cluster)
        async with connect(who) as connection:
            for ask in (get, streamed):
                with pytest.raises(ApiUnreachable) as caught, explained(who):
                    await ask(connection)
                assert words in str(caught.value)


async def test_a_port_without_tls_is_said_to_be_one() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n")
        writer.close()

    async with await asyncio.start_server(greet, LOOPBACK, 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        words = r"no TLS connection .*: is this the port"
        who = Login("here", Cluster(f"https://{LOOPBACK}:{port}"), User())
        async with connect(who) as connection:
            with pytest.raises(ApiUnreachable, match=words), explained(who):
                await get(connection)


async def test_what_cannot_work_is_a_fault_of_the_kubeconfig(server: Server) -> None:
    rows: list[tuple[dict[str, object], dict[str, object], str]] = [
        (trusting(server, certificate_authority="/none"), {}, "/none: No such file or directory"),
        (trusting(server, certificate_authority=__file__), {}, "holds no certificate"),
        (
            trusting(server, proxy_url="socks5://127.0.0.1:1"),
            {},
            "only HTTP proxies are known, not SOCKS",
        ),
        (trusting(server), {"tokenFile": "/none"}, "tokenFile /none: No such file or directory"),
    ]
    for cluster, user, words in rows:
        with pytest.raises(KubeconfigError) as caught:
            async with connect(login(server, cluster, **user)):
                pass
        assert words in str(caught.value)


async def test_an_answer_that_does_not_come_in_time_is_not_waited_for(server: Server) -> None:
    server.answer = lambda _: Answer(b"hello", stalls=True)

    async with connect(login(server)) as connection:
        with pytest.raises(httpx2.TimeoutException):
            await connection.request("GET", "/version", within=0.1)
        with pytest.raises(httpx2.TimeoutException):
            async with connection.stream("/version", silence=0.1) as stream:
                await stream.read()


def connected(server: Server) -> list[str]:
    """The kernel's lines on sockets that are connected to it."""
    lines = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()]
    port = f":{server.port:04X}"
    return [" ".join(one) for one in lines if one[2].endswith(port) and one[3] == "01"]


async def test_a_silent_server_is_left_without_a_farewell_that_it_would_not_answer(
    server: Server,
) -> None:
    server.answer = lambda _: Answer(b"hello", stalls=True)

    async with connect(login(server), sleepy=True) as connection:
        with suppress(httpx2.TimeoutException):
            async with connection.stream("/version", silence=0.1) as stream:
                assert connected(server)
                await stream.read()
        await until(lambda: not connected(server), within=5)


async def test_an_answer_that_breaks_off_is_none(server: Server) -> None:
    def half() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionAbortedError

    server.answer = lambda _: Answer(b"", stream=half())

    async with connect(login(server)) as connection:
        with pytest.raises(httpx2.ReadError, match="ended in the middle of an answer"):
            await get(connection)
        with pytest.raises(httpx2.ReadError, match="ended in the middle of an answer"):
            await streamed(connection)


async def test_requests_keep_to_the_rate(server: Server) -> None:
    async with connect(login(server), RateLimit(1e-3, 2)) as connection:
        await get(connection)
        await streamed(connection)
        for ask in (get, streamed):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ask(connection), 0.05)

    assert len(server.seen) == 2


@asynccontextmanager
async def proxy() -> AsyncGenerator[tuple[str, list[bytes]]]:
    """An HTTP proxy, and what it was asked for."""
    seen: list[bytes] = []

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionResetError), closing(writer):
            while chunk := await reader.read(1 << 16):
                writer.write(chunk)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head)
        host, _, port = head.split()[1].decode().partition(":")
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    async with await asyncio.start_server(serve, LOOPBACK, 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        yield f"{LOOPBACK}:{port}", seen


async def test_a_proxy_is_gone_through(server: Server) -> None:
    async with proxy() as (address, seen):
        through = trusting(server, proxy_url=f"http://user:word@{address}", tls_server_name=NAME)
        async with connect(login(server, through)) as connection:
            assert await get(connection) == b"hello"
            assert await streamed(connection) == b"hello"

    assert seen
    assert seen[0].startswith(f"CONNECT {LOOPBACK}:{server.port} ".encode())
    assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk" in seen[0]
