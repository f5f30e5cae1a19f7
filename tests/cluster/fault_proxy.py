"""An HTTP proxy before an API server, in which a test decides about each request."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final, TypeAlias, cast

from typing_extensions import override

from tests.cluster.api import Api
from tests.cluster.kubeconfig import write_kubeconfig_to
from tests.cluster.ports import LOOPBACK

_PATIENCE: Final = 120  # seconds for the API server's answer
_HOP_BY_HOP: Final = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks."""

    method: str
    path: str
    body: bytes
    kind: str  # the body's media type

    @property
    def is_assignment(self) -> bool:
        """Whether it is the patch of a Node."""
        return self.method == "PATCH" and self.path.startswith("/api/v1/nodes/")

    @property
    def node(self) -> str:
        """The Node of a patch."""
        return self.path.removeprefix("/api/v1/nodes/").partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whole, or as a stream of parts."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    parts: Iterable[bytes] | None = None


def status(code: int, words: str) -> Answer:
    """The API server's way to say no; where it should be asked again, it says when."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    after = {"Retry-After": "1"} if code in {429, 503} else {}
    return Answer(code, json.dumps({**body, "message": words}).encode(), after)


Forward: TypeAlias = Callable[[], Answer]
Interceptor: TypeAlias = Callable[[Request, Forward], Answer | None]
"""The answer for the client, forwarded or made up; None: hang up."""


def forwarding(_: Request, forward: Forward) -> Answer:
    """Changes nothing."""
    return forward()


class Hold:
    """An interceptor: keeps the requests that are wanted until ``release``, one and all."""

    def __init__(self, wanted: Callable[[Request], bool]) -> None:
        self.reached = Event()
        self._wanted = wanted
        self._released = Event()
        self._landed = Event()

    def __call__(self, request: Request, forward: Forward) -> Answer | None:
        if not self._wanted(request):
            return forward()
        self.reached.set()
        if not self._released.wait(_PATIENCE):
            return None
        answer = forward()
        self._landed.set()
        return answer

    def release(self) -> None:
        """Returns when the API server has answered one of them."""
        self._released.set()
        if not self._landed.wait(_PATIENCE):
            message = "no held request was answered by the API server"
            raise TimeoutError(message)


class FaultProxy:
    """``interceptor`` may be replaced at any time, and is called in many threads."""

    def __init__(self, api: Api, directory: Path) -> None:
        self.interceptor: Interceptor = forwarding
        self.seen: list[Request] = []
        self.over = Event()
        self.port = 0
        self._api = api
        self._directory = directory
        self._lock = Lock()
        self._watches: list[http.client.HTTPSConnection] = []

    def kubeconfig(self) -> Path:
        """The way to the API server through here, as the admin."""
        path = self._directory / f"proxy-{self.port}.kubeconfig"
        if not path.exists():
            write_kubeconfig_to(path, {"server": f"http://{LOOPBACK}:{self.port}"}, {})
        return path

    def answer(self, request: Request) -> Answer | None:
        """As the interceptor says."""
        with self._lock:
            self.seen.append(request)
        return self.interceptor(request, lambda: self._forward(request))

    def cut_watches(self) -> None:
        """Streams end at once, also those that nobody has read."""
        while self._watches:
            channel = self._watches.pop()
            if channel.sock:
                with suppress(OSError):
                    channel.sock.shutdown(socket.SHUT_RDWR)
            channel.close()

    def _forward(self, request: Request) -> Answer:
        context = ssl.create_default_context(cafile=str(self._api.authority))
        context.load_cert_chain(self._api.identity.certificate, self._api.identity.key)
        channel = http.client.HTTPSConnection(
            LOOPBACK, self._api.port, context=context, timeout=_PATIENCE
        )
        kind = {"Content-Type": request.kind}
        channel.request(request.method, request.path, request.body, kind)
        reply = channel.getresponse()
        headers = {
            name: text for name, text in reply.getheaders() if name.lower() not in _HOP_BY_HOP
        }
        if "watch=" in request.path:
            self._watches.append(channel)
            return Answer(reply.status, headers=headers, parts=_parts(channel, reply))
        body = reply.read()
        channel.close()
        return Answer(reply.status, body, headers)


def _parts(
    channel: http.client.HTTPSConnection, reply: http.client.HTTPResponse
) -> Generator[bytes]:
    try:
        while part := reply.read1(1 << 16):
            yield part
    finally:
        channel.close()


@contextmanager
def fault_proxy(api: Api, directory: Path) -> Generator[FaultProxy]:
    """Listening on a free port of the loopback."""
    proxy = FaultProxy(api, directory)
    listener = _Listener((LOOPBACK, 0), _Handler)
    listener.proxy = proxy
    proxy.port = listener.server_port
    thread = Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.over.set()
        proxy.cut_watches()
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Listener(ThreadingHTTPServer):
    proxy: FaultProxy
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed hang up; servers too."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        """One request of any method."""
        length = int(self.headers.get("Content-Length", "0"))
        kind = self.headers.get("Content-Type", "application/json")
        request = Request(self.command, self.path, self.rfile.read(length), kind)
        answer = cast("_Listener", self.server).proxy.answer(request)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, text in answer.headers.items():
            self.send_header(name, text)
        if answer.parts is None:
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in answer.parts:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 -- as http.server calls them

    @override
    def log_message(self, format: str, *args: object) -> None:
        """The tests look at what was seen."""
