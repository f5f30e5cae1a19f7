"""An HTTPS server on a free loopback port that answers as a test says."""

import ssl
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Final, cast

import msgspec
import yaml
from typing_extensions import override

from tests.cluster.certificates import Authority

LOOPBACK: Final = "127.0.0.1"
NAME: Final = "kubernetes.example"


@dataclass(frozen=True, slots=True)
class Request:
    """As the server saw it."""

    path: str
    authorization: str
    user: str  # the common name of the client's certificate
    method: str = "GET"
    body: bytes = b""
    kind: str = ""  # the body's media type


@dataclass(frozen=True, slots=True)
class Answer:
    """What it says."""

    body: bytes
    status: int = 200
    encoding: str = ""
    stalls: bool = False  # after the first half of the body
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    stream: Iterable[bytes] | None = None  # instead of the body: one chunk each, as it comes
    hangs_up: bool = False  # without a word


class Feed:
    """A stream that a test goes on writing while it is read."""

    def __init__(self, *chunks: bytes) -> None:
        self._queue = SimpleQueue[bytes | None]()
        for chunk in chunks:
            self.put(chunk)

    def put(self, chunk: bytes) -> None:
        self._queue.put(chunk)

    def end(self) -> None:
        self._queue.put(None)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._queue.get, None)


@dataclass
class Server:
    """``answer`` may be replaced at any time."""

    authority: Authority
    directory: Path
    port: int = 0
    seen: list[Request] = field(default_factory=list[Request])
    answer: Callable[[Request], Answer] = lambda _: Answer(b"")
    over: Event = field(default_factory=Event)
    feeds: list[Feed] = field(default_factory=list[Feed])

    def feed(self, *chunks: bytes) -> Answer:
        """A stream that stays open; ``feeds`` has it, to write more or to end it."""
        one = Feed(*chunks)
        self.feeds.append(one)
        return Answer(b"", stream=one)

    @property
    def url(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"

    def kubeconfig(self, cluster: Mapping[str, object] | None = None, **user: object) -> str:
        """Trusting this server, unless ``cluster`` says how to reach and trust it."""
        file = self.directory / "config"
        trusting = {"server": self.url, "certificate-authority": str(self.authority.certificate)}
        names = {key.replace("_", "-"): value for key, value in user.items()}
        content = {
            "clusters": [{"name": "c", "cluster": trusting if cluster is None else dict(cluster)}],
            "users": [{"name": "u", "user": names}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "test",
        }
        file.write_text(yaml.safe_dump(content))
        return str(file)


@contextmanager
def serving(directory: Path) -> Generator[Server]:
    """Ready to answer, with a certificate for its address and for NAME."""
    authority = Authority.create(directory / "pki")
    server = Server(authority, directory)
    listener = _Listener((LOOPBACK, 0), _Handler)
    listener.server = server
    server.port = listener.server_port
    pair = authority.server([IPv4Address(LOOPBACK)], [NAME])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    listener.socket = context.wrap_socket(
        listener.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        for feed in server.feeds:
            feed.end()
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Listener(ThreadingHTTPServer):
    server: Server

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are a part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = cast("_Listener", self.server).server
        request = Request(
            self.path,
            self.headers.get("Authorization", ""),
            self._user(),
            self.command,
            self.rfile.read(int(self.headers.get("Content-Length", "0"))),
            self.headers.get("Content-Type", ""),
        )
        server.seen.append(request)
        answer = server.answer(request)
        if answer.hangs_up:
            self.close_connection = True
            return
        self._start(answer)
        if answer.stream is not None:
            self._stream(answer.stream)
            return
        half = len(answer.body) // 2
        self.wfile.write(answer.body[:half])
        self.wfile.flush()
        if answer.stalls:
            server.over.wait()
        self.wfile.write(answer.body[half:])

    do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815 -- the names that http.server calls

    def _start(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.stream is None:
            self.send_header("Content-Length", str(len(answer.body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        if answer.encoding:
            self.send_header("Content-Encoding", answer.encoding)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def _stream(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _user(self) -> str:
        certificate = cast("ssl.SSLSocket", self.connection).getpeercert() or {}
        subject = msgspec.convert(certificate.get("subject", ()), list[list[tuple[str, str]]])
        names = dict(part for parts in subject for part in parts)
        return names.get("commonName", "")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """The tests look at what was seen."""
